"""What the commands of a script install: of pip, uv, conda, poetry, pipenv, pdm and apt."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from labcoat.core.command_prefixes import XARGS
from labcoat.core.patterns import lazy_pattern
from labcoat.core.shell_commands import split_commands, without_documents


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PYTHON = lazy_pattern(r"(?:.*/)?python[\d.]*|\{sys\.executable\}")  # the latter in notebooks
_PIP = lazy_pattern(r"(?:.*/)?pip[\d.]*")
_MODULE = lazy_pattern(r"-[A-Za-z]*m(.*)")  # `-m pip`, `-mpip`, `-Im pip`
_LOCATED = lazy_pattern(r"(?:\$\(|`)\s*(?:which|command\s+-v)\s+([\w./-]+)\s*[)`]")
_VARIABLE = lazy_pattern(r"\$(?:\{(\w+)\}|(\w+))")
_SET = lazy_pattern(
    r"""(?:^|(?<=[\s;&|(]))([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|([^\s;&|()"']*))(?=[\s;&|)]|$)"""
)

# Options whose value is the next word. Source: `pip install --help` (25.0).
_PIP_VALUES = _words("""
    -r --requirement -c --constraint -e --editable -t --target --platform --python-version
    --implementation --abi --root --prefix --src --upgrade-strategy -C --config-settings
    --config-setting --global-option --install-option --build-option --progress-bar
    --root-user-action --report --group -i --index-url --pypi-url --extra-index-url -f
    --find-links --no-binary --only-binary --log --proxy --retries --timeout --exists-action
    --trusted-host --cert --client-cert --cache-dir --keyring-provider --python
    --use-feature --use-deprecated --build-constraint --resume-retries
""")
# Those without one; pip takes the beginning of an option for it, where no other begins so.
_PIP_FLAGS = _words("""
    --require-hashes --no-deps --no-index --pre --user --upgrade --force-reinstall --dry-run
    --ignore-installed --ignore-requires-python --no-build-isolation --use-pep517 --no-use-pep517
    --check-build-dependencies --break-system-packages --compile --no-compile --no-clean
    --no-warn-script-location --no-warn-conflicts --prefer-binary --no-cache-dir --help --debug
    --isolated --require-virtualenv --verbose --version --quiet --no-input --no-color
    --disable-pip-version-check --no-python-version-warning
""")
_PIP_LONG = frozenset(each for each in _PIP_VALUES | _PIP_FLAGS if each.startswith("--"))
# Source: `uv pip install --help`, `uv pip sync --help` (0.7).
_UV_VALUES = _PIP_VALUES | _words("""
    --requirements --constraints --overrides --override -b --build-constraints --extra
    --index --default-index --index-strategy -P --upgrade-package --reinstall-package
    --resolution --prerelease --fork-strategy --no-build-isolation-package --exclude-newer
    --link-mode --refresh-package -p --python-platform --torch-backend --config-file
    --directory --project --color --allow-insecure-host --config-settings-package
""")
# Source: `conda install --help` (24.1), `micromamba install --help`, `poetry add --help` (1.8).
_CONDA_VALUES = _words("""
    -n --name -p --prefix -c --channel --revision --file -f --solver --repodata-fn
    --strict-channel-priority --experimental --subdir --platform -r --root-prefix
""")
_POETRY_VALUES = _words("""
    -G --group -E --extras --python --platform --source -C -P
""")
# Source: apt-get(8), aptitude(8).
_APT_VALUES = _words("""
    -o --option -t --target-release --default-release -c --config-file -a --host-architecture
""")
_PIPENV_VALUES = _words("--python -i --index --pypi-mirror --categories -r --requirements -e")
_PIPX_VALUES = _words("--suffix --python -i --index-url --pip-args --preinstall --backend")
# What variables of pip and uv set. Source: https://pip.pypa.io/en/stable/topics/configuration/.
_SET_OPTIONS = {
    "pip": {
        "PIP_REQUIRE_HASHES": "--require-hashes",
        "PIP_NO_INDEX": "--no-index",
        "PIP_NO_DEPS": "--no-deps",
    },
    "uv": {"UV_REQUIRE_HASHES": "--require-hashes", "UV_NO_INDEX": "--no-index"},
}
_OFF = ("", "0", "false", "no", "off", "n", "f")
# Each tool's options that have a value, and its commands that install.
_TOOLS = {
    "pip": (_PIP_VALUES, ("install",)),
    "uv": (_UV_VALUES, ("install", "sync")),
    "uv-add": (_UV_VALUES, ("add",)),
    "uv-tool": (_UV_VALUES, ("install",)),
    "conda": (_CONDA_VALUES, ("install", "create")),
    "poetry": (_POETRY_VALUES, ("add",)),
    "pipenv": (_PIPENV_VALUES, ("install",)),
    "pdm": (_POETRY_VALUES, ("add",)),
    "pipx": (_PIPX_VALUES, ("install",)),
    "easy_install": (_words("-d --install-dir -i --index-url -f --find-links"), ()),
    "apt": (_APT_VALUES, ("install",)),
}
_PROGRAMS = {
    "conda": "conda",
    "mamba": "conda",
    "micromamba": "conda",
    **{name: name for name in ("poetry", "pipenv", "pdm", "pipx", "easy_install")},
    "apt": "apt",
    "apt-get": "apt",
    "aptitude": "apt",
}
_RUNNERS = ("conda", "mamba", "micromamba", "poetry", "pipenv", "pdm", "hatch", "uv")
_FILE = ("-r", "--requirement", "--requirements")
_LOCAL = ("-e", "--editable")
_CONSTRAINT = ("-c", "--constraint", "--constraints")
_SHORT_WITH_VALUE = lazy_pattern(r"-[rceiftCbPpn].+")


class Installation(NamedTuple):
    """A command that installs: the `tool`, its packages, the files that name more, its options.

    `constraints` are files that limit the versions.
    """

    tool: str
    words: tuple[str, ...]
    packages: tuple[str, ...]
    files: tuple[str, ...]
    options: frozenset[str]
    constraints: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [word for word in self.words if word != XARGS]
        return " ".join(words if len(words) == len(self.words) else ["xargs", *words])


def find_installations(script: str, variables: Mapping[str, str] = {}) -> Iterator[Installation]:
    """Yield the installations in a script; text that a command only prints does not count.

    `variables` are those that it is started with; it may set others.
    """
    known = {**variables, **_read_assignments(script)}
    for words in split_commands(without_documents(script)):
        if found := parse_installation(_expand(words, known)):
            given = _SET_OPTIONS.get(found.tool, {}).items()
            options = {option for name, option in given if known.get(name, "").lower() not in _OFF}
            # Messages have the command as it is written.
            yield found._replace(words=tuple(words), options=found.options | options)


def _read_assignments(script: str) -> dict[str, str]:
    """Return the variables that a script sets to texts without other variables."""
    if "=" not in script:
        return {}
    found = ((name, "".join(values)) for name, *values in _SET.findall(script))
    return {name: value for name, value in found if "$" not in value}


def _expand(words: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """Return words with the values of variables; unknown ones stay."""
    if not any("$" in word or "`" in word for word in words):
        return list(words)
    first = _LOCATED.sub(r"\1", words[0])
    return [part for word in (first, *words[1:]) for part in _expand_word(word, known)]


def _expand_word(word: str, known: Mapping[str, str]) -> list[str]:
    expanded = _VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), word)
    return expanded.split() if expanded != word else [word]


def parse_installation(words: Sequence[str]) -> Installation | None:
    """Return what a command installs, or None if it installs nothing."""
    tool, rest = _split_tool(words)
    if not tool:
        return None
    values = _TOOLS[tool][0]
    packages: list[str] = []
    files: list[str] = []
    options: set[str] = set()
    constraints: list[str] = []
    remaining = iter(rest)
    sync = tool == "uv" and "sync" in words[:4]
    for word in remaining:
        name, equals, value = word.partition("=")
        name = _complete(name) if tool == "pip" else name
        if not word.startswith("-") or word == "-":
            (files if sync else packages).append(word)
            continue
        if not word.startswith("--") and _SHORT_WITH_VALUE.fullmatch(word):
            name, value = word[:2], word[2:].removeprefix("=")
        elif name in values and not equals:
            value = next(remaining, "")
        options.add(name)
        if (name in _FILE and tool in ("pip", "uv")) or (name == "--file" and tool == "conda"):
            files.append(value)
        elif name in _LOCAL:
            packages.append(value)
        elif name in _CONSTRAINT and tool in ("pip", "uv"):
            constraints.append(value)
    return Installation(
        tool, tuple(words), tuple(packages), tuple(files), frozenset(options), tuple(constraints)
    )


def _complete(name: str) -> str:
    """Return the option of pip that a word is the beginning of; the word itself if none is."""
    if not name.startswith("--") or name in _PIP_LONG:
        return name
    found = [each for each in _PIP_LONG if each.startswith(name)]
    return found[0] if len(found) == 1 else name


def _split_tool(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the tool that installs and the words after its command; an empty tool if none."""
    rest = list(words)
    if len(rest) > 1 and _PYTHON.fullmatch(rest[0]):
        found = ((n, _MODULE.fullmatch(word)) for n, word in enumerate(rest) if n)
        at, option = next(((n, each) for n, each in found if each), (0, None))
        rest = [*filter(None, [option[1]]), *rest[at + 1 :]] if option else []
    if not rest:
        return "", []
    program = rest[0].rpartition("/")[2]
    if program in _RUNNERS:
        after = _after_options(rest, _CONDA_VALUES)
        if after[:1] == ["run"]:
            return _split_tool(_after_options(after, _CONDA_VALUES))
    if _PIP.fullmatch(rest[0]):
        tool = "pip"
    elif program == "uv":
        rest = _after_options(rest, _UV_VALUES)
        tool = {"pip": "uv", "add": "uv-add", "tool": "uv-tool"}.get(rest[0] if rest else "", "")
        if tool == "uv-add":
            return tool, rest[1:]
    else:
        tool = _PROGRAMS.get(program, "")
    if not tool:
        return "", []
    values, commands = _TOOLS[tool]
    if not commands:
        return tool, rest[1:]
    after = _after_options(rest, values)
    return (tool, after[1:]) if after and after[0] in commands else ("", [])


def _after_options(words: Sequence[str], values: frozenset[str]) -> list[str]:
    """Return the words from the first one after the program that is no option."""
    remaining = iter(enumerate(words[1:], 1))
    for at, word in remaining:
        if not word.startswith("-"):
            return list(words[at:])
        if word in values:
            next(remaining, None)
    return []
