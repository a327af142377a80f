"""What the commands in notebooks and Dockerfiles install: pip, conda and apt-get, never run."""

import re

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Wanted
from labcoat.core.installations import find_installations
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.imports.packages import Code
from labcoat.imports.tree import Tree, nearness
from labcoat.locking.requirement_lines import RequirementLine, parse_lines
from labcoat.names import conda

_DOCKERFILE = lazy_pattern(
    r"(?:^|/)(?:(?:dockerfile|containerfile)(?:[.-][\w.-]+)?|[\w.-]+\.(?:dockerfile|containerfile))$",
    re.IGNORECASE,
)
_FROM = lazy_pattern(r"^\s*FROM\s+(?:--\S+\s+)*(\S*?)python:(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)
_BUILD_TOOLS = frozenset({"pip", "setuptools", "wheel", "uv", "pipenv", "poetry"})


class Installs(Record):
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
    for each in find_installations(line):
        if each.tool == "apt":
            system += (word.partition("=")[0] for word in each.packages)
        elif each.tool == "conda":
            names = (re.split(r"[=<>! ]", word.rpartition("::")[2])[0] for word in each.packages)
            requirements += filter(None, map(conda.pypi_name, names))
        elif each.tool in ("pip", "uv", "uv-add"):
            requirements += filter(_is_release, each.packages)
    return Installs(tuple(requirements), tuple(system))


def _is_release(word: str) -> bool:
    line = next(iter(parse_lines(word)), None)
    return (
        isinstance(line, RequirementLine)
        and not line.is_address
        and not re.search(r"\.(?:whl|zip|gz|bz2)$", word)
        and bool(line.name)
        and line.name not in _BUILD_TOOLS
    )
