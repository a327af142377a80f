"""Values of the part of Python that labcoat evaluates, and what may be done with them."""

import ast
import posixpath
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.project_files.declared import read_file
from labcoat.core.records import MutableRecord

METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        {"split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "partition", "join"}
        | {"startswith", "endswith", "lower", "replace", "isspace"}
    ),
    dict: frozenset({"values", "keys", "items", "get", "copy"}),
    list: frozenset({"copy"}),
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "sorted": sorted,
    "sum": lambda lists, start=(): [*start, *(item for each in lists for item in list_items(each))],
    "str": str,
    "len": len,
    "bool": bool,
    "dict": dict,
}


class UnknownError(Exception):
    """The value cannot be known without running the code; the message is the code's text."""


class OpenFile(MutableRecord):
    """A file of the project that the script opened."""

    path: Path


class PathText(str):
    """A pathlib.Path."""

    __slots__ = ()


def list_items(value: Any) -> list[Any]:
    """Return the items over which a loop goes: of a file, its lines."""
    if isinstance(value, OpenFile):
        return read_file(value.path).splitlines(keepends=True)
    if isinstance(value, list | tuple | set | dict):
        return list(value)
    raise UnknownError(str(value))


def read_opened(value: Any) -> Any:
    """Return the lines of an opened file; other values as they are."""
    return list_items(value) if isinstance(value, OpenFile) else value


def list_view(value: Any) -> Any:
    """Return the views of a dictionary as lists."""
    return value if isinstance(value, str | bool | tuple | dict | list | None) else list(value)


def join_paths(left: Any, right: Any) -> "PathText":
    """Return `left / right`. Raise UnknownError if neither is a path."""
    if not isinstance(left, PathText) and not isinstance(right, PathText):
        raise UnknownError(f"{left} / {right}")
    return PathText(posixpath.join(left, right))


def parent_path(value: Any) -> "PathText":
    """Return `value.parent`. Raise UnknownError if it is not a path."""
    if not isinstance(value, PathText):
        raise UnknownError(f"{value}.parent")
    return PathText(posixpath.dirname(value))


def call_os_path(method: str, arguments: list[Any], call: ast.Call) -> str:
    """Return the result of a function of os.path. Raise UnknownError for most of them."""
    if not all(isinstance(each, str) for each in arguments):
        raise UnknownError(ast.unparse(call))
    if method in {"abspath", "realpath", "normpath"}:
        return str(arguments[0])  # relative to the project, as all paths are here
    if method == "dirname":
        return posixpath.dirname(str(arguments[0]))
    if method == "join":
        return posixpath.join(*map(str, arguments))
    raise UnknownError(ast.unparse(call))


def compare_values(left: Any, op: ast.cmpop, right: Any, node: ast.AST) -> bool:
    """Return the result of `left op right`. Raise UnknownError for an order."""
    match op:
        case ast.Eq():
            return bool(left == right)
        case ast.NotEq():
            return bool(left != right)
        case ast.In():
            return left in right
        case ast.NotIn():
            return left not in right
    raise UnknownError(ast.unparse(node))
