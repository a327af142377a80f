"""Read the imports in the syntax tree of Python code, without running it."""

import ast
import re
import warnings
from collections.abc import Iterator

from labcoat.core.patterns import lazy_pattern
from labcoat.imports.conditions import find_needed
from labcoat.imports.imported import Import, imported_from

_EXPECTING = lazy_pattern(r"suppress|raises|assert_?raises\w*", re.IGNORECASE)


def parse_imports(source: bytes | str) -> list[Import] | None:
    """Return what the statements of a source import; None for what this Python cannot parse."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return list(_walk(ast.parse(source).body, optional=False, nested=False))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _walk(statements: list[ast.stmt], *, optional: bool, nested: bool) -> Iterator[Import]:
    for each in statements:
        if isinstance(each, ast.Import):
            for alias in each.names:
                yield Import(alias.name, each.lineno, optional, nested)
        elif isinstance(each, ast.ImportFrom) and each.module and not each.level:
            members = [alias.name for alias in each.names]
            for name in imported_from(each.module, members):
                yield Import(name, each.lineno, optional, nested, tuple(members))
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
    is_optional = bool(handlers) or _expects_errors(statement)
    needed = find_needed(statement.test) if isinstance(statement, ast.If) else None
    for name in ("body", "orelse", "finalbody"):
        inside = getattr(statement, name, None)
        if isinstance(inside, list):
            yield inside, is_optional or not getattr(needed, name, True)
    for handler in handlers:
        yield handler.body, True


def _expects_errors(statement: ast.stmt) -> bool:
    """Whether a `with` statement suppresses or expects an error of what is in it."""
    if not isinstance(statement, ast.With):
        return False
    calls = (each.context_expr for each in statement.items)
    functions = (each.func for each in calls if isinstance(each, ast.Call))
    names = (getattr(each, "attr", "") or getattr(each, "id", "") for each in functions)
    return any(_EXPECTING.fullmatch(name) for name in names)
