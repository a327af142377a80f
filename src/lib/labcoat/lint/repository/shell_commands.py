"""The commands of a shell script, and what installers among them install."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from labcoat.core.patterns import lazy_pattern


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPERATOR = lazy_pattern(r"[;&|()<>\n]+")
_ASSIGNMENT = lazy_pattern(r"[A-Za-z_]\w*\+?=.*", re.DOTALL)
# Words before a command that leave it as it is, and those of the shell's own grammar.
_BEFORE = _words("""
    sudo env exec time nice nohup command eval xargs if then else elif do while until ! {
""")
_SHELL = lazy_pattern(r"(?:.*/)?(?:ba|da|z|k|a)?sh")
_PYTHON = lazy_pattern(r"(?:.*/)?python[\d.]*")
_PIP = lazy_pattern(r"(?:.*/)?pip[\d.]*")
_MOST_NESTED = 4

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
_RUNNERS = ("conda", "mamba", "micromamba", "poetry", "pipenv", "pdm", "hatch", "uv")
_FILE = ("-r", "--requirement", "--requirements")
_LOCAL = ("-e", "--editable")
_SHORT_WITH_VALUE = lazy_pattern(r"-[rceiftCbPpn].+")


@dataclass(frozen=True)
class Installation:
    """A command that installs: the `tool`, its packages, the files that name more, its options."""

    tool: str
    words: tuple[str, ...]
    packages: tuple[str, ...]
    files: tuple[str, ...]
    options: frozenset[str]

    def __str__(self) -> str:
        return " ".join(self.words)


def find_installations(script: str) -> Iterator[Installation]:
    """Yield the installations in a script; text that a command only prints does not count."""
    for words in split_commands(script):
        if found := parse_installation(words):
            yield found


def split_commands(script: str, depth: int = 0) -> Iterator[list[str]]:
    """Yield the words of each command in `script`, without quotes, assignments and redirections.

    A script given to another shell (`sh -c '…'`) is split too.
    """
    for line in _logical_lines(script):
        for words in _split_line(line):
            command = _strip_prefixes(words)
            if not command:
                continue
            inner = _inner_script(command)
            if inner is not None and depth < _MOST_NESTED:
                yield from split_commands(inner, depth + 1)
            else:
                yield command


def _logical_lines(script: str) -> Iterator[str]:
    """Yield lines without comments, joined where a backslash or an open quote continues them."""
    pending = ""
    for line in script.replace("\\\r\n", " ").replace("\\\n", " ").split("\n"):
        whole = f"{pending}\n{line}" if pending else line
        text = re.sub(r"(?:^|(?<=[\s;&|(]))#.*$", "", whole) if not pending else whole
        try:
            shlex.split(text, comments=False)
        except ValueError:
            pending = whole
            continue
        pending = ""
        yield text
    if pending:  # a quote that nothing closes, as in prose: line by line
        for line in pending.split("\n"):
            yield line.replace("'", " ").replace('"', " ")


def _split_line(line: str) -> Iterator[list[str]]:
    """Yield the words of each command in a line."""
    line = re.sub(r"(?<=\s)\d(?=[<>])", "", line)  # the number of a redirected stream
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    skipped = False  # the file of a redirection
    try:
        for token in lexer:
            if not _OPERATOR.fullmatch(token):
                if not skipped:
                    words.append(token)
                skipped = False
            elif re.fullmatch(r"[<>]+&?|&>+|<\(|>\(", token):
                skipped = token in (">", ">>", "<", ">&", "&>", "&>>", "<<<")
            else:
                yield words
                words = []
    except ValueError:
        pass
    yield words


def _strip_prefixes(words: Sequence[str]) -> list[str]:
    rest = list(words)
    while rest and (rest[0] in _BEFORE or _ASSIGNMENT.fullmatch(rest[0])):
        wrapper = rest.pop(0)
        while wrapper in ("sudo", "env", "xargs", "nice") and rest and rest[0].startswith("-"):
            option = rest.pop(0)
            if option in ("-u", "-g", "-n") and rest:
                rest.pop(0)
    return rest


def _inner_script(command: Sequence[str]) -> str | None:
    """Return the script that `sh -c` runs."""
    if not _SHELL.fullmatch(command[0]):
        return None
    for before, word in pairwise(command):
        if re.fullmatch(r"-[a-z]*c[a-z]*", before):
            return word
    return None


def parse_installation(words: Sequence[str]) -> Installation | None:
    """Return what a command installs, or None if it installs nothing."""
    tool, rest = _split_tool(words)
    if not tool:
        return None
    values = {"pip": _PIP_VALUES, "uv": _UV_VALUES, "poetry": _POETRY_VALUES}.get(
        tool, _CONDA_VALUES
    )
    packages: list[str] = []
    files: list[str] = []
    options: set[str] = set()
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
    return Installation(tool, tuple(words), tuple(packages), tuple(files), frozenset(options))


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
    tool = ""
    commands: tuple[str, ...] = ("install",)
    if _PIP.fullmatch(rest[0]):
        tool = "pip"
    elif program == "uv":
        tool, commands = "uv", ("install", "sync")
        rest = _after_options(rest, _UV_VALUES)
        rest = rest if rest[:1] == ["pip"] else []
    elif program in ("conda", "mamba", "micromamba"):
        tool, commands = "conda", ("install",)
    elif program == "poetry":
        tool, commands = "poetry", ("add",)
    values = _UV_VALUES if tool == "uv" else _PIP_VALUES
    after = _after_options(rest, values)
    return (tool, after[1:]) if tool and after and after[0] in commands else ("", [])


def _after_options(words: Sequence[str], values: frozenset[str]) -> list[str]:
    """Return the words from the first one after the program that is no option."""
    remaining = iter(enumerate(words[1:], 1))
    for at, word in remaining:
        if not word.startswith("-"):
            return list(words[at:])
        if word in values:
            next(remaining, None)
    return []
