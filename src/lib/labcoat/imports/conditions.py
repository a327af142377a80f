"""Which branch of an `if` about Python's version, its platform or a type checker runs.

Only such conditions are decided: for every Python that an environment may have, on Linux, where
images run. All others may go either way.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

_NAMES = {
    "sys.version_info", "version_info", "sys.hexversion", "sys.version", "PY2", "PY3", "six.PY2",
    "six.PY3", "sys.platform", "os.name", "os.uname", "platform.system", "platform.uname",
    "TYPE_CHECKING", "typing.TYPE_CHECKING",
}  # fmt: skip
_FIXED: Mapping[str, Any] = {
    **dict.fromkeys(("TYPE_CHECKING", "typing.TYPE_CHECKING", "PY2", "six.PY2"), False),
    **dict.fromkeys(("PY3", "six.PY3"), True),
    "sys.version[0]": "3", "sys.platform": "linux", "os.name": "posix",
    "platform.system()": "Linux",
    **dict.fromkeys(("platform.uname().system", "platform.uname()[0]"), "Linux"),
    **dict.fromkeys(("os.uname().sysname", "os.uname()[0]"), "Linux"),
}  # fmt: skip
# Names that are imported from their modules, such as `from sys import platform`, and the values
# that tell them from others of the name.
_BARE: Mapping[str, tuple[str, frozenset[str]]] = {
    "system()": ("platform.system()", frozenset({"Windows", "Darwin", "Linux", "Java"})),
    "platform": ("sys.platform", frozenset({"win32", "cygwin", "darwin", "linux", "linux2"})),
    "name": ("os.name", frozenset({"nt", "posix", "java"})),
}
_METHODS = frozenset({"startswith", "endswith", "lower", "upper", "casefold", "find", "count"})
_MINORS = range(7, 40)
_OPERATORS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.eq, ast.IsNot: operator.ne,
    ast.In: lambda one, many: one in many, ast.NotIn: lambda one, many: one not in many,
}  # fmt: skip


class Needed(NamedTuple):
    """Whether the code needs what is in the body of an `if`, and what is after its `else`."""

    body: bool
    orelse: bool


def find_needed(test: ast.expr) -> Needed:
    """Return which branches are needed on every Python: neither of one that its minor decides."""
    test = _Qualifier().visit(test) if isinstance(test, ast.Compare) else test
    if not any(_is_known(node) for node in ast.walk(test)):
        return Needed(body=True, orelse=True)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = find_needed(test.operand)
        return Needed(inner.orelse, inner.body)
    if isinstance(test, ast.BoolOp):
        parts = [find_needed(each) for each in test.values]
        bodies, others = [each.body for each in parts], [each.orelse for each in parts]
        is_and = isinstance(test.op, ast.And)
        return Needed(all(bodies), any(others)) if is_and else Needed(any(bodies), all(others))
    try:
        return _decide(ast.unparse(test))
    except (ValueError, SyntaxError):  # a number or text that has no usual form
        return Needed(body=False, orelse=False)


class _Qualifier(ast.NodeTransformer):
    """Write `platform == "win32"` as `sys.platform == "win32"`, and the like."""

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        sides = [node.left, *node.comparators]
        texts = {each.value for side in sides for each in ast.walk(side)
                 if isinstance(each, ast.Constant) and isinstance(each.value, str)}  # fmt: skip
        found = [self._qualify(side, texts) for side in sides]
        return ast.Compare(found[0], node.ops, found[1:])

    def _qualify(self, side: ast.expr, texts: set[str]) -> ast.expr:
        is_short = isinstance(side, ast.Name | ast.Call)
        name, values = _BARE.get(ast.unparse(side) if is_short else "", ("", frozenset()))
        return ast.parse(name, mode="eval").body if name and texts and texts <= values else side


@lru_cache(maxsize=1024)  # few conditions are written often
def _decide(text: str) -> Needed:
    test = ast.parse(text, mode="eval").body
    try:
        answers = {bool(_evaluate(test, _names_of(minor))) for minor in _MINORS}
    except (ValueError, TypeError, KeyError, AttributeError):
        answers = {True, False}
    return Needed(answers == {True}, answers == {False})


def _is_known(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in _NAMES


@cache
def _names_of(minor: int) -> Mapping[str, Any]:
    info = (3, minor, 0, "final", 0)
    names = {**_FIXED, "sys.hexversion": 0x030000F0 + (minor << 16)}
    for name in ("sys.version_info", "version_info"):
        names |= {name: info, f"{name}[:2]": info[:2], f"{name}[0:2]": info[:2]}
        names |= dict.fromkeys((f"{name}[0]", f"{name}.major"), info[0])
        names |= dict.fromkeys((f"{name}[1]", f"{name}.minor"), info[1])
    return names


def _evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of a comparison, a method or a part of a text, a name or a literal.

    Raises ValueError, or what such an expression raises, for anything else.
    """
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        compare = _OPERATORS[type(node.ops[0])]
        return compare(_evaluate(node.left, names), _evaluate(node.comparators[0], names))
    text = ast.unparse(node)
    if text in names:
        return names[text]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
        if node.func.attr not in _METHODS:
            raise ValueError(text)
        method = getattr(str, node.func.attr)
        return method(_evaluate(node.func.value, names), *map(ast.literal_eval, node.args))
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        bounds = (node.slice.lower, node.slice.upper, node.slice.step)
        ends = [None if each is None else ast.literal_eval(each) for each in bounds]
        return _evaluate(node.value, names)[slice(*ends)]
    return ast.literal_eval(node)
