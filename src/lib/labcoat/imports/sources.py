"""Read what Python code imports, without running it."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from labcoat.core.patterns import lazy_pattern

_MOST = 1 << 20  # bytes of a source; generated ones can be much longer
_STATEMENT = lazy_pattern(
    r"^(?P<indent>[ \t]*)(?:import[ \t]+(?P<names>[A-Za-z_][\w., \t]*)"
    r"|from[ \t]+(?P<module>[A-Za-z_][\w.]*)[ \t]+import[ \t]+(?P<members>[\w*(, \t]*))",
    re.MULTILINE,
)
_LINE = lazy_pattern(rb"^[ \t]*+(?:import|from)[ \t][^\n]*", re.MULTILINE)
_ALIAS = lazy_pattern(r"[ \t]+as[ \t]+\w+")
# Packages whose parts are released separately: what is imported from them is a module.
_NAMESPACES = ("google.cloud", "google", "azure", "azureml", "mpl_toolkits", "airflow.providers")


@dataclass(frozen=True)
class Import:
    """A module that line `line` imports, dotted as it is written.

    An `optional` one is inside of `try` or of `if`, so that the code can do without it; a `nested`
    one is inside of a function or class.
    """

    module: str
    line: int
    optional: bool = False
    nested: bool = False

    @property
    def top(self) -> str:
        """The module's first name: `sklearn` of `sklearn.metrics`."""
        return self.module.partition(".")[0]


def read_source(source: bytes | str) -> list[Import]:
    """Return what a source imports, in the order of its lines; nothing for one that is too long.

    Code that this Python cannot parse, such as Python 2's, is read line by line.
    """
    if len(source) > _MOST:
        return []
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
        found = list(_walk(tree.body, optional=False, nested=False))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return list(scan_lines(source))
    return sorted(found, key=lambda each: each.line)


def scan_lines(source: bytes | str) -> Iterator[Import]:
    """Yield what the lines of a source import, as they look: 50 times as fast as parsing it.

    Lines of strings count too, and what is indented is optional.
    """
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    line, before = 1, 0
    for found in _STATEMENT.finditer(text):
        line += text.count("\n", before, found.start())
        before = found.start()
        indented = bool(found["indent"])
        if found["module"]:
            members = [word for word in re.split(r"[(, \t]+", found["members"]) if word]
            names = _imported_from(found["module"], members)
        else:
            words = (_ALIAS.sub("", each).strip() for each in found["names"].split(","))
            names = [word for word in words if re.fullmatch(r"[A-Za-z_][\w.]*", word)]
        for name in names:
            yield Import(name, line, optional=indented, nested=indented)


def list_modules(source: bytes) -> frozenset[str]:
    """Return the modules that the lines of a source import, as scan_lines does, without places."""
    lines = set(_LINE.findall(source))
    return frozenset().union(*map(_line_modules, lines))


@lru_cache(maxsize=1 << 14)
def _line_modules(line: bytes) -> frozenset[str]:
    return frozenset(each.module for each in scan_lines(line))


def _walk(statements: list[ast.stmt], *, optional: bool, nested: bool) -> Iterator[Import]:
    for each in statements:
        if isinstance(each, ast.Import):
            for alias in each.names:
                yield Import(alias.name, each.lineno, optional, nested)
        elif isinstance(each, ast.ImportFrom) and each.module and not each.level:
            for name in _imported_from(each.module, [alias.name for alias in each.names]):
                yield Import(name, each.lineno, optional, nested)
        elif isinstance(each, ast.Match):
            for case in each.cases:
                yield from _walk(case.body, optional=optional, nested=nested)
        else:
            is_scope = isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            for body, is_optional in _bodies(each):
                yield from _walk(body, optional=optional or is_optional, nested=nested or is_scope)


def _bodies(statement: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """Yield the blocks of a statement, and whether the code can do without what is in them."""
    handlers = getattr(statement, "handlers", [])  # of try
    for name in ("body", "orelse", "finalbody"):
        inside = getattr(statement, name, None)
        if isinstance(inside, list):
            yield inside, bool(handlers)
    for handler in handlers:
        yield handler.body, True


def _imported_from(module: str, members: list[str]) -> list[str]:
    """Return the module of `from … import …`, and modules among the members of a namespace."""
    if module not in _NAMESPACES:
        return [module]
    return [f"{module}.{member}" for member in members if member.isidentifier()] or [module]
