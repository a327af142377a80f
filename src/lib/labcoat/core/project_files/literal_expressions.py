"""Evaluate expressions of Python in which setup.py files list requirements, running none of it.

Strings, lists and dictionaries, their harmless methods, names assigned to them, and files of the
project that are opened for reading. All else is unknown, and so is what depends on it.
"""

import ast
import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.declared import read_file
from labcoat.core.project_files.literal_values import (
    FUNCTIONS,
    METHODS,
    OpenFile,
    PathText,
    UnknownError,
    call_os_path,
    compare_values,
    join_paths,
    list_items,
    list_view,
    parent_path,
    read_opened,
)
from labcoat.core.records import MutableRecord, field

_MOST = 1 << 20  # characters or items of a value
_STEPS = 100_000
_DEPTH = 20  # calls of functions of the script


class Expressions(MutableRecord):
    """Evaluates expressions of the `script` in `folder`; `names` are the values known so far.

    `functions` are the script's own. `files` are those that it read.
    """

    folder: Path
    script: str = "setup.py"
    names: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    steps: int = 0
    depth: int = 0

    def run(self, body: Iterable[ast.stmt]) -> None:
        """Follow the statements `body`."""
        raise NotImplementedError

    def value(self, node: ast.expr) -> Any:
        """Return the value of an expression. Raise UnknownError if it is not known."""
        self.steps += 1
        if self.steps > _STEPS:
            raise UnknownError(ast.unparse(node))
        try:
            found = self._evaluate(node)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, LabcoatError):
            raise UnknownError(ast.unparse(node)) from None
        if isinstance(found, str | list | dict | tuple | set) and len(found) > _MOST:
            raise UnknownError(ast.unparse(node))
        return found

    def _evaluate(self, node: ast.expr) -> Any:  # noqa: PLR0911, PLR0912 - a case for each kind
        match node:
            case ast.Constant(value=str() | bool() | int() | None as value):
                return value
            case ast.Name(id=name):
                return self.known(name)
            case ast.List(elts=elements):
                return self._elements(elements)
            case ast.Tuple(elts=elements):
                return tuple(self._elements(elements))
            case ast.Set(elts=elements):
                return set(self._elements(elements))
            case ast.Dict(keys=keys, values=values):
                return self._dictionary(keys, values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.add(self.value(left), self.value(right), node)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return join_paths(self.value(left), self.value(right))
            case ast.Subscript(value=value, slice=key):
                return self._subscript(self.value(value), key)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                return self._comprehension(node)
            case ast.Attribute(value=value, attr="parent"):
                return parent_path(self.value(value))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand)
            case ast.BoolOp(op=op, values=values):
                return self._boolean(op, values)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return compare_values(self.value(left), op, self.value(right), node)
            case ast.JoinedStr(values=values):
                return "".join(str(self.value(each)) for each in values)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self.value(value)
            case ast.Call():
                return self._call(node)
        raise UnknownError(ast.unparse(node))

    def known(self, name: str) -> Any:
        """Return the value of `name`. Raise UnknownError if it is not known."""
        special = {"__file__": self.script, "__name__": "__main__"}
        found = self.names.get(name, special.get(name, UnknownError(name)))
        if isinstance(found, UnknownError):
            raise found
        return found

    def _elements(self, elements: Iterable[ast.expr]) -> list[Any]:
        found: list[Any] = []
        for each in elements:
            if isinstance(each, ast.Starred):
                found += list_items(self.value(each.value))
            else:
                found.append(self.value(each))
        return found

    def _dictionary(self, keys: Iterable[ast.expr | None], values: Iterable[ast.expr]) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            found.update(self.value(value) if key is None else {self.value(key): self.value(value)})
        return found

    def add(self, left: Any, right: Any, node: ast.AST) -> Any:
        """Return `left + right`. Raise UnknownError, with the code of `node`, for other types."""
        if isinstance(left, list) and isinstance(right, list | tuple | set):
            return [*left, *right]
        if type(left) is type(right) and isinstance(left, str | tuple | int):
            return left + right
        raise UnknownError(ast.unparse(node))

    def _subscript(self, value: Any, key: ast.expr) -> Any:
        if isinstance(key, ast.Slice):
            bounds = (each and self.value(each) for each in (key.lower, key.upper, key.step))
            return value[slice(*bounds)]
        return value[self.value(key)]

    def _boolean(self, op: ast.boolop, values: Iterable[ast.expr]) -> Any:
        found: Any = None
        for each in values:
            found = self.value(each)
            if bool(found) != isinstance(op, ast.And):
                break
        return found

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> list[Any]:
        before = dict(self.names)
        try:
            return self._loop(node, node.generators)
        finally:
            self.names = before

    def _loop(
        self,
        node: ast.ListComp | ast.GeneratorExp | ast.SetComp,
        generators: list[ast.comprehension],
    ) -> list[Any]:
        """Return the items of a comprehension, for the values that names have in outer loops."""
        if not generators:
            return [self.value(node.elt)]
        generator, *inner = generators
        if not isinstance(generator.target, ast.Name):
            raise UnknownError(ast.unparse(node))
        found: list[Any] = []
        for each in list_items(self.value(generator.iter)):
            self.names[generator.target.id] = each
            if all(self.value(condition) for condition in generator.ifs):
                found += self._loop(node, inner)
        return found

    def _call(self, call: ast.Call) -> Any:
        arguments = [self.value(each) for each in call.args if not isinstance(each, ast.Starred)]
        if len(arguments) != len(call.args):
            raise UnknownError(ast.unparse(call))
        match call.func:
            case ast.Name(id=name) if name in self.functions:
                return self._call_own(self.functions[name], call, arguments)
            case (
                ast.Name(id="open" | "Path")
                | ast.Attribute(
                    value=ast.Name(id="io" | "codecs" | "pathlib"), attr="open" | "Path"
                )
            ):
                is_path = ast.unparse(call.func).endswith("Path")
                return PathText(arguments[0]) if is_path else self._open(arguments[0])
            case ast.Name(id="dict") if call.keywords and not arguments:
                return self._dictionary(
                    [ast.Constant(each.arg) if each.arg else None for each in call.keywords],
                    [each.value for each in call.keywords],
                )
            case ast.Name(id=name) if name in FUNCTIONS and not call.keywords:
                return FUNCTIONS[name](*(read_opened(each) for each in arguments))
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="os"), attr="path"), attr=method
            ):
                return call_os_path(method, arguments, call)
            case ast.Attribute(value=value, attr=method):
                return self._call_method(self.value(value), method, arguments, call)
        raise UnknownError(ast.unparse(call))

    def _call_own(self, function: ast.FunctionDef, call: ast.Call, arguments: list[Any]) -> Any:
        """Follow a function of the script; unknown unless it ends in one `return`."""
        *body, last = function.body
        names = [each.arg for each in function.args.args]
        defaults = function.args.defaults
        given = dict(
            zip(names[len(names) - len(defaults) :], map(self.value, defaults), strict=True)
        )
        given |= dict(zip(names, arguments, strict=False))
        given |= {each.arg: self.value(each.value) for each in call.keywords if each.arg}
        if self.depth >= _DEPTH or given.keys() != set(names):
            raise UnknownError(ast.unparse(call))
        if isinstance(last, ast.With):  # with open(…) as file: return …
            body, last = (
                [*body, ast.With(last.items, last.body[:-1] or [ast.Pass()])],
                last.body[-1],
            )
        if not isinstance(last, ast.Return) or last.value is None:
            raise UnknownError(ast.unparse(call))
        before = self.names
        self.names, self.depth = {**before, **given}, self.depth + 1
        try:
            if any(isinstance(each, ast.Return) for one in body for each in ast.walk(one)):
                raise UnknownError(ast.unparse(call))
            self.run(body)
            return self.value(last.value)
        finally:
            self.names, self.depth = before, self.depth - 1

    def _call_method(self, value: Any, method: str, arguments: list[Any], call: ast.Call) -> Any:
        if isinstance(value, PathText):
            return self._path_method(value, method, arguments, call)
        if isinstance(value, OpenFile):
            text = read_file(value.path)
            if method == "read" and not arguments:
                return text
            if method == "readlines" and not arguments:
                return text.splitlines(keepends=True)
        if method in METHODS.get(type(value), ()) and not call.keywords:
            return list_view(getattr(value, method)(*(read_opened(each) for each in arguments)))
        raise UnknownError(ast.unparse(call))

    def _path_method(
        self, path: "PathText", method: str, arguments: list[Any], call: ast.Call
    ) -> Any:
        if method == "read_text":
            return read_file(self._open(path).path)
        if method == "open":
            return self._open(path)
        if method in {"resolve", "absolute"}:
            return path
        if method == "joinpath":
            return PathText(posixpath.join(path, *arguments))
        raise UnknownError(ast.unparse(call))

    def _open(self, name: Any) -> OpenFile:
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()) or not path.is_file():
            raise UnknownError(f"open({str(name)!r})")
        if path not in self.files:
            self.files.append(path)
        return OpenFile(path)
