"""Follow the statements of a setup.py that lead to its call of setup(), running none of them."""

import ast
from collections.abc import Callable, Iterable
from typing import Any

from labcoat.core.project_files.literal_expressions import Expressions
from labcoat.core.project_files.literal_values import OpenFile, UnknownError, list_items
from labcoat.core.records import field

_MUTATORS = frozenset({"append", "extend", "update"})


class Evaluator(Expressions):
    """Follows statements; `calls` are the keyword arguments of each call of setup(), evaluated.

    An argument that is not known is an UnknownError.
    """

    calls: list[dict[str, Any]] = field(default_factory=list)

    def run(self, body: Iterable[ast.stmt]) -> None:
        """Follow the statements `body` of a module."""
        for statement in body:
            self._run_statement(statement)

    def _run_statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                self._try(name, lambda: self.add(self.known(name), self.value(value), statement))
            case ast.FunctionDef(name=name):
                self.functions[name] = statement
            case ast.With(items=[ast.withitem(expr, ast.Name(id=name))], body=body):
                self._try(name, lambda: self.value(expr))
                self.run(body)
            case ast.If(test=test, body=body, orelse=orelse):
                self._run_branch(test, body, orelse)
            case ast.Expr(value=ast.Call() as call):
                self._run_call(call)
            case ast.Import() | ast.ImportFrom() | ast.Pass():
                pass
            case _:
                self._forget(statement)

    def _run_branch(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt]) -> None:
        try:
            self.run(body if self.value(test) else orelse)
        except UnknownError:
            for statement in (*body, *orelse):
                self._forget(statement)

    def _run_call(self, call: ast.Call) -> None:
        match call.func:
            case ast.Name(id="setup") | ast.Attribute(attr="setup"):
                self.calls.append(self._keywords(call))
            case ast.Name(id=name) if name in self.functions and not call.args:
                if self.depth < 1:  # def main(): setup(…)
                    self.depth += 1
                    self.run(self.functions[name].body)
                    self.depth -= 1
            case ast.Attribute(value=ast.Name(id=name), attr=method) if name in self.names:
                self._try(name, lambda: self._mutated(self.known(name), method, call))

    def _keywords(self, call: ast.Call) -> dict[str, Any]:
        """Return the arguments of setup(), evaluated; those that are unknown as UnknownError."""
        found: dict[str, Any] = {}
        for keyword in call.keywords:
            try:
                value = self.value(keyword.value)
                found.update({keyword.arg: value} if keyword.arg else value)
            except (UnknownError, TypeError, ValueError):
                # Of `**unknown`, any argument may be part.
                found[keyword.arg or "**"] = UnknownError(ast.unparse(keyword.value))
        return found

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self._try(name, lambda: self.value(value))
            case ast.Subscript(value=ast.Name(id=name), slice=key) if name in self.names:
                self._try(name, lambda: {**self.known(name), self.value(key): self.value(value)})
            case _:
                self._forget(target)

    def _try(self, name: str, evaluate: Callable[[], Any]) -> None:
        try:
            self.names[name] = evaluate()
        except (UnknownError, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            self.names[name] = error if isinstance(error, UnknownError) else UnknownError(name)

    def _forget(self, node: ast.AST) -> None:
        """Count every name that `node` could change as unknown, and its setup() as a call."""
        for each in ast.walk(node):
            match each:
                case ast.Name(id=name, ctx=ast.Store()):
                    self.names[name] = UnknownError(name)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                    self.names[name] = UnknownError(name)
                case ast.Call(func=ast.Name(id="setup") | ast.Attribute(attr="setup")):
                    self.calls.append(self._keywords(each))
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name in self.names:
                    if not isinstance(self.names[name], OpenFile):
                        self.names[name] = UnknownError(name)

    def _mutated(self, value: Any, method: str, call: ast.Call) -> Any:
        """Return `value` after `value.append(…)` and the like, as a copy."""
        if method not in _MUTATORS or len(call.args) != 1:
            if isinstance(value, OpenFile):  # file.close()
                return value
            raise UnknownError(ast.unparse(call))
        argument = self.value(call.args[0])
        if method == "append":
            return [*value, argument]
        return {**value, **argument} if isinstance(value, dict) else [*value, *list_items(argument)]
