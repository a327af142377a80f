"""Read from a shared object (ELF) what the loader does: names, search paths, symbol versions.

Only the headers and tables that the dynamic section names are read, so that the size of the file
does not matter.

Source: https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic.html.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from labcoat.inventory.regular_files import open_regular

_MOST = 1 << 16  # entries of any table; real ones have some hundred
_MOST_READS = 20_000  # of one file, so that tables which lead in circles end
_USUAL, _LONGEST = 256, 1 << 20  # bytes of a name; TensorFlow's RUNPATH has 18,000
_SHARED = 3  # ET_DYN
_LOAD, _DYNAMIC = 1, 2  # PT_LOAD, PT_DYNAMIC
_NEEDED, _STRTAB, _SYMTAB, _SONAME, _RPATH, _RUNPATH = 1, 5, 6, 14, 15, 29
_GNU_HASH = 0x6FFFFEF5
_VERDEF, _VERDEFNUM, _VERNEED, _VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
_WEAK = 2  # VER_FLG_WEAK: the loader does not insist on the version


class SharedObject(NamedTuple):
    """What one shared object says of itself.

    `machine` are its architecture (e_machine) and its word's size in bits, `name` is its SONAME,
    `needed` are its DT_NEEDED. `rpath` and `runpath` are directories, which may contain `$ORIGIN`.
    `wanted` are the symbol versions that it wants of each library, `offered` those it has itself.
    """

    machine: tuple[int, int]
    name: str
    needed: list[str]
    rpath: list[str]
    runpath: list[str]
    wanted: dict[str, list[str]]
    offered: list[str]
    is_module: bool
    is_shared: bool = True  # not a program at a fixed address


def read_object(path: str, is_program: bool = False) -> SharedObject | None:
    """Return what a file says of itself; None if it is no shared object.

    With `is_program`, any other ELF file with a dynamic section counts too. Raise ValueError if the
    file is damaged, OSError if it cannot be read.
    """
    descriptor = open_regular(path)
    try:
        size = os.fstat(descriptor).st_size
        return parse_object(partial(os.pread, descriptor), size, os.path.basename(path), is_program)
    finally:
        os.close(descriptor)


def parse_object(
    read: Callable[[int, int], bytes], size: int, name: str, is_program: bool = False
) -> SharedObject | None:
    """Return what a file called `name` says of itself, as read_object does.

    `read` returns as many of its `size` bytes as asked for, from an offset on.
    """
    try:
        return _File(read, size).read(name, is_program)
    except (struct.error, OverflowError) as error:
        raise ValueError(str(error)) from None


class _File:
    """One open ELF file. `loads` are the address, offset and size of the parts in memory."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        self.pread = read
        self.size = size
        self.order = "<"
        self.loads: list[tuple[int, int, int]] = []
        self.strings = 0
        self.reads = 0

    def read(self, name: str, is_program: bool) -> SharedObject | None:
        head = self.pread(64, 0)
        if head[:4] != b"\x7fELF":
            return None
        if len(head) < 52 or head[4] not in (1, 2) or head[5] not in (1, 2):
            raise ValueError("its header is damaged")
        self.order = "<" if head[5] == 1 else ">"
        self.is_long = head[4] == 2
        kind, machine = self.unpack("HH", 16)
        if kind != _SHARED and not is_program:
            return None
        tags = self.read_dynamic()
        symbol = "PyInit_" + name.split(".")[0]
        return SharedObject(
            machine=(machine, 64 if self.is_long else 32),
            name=self.first_string(tags, _SONAME),
            needed=[self.string(value) for value in tags.get(_NEEDED, ())],
            rpath=_split_path(self.first_string(tags, _RPATH)),
            runpath=_split_path(self.first_string(tags, _RUNPATH)),
            wanted=self.read_wanted(tags) if _VERNEED in tags else {},
            offered=self.read_offered(tags) if _VERDEF in tags else [],
            is_module=_GNU_HASH in tags and self.defines(symbol.encode(), tags),
            is_shared=kind == _SHARED,
        )

    def unpack(self, form: str, offset: int) -> tuple[int, ...]:
        """Return the numbers at `offset`. Raise ValueError if the file ends before."""
        self.reads += 1
        if self.reads > _MOST_READS:
            raise ValueError("its tables do not end")
        form = self.order + form
        data = self.pread(struct.calcsize(form), offset) if offset >= 0 else b""
        if len(data) < struct.calcsize(form):
            raise ValueError("it is truncated")
        return struct.unpack(form, data)

    def read_dynamic(self) -> dict[int, list[int]]:
        """Read the program headers and return the values of the dynamic section by tag."""
        start, size, count = (
            (*self.unpack("Q", 32), *self.unpack("HH", 54))
            if self.is_long
            else (*self.unpack("I", 28), *self.unpack("HH", 42))
        )
        dynamic = None
        for index in range(min(count, _MOST)):
            where = start + index * size
            if self.is_long:
                kind, _, offset, address, _, length = self.unpack("IIQQQQ", where)
            else:
                kind, offset, address, _, length = self.unpack("IIIII", where)
            if kind == _LOAD:
                self.loads.append((address, offset, length))
            elif kind == _DYNAMIC:
                dynamic = offset, length
        if dynamic is None:
            return {}
        tags: dict[int, list[int]] = {}
        width = 16 if self.is_long else 8
        for index in range(min(dynamic[1] // width, _MOST)):
            tag, value = self.unpack("QQ" if self.is_long else "II", dynamic[0] + index * width)
            if tag == 0:
                break
            tags.setdefault(tag, []).append(value)
        if _STRTAB in tags:
            self.strings = self.offset(tags[_STRTAB][0])
        elif tags:
            raise ValueError("it has no names")
        return tags

    def offset(self, address: int) -> int:
        """Return where in the file the part at `address` is."""
        for start, offset, length in self.loads:
            if start <= address < start + length:
                return offset + address - start
        raise ValueError("a table is outside of it")

    def string(self, index: int) -> str:
        if self.strings + index >= self.size:
            raise ValueError("a name is outside of it")
        for most in (_USUAL, _LONGEST):
            data, end, _ = self.pread(most, self.strings + index).partition(b"\0")
            if end:
                return data.decode("utf-8", "replace")
        raise ValueError("a name does not end")

    def first_string(self, tags: dict[int, list[int]], tag: int) -> str:
        return self.string(tags[tag][0]) if tag in tags else ""

    def read_wanted(self, tags: dict[int, list[int]]) -> dict[str, list[str]]:
        """Return the symbol versions that are wanted, by library."""
        found: dict[str, list[str]] = {}
        where = self.offset(tags[_VERNEED][0])
        for _ in range(min(tags.get(_VERNEEDNUM, [_MOST])[0], _MOST)):
            _, count, library, first, following = self.unpack("HHIII", where)
            wanted = found.setdefault(self.string(library), [])
            entry = where + first
            for _ in range(count):
                _, flags, _, name, after = self.unpack("IHHII", entry)
                if not flags & _WEAK:
                    wanted.append(self.string(name))
                entry += after
            if not following:
                break
            where += following
        return found

    def read_offered(self, tags: dict[int, list[int]]) -> list[str]:
        """Return the symbol versions that it has."""
        found = []
        where = self.offset(tags[_VERDEF][0])
        for _ in range(min(tags.get(_VERDEFNUM, [_MOST])[0], _MOST)):
            _, _, _, _, _, first, following = self.unpack("HHHHIII", where)
            found.append(self.string(self.unpack("I", where + first)[0]))
            if not following:
                break
            where += following
        return found

    def defines(self, symbol: bytes, tags: dict[int, list[int]]) -> bool:
        """Return whether it defines `symbol`, by its hash table of GNU's form."""
        table = self.offset(tags[_GNU_HASH][0])
        buckets, first, words, _ = self.unpack("IIII", table)
        if not buckets or _SYMTAB not in tags:
            return False
        wanted = 5381
        for letter in symbol:
            wanted = (wanted * 33 + letter) & 0xFFFFFFFF
        start = table + 16 + words * (8 if self.is_long else 4)
        (index,) = self.unpack("I", start + 4 * (wanted % buckets))
        symbols = self.offset(tags[_SYMTAB][0])
        chain = start + 4 * buckets
        for _ in range(_MOST):
            if index < first:
                return False
            (value,) = self.unpack("I", chain + 4 * (index - first))
            if value | 1 == wanted | 1:
                (name,) = self.unpack("I", symbols + index * (24 if self.is_long else 16))
                # Other names may be longer than any that the loader asks for.
                where = self.strings + name
                if self.pread(len(symbol) + 1, where) == symbol + b"\0":
                    return True
            if value & 1:
                return False
            index += 1
        return False


def _split_path(text: str) -> list[str]:
    return list(dict.fromkeys(folder for folder in text.split(":") if folder))
