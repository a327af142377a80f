"""Search a text as Go's regular expressions do.

Python's `re` searches, where it is quick. It tries one way after another, and where repeats nest or abound the ways are
too many: then all positions are followed at once, in a time that grows with pattern and text, never exponentially.
"""

import re
from collections.abc import Callable

from labcoat.container.dockerignore.re2_parse import (
    TOP,
    WORD,
    At,
    Chars,
    Either,
    Node,
    Ranges,
    Repeat,
    Sequence,
    chars_in,
    chars_not_in,
)

_SIMPLE_REPEATS = 2  # so many open repeats one after another are cheap to backtrack over


Search = Callable[[str], bool]


def compile_search(node: Node) -> Search:
    """A function that says whether Go finds the parsed expression in a text."""
    written = compile_fast_search(node)
    if written is None:
        return lambda text: bool(_ends(node, text, set(range(len(text) + 1))))
    found = re.compile(written, re.ASCII).search
    return lambda text: found(text) is not None


def compile_fast_search(node: Node) -> str | None:
    """The expression as Python's `re` writes it, with the flag ASCII; None where that could take long."""
    return None if _open(node) > _SIMPLE_REPEATS or _nested(node) else _python(node)


def _open(node: Node) -> int:
    """How many repeats there are that can stop at many places."""
    match node:
        case Repeat(inner, low, high):
            return _open(inner) + (high is None or high > max(low, 1))
        case Sequence(nodes) | Either(nodes):
            return sum(map(_open, nodes))
    return 0


def _nested(node: Node, inside: bool = False) -> bool:
    """Whether a repeat of more than one stands inside another."""
    match node:
        case Repeat(inner, _, high):
            many = high != 1
            return (inside and many) or _nested(inner, inside or many)
        case Sequence(nodes) | Either(nodes):
            return any(_nested(each, inside) for each in nodes)
    return False


def _python(node: Node) -> str:
    """The same expression as Python writes it."""
    match node:
        case Chars(((low, high),)) if low == high:
            return re.escape(chr(low))
        case Chars(ranges):
            return _class(ranges)
        case At(where):
            return f"\\{where}"
        case Repeat(inner, low, high):
            return f"(?:{_python(inner)}){{{low},{'' if high is None else high}}}"
        case Sequence(nodes):
            return "".join(map(_python, nodes))
        case Either(nodes):
            return "(?:" + "|".join(map(_python, nodes)) + ")"


def _class(ranges: Ranges) -> str:
    if not ranges:
        return "(?!)"
    sign = (
        "^" if ranges[-1][1] == TOP else ""
    )  # Python needs milliseconds to compile a range of most of Unicode
    listed = chars_not_in(ranges) if sign else ranges
    return (
        f"[{sign}{''.join(f'{_quoted(low)}-{_quoted(high)}' for low, high in listed)}]"
        if listed
        else r"[\s\S]"
    )


def _quoted(code: int) -> str:
    return f"\\U{code:08x}"


def _ends(node: Node, text: str, starts: set[int]) -> set[int]:
    """Where a match of `node` can end, starting at any of `starts`."""
    match node:
        case Chars(ranges):
            size = len(text)
            return {at + 1 for at in starts if at < size and chars_in(ord(text[at]), ranges)}
        case At(where):
            return {at for at in starts if _holds(where, text, at)}
        case Sequence(nodes):
            for each in nodes:
                if not starts:
                    break
                starts = _ends(each, text, starts)
            return starts
        case Either(nodes):
            return set().union(*(_ends(each, text, starts) for each in nodes))
        case Repeat(inner, low, high):
            return _repeated(inner, low, high, text, starts)


def _repeated(inner: Node, low: int, high: int | None, text: str, starts: set[int]) -> set[int]:
    for _ in range(low):
        starts = _ends(inner, text, starts)
    if high is None and isinstance(inner, Chars):
        return _swept(inner.ranges, text, starts)
    reached = set(starts)
    new = starts
    for _ in range(len(text) + 1 if high is None else high - low):
        new = _ends(inner, text, new) - reached
        if not new:
            break
        reached |= new
    return reached


def _swept(ranges: Ranges, text: str, starts: set[int]) -> set[int]:
    """Where any number of characters of a class can end: one pass over the text."""
    reached = set(starts)
    for at in range(min(starts, default=len(text)), len(text)):
        if at in reached and chars_in(ord(text[at]), ranges):
            reached.add(at + 1)
    return reached


def _holds(where: str, text: str, at: int) -> bool:
    if where == "A":
        return at == 0
    if where == "Z":
        return at == len(text)
    sides = (text[at - 1 : at] if at else "", text[at : at + 1])
    before, after = (bool(side) and chars_in(ord(side), WORD) for side in sides)
    return (before != after) == (where == "b")
