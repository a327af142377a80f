"""How far two outputs agree: the numbers in .npy, CSV, JSON and other text, and their rows."""

import ast
import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labcoat.core.reading import read_regular

_MOST = 1 << 26
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf)\b", re.IGNORECASE)
# The types of .npy files that have a form in `struct`, by kind and size.
_FORMS = {
    "f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q",
    "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "b1": "?",
}  # fmt: skip
_HIGHEST = 17  # digits of a double
# Rows by name, each with its numbers and what is no number.
_Rows = dict[str, tuple[list[float], str]]


@dataclass(frozen=True)
class Agreement:
    """How far two outputs agree.

    `digits` is the largest n up to which all numbers agree to a relative 1e-n; -1 if they do not
    agree at all, or if what is no number differs. `rows` are the names of those that differ.
    """

    digits: int
    rows: tuple[str, ...]
    count: int

    def __str__(self) -> str:
        shown = ", ".join(self.rows[:5])
        more = f" and {len(self.rows) - 5} more" if len(self.rows) > 5 else ""
        what = f"numbers agree to 1e-{self.digits}" if self.digits > 0 else "numbers do not agree"
        return f"{what}; {len(self.rows)} of {self.count} rows differ: {shown}{more}"


def compare_outputs(first: Path, second: Path) -> Agreement | None:
    """Return how far two files agree; None if they hold no numbers that can be read.

    Directories and files of more than 64 MB are not read.
    """
    if not all(one.is_file() and one.stat().st_size <= _MOST for one in (first, second)):
        return None
    try:
        ours, theirs = (
            read_rows(one.name, read_regular(str(one), _MOST)) for one in (first, second)
        )
    except (OSError, ValueError, RecursionError, SyntaxError, struct.error):
        return None
    if ours is None or theirs is None:
        return None
    names = [*dict.fromkeys([*ours, *theirs])]
    digits, rows = _HIGHEST, []
    for name in names:
        if ours.get(name) == theirs.get(name):
            continue
        one, other = ours.get(name), theirs.get(name)
        agreed = -1
        if one and other and one[1] == other[1] and len(one[0]) == len(other[0]):
            agreed = min(map(_agreed_digits, one[0], other[0]), default=_HIGHEST)
        if agreed < _HIGHEST:
            rows.append(name)
            digits = min(digits, agreed)
    return Agreement(digits, tuple(rows), len(names))


def _agreed_digits(one: float, other: float) -> int:
    """Return the largest n for which two numbers agree to a relative 1e-n."""
    if one == other or (math.isnan(one) and math.isnan(other)):
        return _HIGHEST
    if not (math.isfinite(one) and math.isfinite(other)):
        return -1
    relative = abs(one - other) / max(abs(one), abs(other))
    return max(-1, min(_HIGHEST, math.floor(-math.log10(relative))))


def read_rows(name: str, data: bytes) -> _Rows | None:
    """Return the rows of an output, by its name's suffix; None if it is not text.

    Raise ValueError if it is damaged.
    """
    if name.endswith(".npy"):
        return _read_npy(data)
    if b"\0" in data[:8000]:
        return None
    text = data.decode("utf-8")
    if name.endswith(".json"):
        return {path: _split(repr(value)) for path, value in _leaves(json.loads(text), "")}
    return {f"line {number}": _split(line) for number, line in enumerate(text.splitlines(), 1)}


def _split(text: str) -> tuple[list[float], str]:
    """Return the numbers in a text, and the text without them."""
    return [float(one) for one in _NUMBER.findall(text)], _NUMBER.sub("#", text)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _leaves(one, f"{path}[{number}]")
    else:
        yield path or "value", value


def _read_npy(data: bytes) -> _Rows | None:
    """Return the rows of an array by its first dimension.

    Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
    """
    if data[:6] != b"\x93NUMPY":
        return None
    form, start = ("<H", 10) if data[6] == 1 else ("<I", 12)
    (length,) = struct.unpack_from(form, data, 8)
    header = ast.literal_eval(data[start : start + length].decode("latin-1"))
    shape, kind = header["shape"], header["descr"]
    if not isinstance(kind, str) or kind[1:] not in _FORMS or header["fortran_order"]:
        return None
    count = math.prod(shape)
    order = "<" if kind[0] == "|" else kind[0]
    values = struct.unpack_from(f"{order}{count}{_FORMS[kind[1:]]}", data, start + length)
    rows = shape[0] if shape else 1
    width = count // rows if rows else 0
    return {
        f"row {row}": ([float(one) for one in values[row * width : (row + 1) * width]], "")
        for row in range(rows)
    }
