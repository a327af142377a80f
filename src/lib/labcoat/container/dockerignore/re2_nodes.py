"""The parts of a parsed Go regular expression (RE2 syntax), and ranges of characters."""

from itertools import pairwise
from typing import NamedTuple

Ranges = tuple[tuple[int, int], ...]  # code points, first and last of each range included

TOP = 0x10FFFF  # the last code point
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))


class ExpressionError(ValueError):
    """An expression that Go refuses to compile."""


class Chars(NamedTuple):
    """One character in `ranges`."""

    ranges: Ranges


class At(NamedTuple):
    """A position: `A` the start, `Z` the end, `b` a word boundary, `B` any other position."""

    where: str


class Repeat(NamedTuple):
    """`node`, `low` to `high` times; any number of times from `low` where `high` is None."""

    node: "Node"
    low: int
    high: int | None


class Sequence(NamedTuple):
    """One node after the other."""

    nodes: "tuple[Node, ...]"


class Either(NamedTuple):
    """Any one of the nodes."""

    nodes: "tuple[Node, ...]"


Node = Chars | At | Repeat | Sequence | Either


def literal_char(char: str) -> Chars:
    """Return a node that matches `char` alone."""
    return Chars(((ord(char), ord(char)),))


def chars_in(code: int, ranges: Ranges) -> bool:
    """Whether the code point is in one of `ranges`."""
    return any(low <= code <= high for low, high in ranges)


def chars_not_in(ranges: Ranges) -> Ranges:
    """Return all code points outside `ranges`."""
    merged: list[tuple[int, int]] = [(-1, -1)]
    for low, high in sorted(ranges):
        merged.append((low, max(high, merged[-1][1])))
    gaps = (
        (before[1] + 1, after[0] - 1) for before, after in pairwise([*merged, (TOP + 1, TOP + 1)])
    )
    return tuple((low, high) for low, high in gaps if low <= high)
