"""Search a text for a parsed Go regular expression.

Python's `re` does it where it is fast. It backtracks, which takes exponential time where repeats
nest or abound: for those, all positions are followed at once, in polynomial time.
"""

import re
from collections.abc import Callable

from labcoat.container.dockerignore.re2_nodes import (
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

_SIMPLE_REPEATS = 2  # with so many open repeats, backtracking is cheap

Search = Callable[[str], bool]


def compile_search(node: Node) -> Search:
    """Return a function that says whether Go finds the expression in a text."""
    written = compile_fast_search(node)
    if written is None:
        return lambda text: bool(_match_ends(node, text, set(range(len(text) + 1))))
    found = re.compile(written, re.ASCII).search
    return lambda text: found(text) is not None


def compile_fast_search(node: Node) -> str | None:
    """Return the expression in the syntax of Python's `re`, for the flag ASCII.

    Return None where a search with it could take exponential time.
    """
    return (
        None
        if _count_open_repeats(node) > _SIMPLE_REPEATS or _has_nested_repeats(node)
        else _to_python(node)
    )


def _count_open_repeats(node: Node) -> int:
    """Return how many repeats can stop at several places."""
    match node:
        case Repeat(inner, low, high):
            return _count_open_repeats(inner) + (high is None or high > max(low, 1))
        case Sequence(nodes) | Either(nodes):
            return sum(map(_count_open_repeats, nodes))
    return 0


def _has_nested_repeats(node: Node, inside: bool = False) -> bool:
    """Whether a repeat of more than one is inside another."""
    match node:
        case Repeat(inner, _, high):
            many = high != 1
            return (inside and many) or _has_nested_repeats(inner, inside or many)
        case Sequence(nodes) | Either(nodes):
            return any(_has_nested_repeats(each, inside) for each in nodes)
    return False


def _to_python(node: Node) -> str:
    """Return the expression in the syntax of Python's `re`."""
    match node:
        case Chars(((low, high),)) if low == high:
            return re.escape(chr(low))
        case Chars(ranges):
            return _to_python_class(ranges)
        case At(where):
            return f"\\{where}"
        case Repeat(inner, low, high):
            return f"(?:{_to_python(inner)}){{{low},{'' if high is None else high}}}"
        case Sequence(nodes):
            return "".join(map(_to_python, nodes))
        case Either(nodes):
            return "(?:" + "|".join(map(_to_python, nodes)) + ")"


def _to_python_class(ranges: Ranges) -> str:
    if not ranges:
        return "(?!)"
    # Python takes milliseconds to compile a range of most of Unicode, so invert it.
    sign = "^" if ranges[-1][1] == TOP else ""
    listed = chars_not_in(ranges) if sign else ranges
    inner = "".join(f"{_escape_code(low)}-{_escape_code(high)}" for low, high in listed)
    return f"[{sign}{inner}]" if listed else r"[\s\S]"


def _escape_code(code: int) -> str:
    return f"\\U{code:08x}"


def _match_ends(node: Node, text: str, starts: set[int]) -> set[int]:
    """Return where matches of `node` that start at any of `starts` can end."""
    match node:
        case Chars(ranges):
            size = len(text)
            return {at + 1 for at in starts if at < size and chars_in(ord(text[at]), ranges)}
        case At(where):
            return {at for at in starts if _assertion_holds(where, text, at)}
        case Sequence(nodes):
            for each in nodes:
                if not starts:
                    break
                starts = _match_ends(each, text, starts)
            return starts
        case Either(nodes):
            return set().union(*(_match_ends(each, text, starts) for each in nodes))
        case Repeat(inner, low, high):
            return _repeat_ends(inner, low, high, text, starts)


def _repeat_ends(inner: Node, low: int, high: int | None, text: str, starts: set[int]) -> set[int]:
    for _ in range(low):
        starts = _match_ends(inner, text, starts)
    if high is None and isinstance(inner, Chars):
        return _class_ends(inner.ranges, text, starts)
    reached = set(starts)
    new = starts
    for _ in range(len(text) + 1 if high is None else high - low):
        new = _match_ends(inner, text, new) - reached
        if not new:
            break
        reached |= new
    return reached


def _class_ends(ranges: Ranges, text: str, starts: set[int]) -> set[int]:
    """Return where any number of characters of a class can end, in one pass over the text."""
    reached = set(starts)
    for at in range(min(starts, default=len(text)), len(text)):
        if at in reached and chars_in(ord(text[at]), ranges):
            reached.add(at + 1)
    return reached


def _assertion_holds(where: str, text: str, at: int) -> bool:
    if where == "A":
        return at == 0
    if where == "Z":
        return at == len(text)
    sides = (text[at - 1 : at] if at else "", text[at : at + 1])
    before, after = (bool(side) and chars_in(ord(side), WORD) for side in sides)
    return (before != after) == (where == "b")
