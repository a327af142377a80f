"""What the commands of a script install: of pip, uv, conda, poetry, pipenv, pdm and apt."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labcoat.core.patterns import lazy_pattern
from labcoat.core.shell_commands import split_commands


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PYTHON = lazy_pattern(r"(?:.*/)?python[\d.]*|\{sys\.executable\}")  # the latter in notebooks
_PIP = lazy_pattern(r"(?:.*/)?pip[\d.]*")

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
# Each tool's options that have a value, and its commands that install.
_TOOLS = {
    "pip": (_PIP_VALUES, ("install",)),
    "uv": (_UV_VALUES, ("install", "sync")),
    "uv-add": (_UV_VALUES, ("add",)),
    "uv-tool": (_UV_VALUES, ("install",)),
    "conda": (_CONDA_VALUES, ("install", "create")),
    "poetry": (_POETRY_VALUES, ("add",)),
    "apt": (_APT_VALUES, ("install",)),
}
_PROGRAMS = {
    "conda": "conda",
    "mamba": "conda",
    "micromamba": "conda",
    "poetry": "poetry",
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
        return " ".join(self.words)


def find_installations(script: str) -> Iterator[Installation]:
    """Yield the installations in a script; text that a command only prints does not count."""
    for words in split_commands(script):
        if found := parse_installation(words):
            yield found


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


def _split_tool(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the tool that installs and the words after its command; an empty tool if none."""
    rest = list(words)
    if len(rest) > 2 and _PYTHON.fullmatch(rest[0]):
        at = next((n for n, word in enumerate(rest) if word == "-m"), 0)
        rest = rest[at + 1 :] if at else []
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
