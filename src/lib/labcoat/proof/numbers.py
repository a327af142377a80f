"""How far two outputs agree: their numbers, and which rows differ."""

import math
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from labcoat.core.records import MutableRecord, Record
from labcoat.proof.output_rows import Rows, read_rows

_MOST = 1 << 26  # bytes of an output that are compared
_HIGHEST = 17  # digits of a double
_SHOWN = 5
# What damaged files cause.
_DAMAGED = (
    OSError, EOFError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError,
    SyntaxError, MemoryError, ArithmeticError, RuntimeError, struct.error, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip


class Agreement(Record):
    """How far two outputs agree.

    `digits` is the largest n up to which all numbers agree to a relative 1e-n; -1 if they do not
    agree at all, or if what is no number differs. `largest` is the largest difference of two
    numbers. `rows` are the names of the first rows that differ, of `differing` and of `count` in
    all. With `is_reordered`, both have the same rows; with `is_partial`, only the first 64 MB were
    compared.
    """

    digits: int
    rows: tuple[str, ...]
    count: int
    differing: int = 0
    largest: float = 0
    is_reordered: bool = False
    is_partial: bool = False

    def __str__(self) -> str:
        start = "in the first 64 MB, " if self.is_partial else ""
        if not self.differing:
            return f"{start}the values of all {self.count} rows are equal, only their form differs"
        if self.is_reordered:
            return f"{start}the {self.count} rows are the same in another order"
        more = self.differing - len(self.rows)
        shown = ", ".join(self.rows) + (f" and {more} more" if more else "")
        rows = f"{self.differing} of {self.count} rows differ: {shown}"
        return f"{start}{self._describe_numbers()}; {rows}"

    def _describe_numbers(self) -> str:
        if self.digits > 0:
            return f"numbers agree to 1e-{self.digits}"
        if self.digits == 0:
            return f"numbers differ by up to {self.largest:.1g}"
        return "numbers do not agree"


class _Count(MutableRecord):
    """What has been compared so far."""

    digits: int = _HIGHEST
    largest: float = 0
    differing: int = 0
    rows: int = 0
    size: int = 0
    hashes: int = 0  # equal at the end if both have the same rows in any order


def compare_outputs(first: Path, second: Path) -> Agreement | None:
    """Return how far two files agree; None if they hold no numbers that can be read.

    Of large files only the beginning is compared.
    """
    if not (first.is_file() and second.is_file()):
        return None
    try:
        ours, theirs = read_rows(first), read_rows(second)
        return None if ours is None or theirs is None else _compare(_pair_rows(ours, theirs))
    except _DAMAGED:
        return None


_Pair = tuple[Rows, int, bytes | None, bytes | None]


def _pair_rows(ours: Mapping[str, Rows], theirs: Mapping[str, Rows]) -> Iterator[_Pair]:
    """Yield the rows of both by place, with their number."""
    for name in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(name), theirs.get(name)
        known = one or other
        assert known is not None  # noqa: S101  # it is a name of one of them
        pairs = zip_longest(one.values if one else (), other.values if other else ())
        for number, (row, another) in enumerate(pairs):
            yield known, number, row, another


def _compare(pairs: Iterator[_Pair]) -> Agreement:
    found, names = _Count(), list[str]()
    for rows, number, one, other in pairs:
        found.rows += 1
        found.size += len(one or b"")
        if one != other:
            found.hashes += hash(one) - hash(other)
            digits, largest = _compare_rows(rows, one, other)
            if digits < _HIGHEST:
                found.differing += 1
                found.digits = min(found.digits, digits)
                found.largest = max(found.largest, largest)
                if len(names) < _SHOWN:
                    names.append(rows.name(number))
        if found.size > _MOST:
            break
    return Agreement(
        found.digits,
        tuple(names),
        found.rows,
        found.differing,
        found.largest,
        is_reordered=found.differing > 0 and not found.hashes,
        is_partial=found.size > _MOST,
    )


def _compare_rows(rows: Rows, one: bytes | None, other: bytes | None) -> tuple[int, float]:
    """Return to how many digits two rows agree, and the largest difference of their numbers."""
    if one is None or other is None:
        return -1, 0
    ours, theirs = rows.split(one), rows.split(other)
    if ours[1] != theirs[1] or len(ours[0]) != len(theirs[0]):
        return -1, 0
    digits, largest = _HIGHEST, 0.0
    for number, another in zip(ours[0], theirs[0], strict=True):
        if number == another or (math.isnan(number) and math.isnan(another)):
            continue
        if not (math.isfinite(number) and math.isfinite(another)):
            return -1, 0
        difference = abs(number - another)
        relative = min(1, difference / max(abs(number), abs(another)))
        digits = min(digits, math.floor(-math.log10(relative)))
        largest = max(largest, difference)
    return digits, largest
