"""What the commands in notebooks and Dockerfiles install: pip, conda and apt-get, never run."""

import re
import shlex
from dataclasses import dataclass

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Wanted
from labcoat.imports.packages import Code
from labcoat.imports.tree import Tree, nearness
from labcoat.locking.requirement_lines import RequirementLine, parse_lines
from labcoat.names import conda

_DOCKERFILE = re.compile(
    r"(?:^|/)(?:(?:dockerfile|containerfile)(?:[.-][\w.-]+)?|[\w.-]+\.(?:dockerfile|containerfile))$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S*?)python:(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)
# Options of pip and conda that are followed by a value.
_VALUE_WORDS = """
-e --editable -i --index-url --extra-index-url -f --find-links -t --target -c --constraint -r
--requirement
--trusted-host --prefix --root --python-version --platform --proxy --timeout --retries
--progress-bar --no-binary --only-binary --cache-dir -n --name -p --channel --file -o --src
--python --log --abi --implementation --upgrade-strategy --report --config-settings
"""
_VALUES = frozenset(_VALUE_WORDS.split())
_PIP = re.compile(r"(?:^|/)(?:pip(?:3(?:\.\d+)?)?)$")
_MANAGERS = {"conda", "mamba", "micromamba"}
_APT = {"apt", "apt-get", "aptitude"}
_BUILD_TOOLS = frozenset({"pip", "setuptools", "wheel", "uv", "pipenv", "poetry"})


@dataclass(frozen=True)
class Installs:
    """The requirements that a command installs, and the packages of the operating system."""

    requirements: tuple[str, ...] = ()
    system: tuple[str, ...] = ()


def find_commands(tree: Tree, code: Code) -> list[Source]:
    """Return what each notebook and each Dockerfile installs, and the Python of its base image."""
    found = []
    for path, notebook in sorted(code.notebooks.items()):
        lines = [(number, line) for number, line in notebook.commands]
        found.append(_read_lines(path, lines, ""))
    for path in sorted(filter(_DOCKERFILE.search, tree.paths), key=nearness):
        text = tree.read_text(path)
        bases = [each[2] for line in text.splitlines() if (each := _FROM.match(line))]
        numbered = list(enumerate(_join_lines(text), 1))
        found.append(_read_lines(path, numbered, bases[-1] if bases else ""))
    return [each for each in found if each.wanted or each.python or each.system]


def _read_lines(path: str, lines: list[tuple[int, str]], python: str) -> Source:
    layout: dict[str, Wanted] = {}
    system: list[str] = []
    for number, line in lines:
        installs = read_command(re.sub(r"^\s*RUN\s+(?:--\S+\s+)*", "", line, flags=re.IGNORECASE))
        system += installs.system
        for requirement in installs.requirements:
            layout.setdefault(requirement, Wanted(requirement, path, number, "demand"))
    return Source(path, "commands", tuple(layout.values()), python, tuple(dict.fromkeys(system)))


def _join_lines(text: str) -> list[str]:
    """Return the lines of a Dockerfile; those that a backslash continues are together."""
    return re.sub(r"\\[ \t]*\n(?:[ \t]*#.*\n)*", " ", text).splitlines()


def read_command(line: str) -> Installs:
    """Return what a line of shell installs, of all its commands."""
    requirements: list[str] = []
    system: list[str] = []
    for part in re.split(r"&&|\|\||[;|\n]", re.sub(r"(['\"])(.*?)\1", _protect, line)):
        try:
            words = shlex.split(part.translate(_RESTORE), comments=True)
        except ValueError:
            continue
        found = _read_words(words)
        requirements += found.requirements
        system += found.system
    return Installs(tuple(requirements), tuple(system))


_RESTORE = {0xE000: ";", 0xE001: "|", 0xE002: "&"}


def _protect(found: re.Match[str]) -> str:
    """Hide the signs of a quoted word that would end a command."""
    return found[0].replace(";", "\ue000").replace("|", "\ue001").replace("&", "\ue002")


def _read_words(words: list[str]) -> Installs:
    at = next((at for at, word in enumerate(words) if _is_installer(word)), None)
    if at is None or "install" not in words[at + 1 :]:
        return Installs()
    program = words[at].rpartition("/")[2]
    rest = words[words.index("install", at) + 1 :]
    named = _without_options(rest)
    if program in _APT:
        return Installs(system=tuple(word.partition("=")[0] for word in named))
    if program in _MANAGERS:
        names = (re.split(r"[=<>! ]", word.rpartition("::")[2])[0] for word in named)
        return Installs(tuple(filter(None, map(conda.pypi_name, names))))
    return Installs(tuple(filter(_is_release, named)))


def _is_installer(word: str) -> bool:
    return bool(_PIP.search(word)) or word.rpartition("/")[2] in _MANAGERS | _APT


def _without_options(words: list[str]) -> list[str]:
    named: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word in _VALUES:
            next(waiting, None)
        elif word in {">", ">>", "2>", "&>"}:
            break
        elif not word.startswith(("-", ">")):
            named.append(word)
    return named


def _is_release(word: str) -> bool:
    line = next(iter(parse_lines(word)), None)
    return (
        isinstance(line, RequirementLine)
        and not line.is_address
        and not re.search(r"\.(?:whl|zip|gz|bz2)$", word)
        and bool(line.name)
        and line.name not in _BUILD_TOOLS
    )
