"""The rows of an output: those of arrays, the lines of text, and the values in JSON.

Rows are read one after the other, so that a large file takes little memory.
"""

import ast
import gzip
import json
import math
import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, NamedTuple

_MOST_JSON = 1 << 26
_LONGEST = 1 << 24  # bytes of a line
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf)\b", re.IGNORECASE)
# The types of .npy files that have a form in `struct`, by kind and size: a date is a whole number,
# and a complex number is two.
_FORMS = {
    "f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q",
    "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "b1": "?", "M8": "q", "m8": "q",
    "c8": "ff", "c16": "dd",
}  # fmt: skip
# The numbers in a row, and what is no number.
Split = tuple[list[float], str]


class Rows(NamedTuple):
    """The rows of one array, text or value; `name` names the one with a number, from 0."""

    name: Callable[[int], str]
    values: Iterable[bytes]
    split: Callable[[bytes], Split]


def read_rows(path: Path) -> Mapping[str, Rows] | None:
    """Return the rows in a file by the name of their array or value; None if it is not text.

    The suffix decides. Raise OSError, ValueError, or what else a damaged file causes, here or while
    the rows are read.
    """
    name = path.name.lower()
    if name.endswith(".npy"):
        return {"": _read_array("", path.open("rb"))}
    if name.endswith(".npz"):
        archive = zipfile.ZipFile(path)
        names = [one.removesuffix(".npy") for one in sorted(archive.namelist())]
        return {one: _read_array(f"{one} ", archive.open(f"{one}.npy")) for one in names}
    file = _open_text(path)
    if b"\0" in file.peek(1):
        file.close()
        return None
    if name.removesuffix(".gz").endswith(".json"):
        with file:
            return _read_json(file.read(_MOST_JSON + 1))
    is_table = name.endswith(TABLE)
    return {"": Rows(_name_table_row if is_table else _name_line, _read_lines(file), split_text)}


def _open_text(path: Path) -> BufferedReader:
    """Return a file's text to read, without its compression."""
    file = path.open("rb")
    return BufferedReader(gzip.GzipFile(fileobj=file)) if path.name.endswith(".gz") else file


def split_text(line: bytes) -> Split:
    """Return the numbers in a line, and the line without them."""
    text = line.decode("utf-8")
    return [float(one) for one in _NUMBER.findall(text)], _NUMBER.sub("#", text)


# What a table is converted to, such as a Parquet file: names of columns, then a line for each row.
TABLE = ".labcoat-rows"


def _name_line(number: int) -> str:
    return f"line {number + 1}"


def _name_table_row(number: int) -> str:
    return f"row {number - 1}" if number else "the columns"


def _read_lines(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while line := file.readline(_LONGEST):
            if len(line) == _LONGEST:
                raise ValueError("a line is too long")
            yield line.rstrip(b"\r\n")


def _read_json(data: bytes) -> Mapping[str, Rows] | None:
    if len(data) > _MOST_JSON:
        return None
    return {
        path: Rows(_always(path), (repr(value).encode("utf-8", "surrogatepass"),), split_text)
        for path, value in _leaves(json.loads(data), "")
    }


def _always(name: str) -> Callable[[int], str]:
    return lambda _: name


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _leaves(one, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list) and value:
        for number, one in enumerate(value):
            yield from _leaves(one, f"{path}[{number}]")
    else:
        yield path or "value", value


def _read_array(prefix: str, file: IO[bytes]) -> Rows:
    """Return the rows of an array by its first dimension.

    Raise NotImplementedError for one of objects.

    Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
    """
    magic = file.read(8)
    if magic[:6] != b"\x93NUMPY":
        raise ValueError("not an array")
    form = "<H" if magic[6] == 1 else "<I"
    (length,) = struct.unpack(form, file.read(struct.calcsize(form)))
    header = ast.literal_eval(file.read(length).decode("utf-8" if magic[6] > 2 else "latin-1"))
    shape, kind = header["shape"], header["descr"]
    split, size = _array_type(kind)
    rows = shape[0] if shape else 1
    width = math.prod(shape[1:]) * size
    values = (
        _read_columns(file, rows, math.prod(shape[1:]), size)
        if header["fortran_order"] and len(shape) > 1
        else _read_sized(file, rows, width)
    )
    return Rows(lambda number: f"{prefix}row {number}", values, split)


def _array_type(kind: Any) -> tuple[Callable[[bytes], Split], int]:
    """Return how a row of this type of NumPy's is split, and the size of one element.

    Raise NotImplementedError for a type that holds no numbers or text.
    """
    if not isinstance(kind, str):  # the fields of a record
        raise NotImplementedError
    order, name = kind[0], kind[1:].partition("[")[0]
    if name[0] in "SU":
        width = int(name[1:]) * (4 if name[0] == "U" else 1)
        code = {"U<": "utf-32-le", "U>": "utf-32-be"}.get(name[0] + order, "latin-1")
        return lambda row: split_text(row.decode(code).encode("utf-8")), width
    if name not in _FORMS:
        raise NotImplementedError
    code, sign = _FORMS[name], "<" if order == "|" else order

    def split(row: bytes) -> Split:
        count = len(row) // struct.calcsize(f"{sign}{code[0]}")
        return [float(one) for one in struct.unpack(f"{sign}{count}{code[0]}", row)], ""

    return split, struct.calcsize(f"{sign}{code}")


def _read_sized(file: IO[bytes], count: int, size: int) -> Iterator[bytes]:
    """Yield `count` pieces of `size` bytes. Raise ValueError if there are fewer."""
    with file:
        for _ in range(count):
            piece = file.read(size)
            if len(piece) < size:
                raise ValueError("the array ends early")
            yield piece


def _read_columns(file: IO[bytes], rows: int, columns: int, size: int) -> Iterator[bytes]:
    """Yield the rows of an array that is written column by column."""
    held = [*_read_sized(file, columns, rows * size)]
    for row in range(rows):
        yield b"".join(one[row * size : (row + 1) * size] for one in held)
