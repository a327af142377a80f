"""What tox and nox install to run tests and checks: for development."""

import ast
import configparser
from collections.abc import Callable, Iterator

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Wanted
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.imports.tree import Tree
from labcoat.locking.requirement_lines import RequirementLine, parse_lines

# Environments for other work than on the project itself.
_OTHER = lazy_pattern(
    r"(?:^|[-_:])(?:docs?|documentation|build|publish|release|changelog|upload|deploy)\d*(?:$|[-_])"
)
_FACTORS = lazy_pattern(r"^[\w{},.!-]+:\s+(?!/)")  # py38,py39: pytest<8


def find_runners(tree: Tree) -> list[Source]:
    """Return what each tox.ini, the tox part of a setup.cfg, and each noxfile.py installs.

    Other files that they install are lists of their own. Nothing runs: of a noxfile.py, only
    strings in calls of `session.install` count.
    """
    found = [_read(tree, path, _tox_texts) for path in tree.named("tox.ini", "setup.cfg")]
    found += [_read(tree, path, _nox_texts) for path in tree.named("noxfile.py")]
    return [each for each in found if each.layout]


def _read(tree: Tree, path: str, find: Callable[[str], Iterator[str]]) -> Source:
    text = tree.read_text(path)
    wanted: dict[str, Wanted] = {}
    for requirement in find(text):
        lines = parse_lines(requirement)
        line = lines[0] if len(lines) == 1 else None
        if isinstance(line, RequirementLine) and "{" not in requirement and line.name:
            name = normalize_name(line.name)
            wanted.setdefault(name, Wanted(line.body, path, _line_of(text, requirement), "demand"))
    return Source(path, "runner", tuple(wanted.values()), dev=True)


def _tox_texts(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section in parser.sections():
        name, _, environment = section.partition(":")
        if name != "testenv" or _OTHER.search(environment):
            continue
        for line in (parser[section].get("deps") or "").splitlines():
            yield _FACTORS.sub("", line.strip())


def _nox_texts(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef) or _OTHER.search(function.name):
            continue
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "install"
            ):
                yield from _literals(node)


def _literals(call: ast.Call) -> Iterator[str]:
    """Yield the strings that a call installs, without options and their values."""
    before = ""
    for each in call.args:
        value = each.value if isinstance(each, ast.Constant) else None
        text = value if isinstance(value, str) else ""
        if text and not text.startswith(("-", ".", "/")) and not before.startswith("-"):
            yield text
        before = text if text not in {"-U", "--upgrade", "-q", "--quiet", "--pre"} else ""


def _line_of(text: str, part: str) -> int:
    at = text.find(part)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1
