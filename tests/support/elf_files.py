"""Write small shared objects (ELF, 64 bits) that need what a test says; they hold no code."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

X86_64, AARCH64 = 62, 183
_STRTAB, _SYMTAB, _STRSZ, _SYMENT, _SONAME, _RPATH, _RUNPATH = 5, 6, 10, 11, 14, 15, 29
_HASH, _GNU_HASH = 4, 0x6FFFFEF5
_VERDEF, _VERDEFNUM, _VERNEED, _VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF


class _Strings:
    def __init__(self) -> None:
        self.data = b"\0"

    def add(self, text: str) -> int:
        self.data += text.encode() + b"\0"
        return len(self.data) - len(text.encode()) - 1


def elf_bytes(
    needed: Iterable[str] = (),
    *,
    name: str = "",
    rpath: str = "",
    runpath: str = "",
    wanted: Mapping[str, Sequence[str]] | None = None,
    offered: Sequence[str] = (),
    symbol: str = "",
    hashed: str = "",
    machine: int = X86_64,
) -> bytes:
    """Return a shared object; `symbol` is the only one that it defines.

    Its table of hashes is for the name `hashed`, if that is not empty.
    """
    strings = _Strings()
    tags = [(1, strings.add(one)) for one in needed]
    for tag, text in ((_SONAME, name), (_RPATH, rpath), (_RUNPATH, runpath)):
        tags += [(tag, strings.add(text))] if text else []
    symbols = bytes(24) + struct.pack("<IBBHQQ", strings.add(symbol), 0x12, 0, 1, 64, 0)
    tables = {
        _SYMTAB: symbols if symbol else bytes(24),
        _HASH: struct.pack("<IIIII", 1, 2, 1 if symbol else 0, 0, 0),
        _GNU_HASH: _gnu_hash(hashed or symbol),
    }
    if wanted:
        tables[_VERNEED] = _verneed(wanted, strings)
        tags.append((_VERNEEDNUM, len(wanted)))
    if offered:
        tables[_VERDEF] = _verdef(offered, strings)
        tags.append((_VERDEFNUM, len(offered)))
    tables[_STRTAB] = strings.data
    tags += [(_STRSZ, len(strings.data)), (_SYMENT, 24)]
    data, start = b"", 64 + 2 * 56
    for tag, table in tables.items():
        tags.append((tag, start + len(data)))
        data += table + bytes(-len(table) % 8)
    dynamic = start + len(data)
    data += b"".join(struct.pack("<QQ", *pair) for pair in [*tags, (0, 0)])
    size = start + len(data)
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 6, 0, 0, 0, size, size, 4096)
    length = size - dynamic
    return (
        head
        + load
        + struct.pack("<IIQQQQQQ", 2, 6, dynamic, dynamic, dynamic, length, length, 8)
        + data
    )


def write_elf(path: Path, data: bytes) -> Path:
    """Write a shared object to `path`, and the directories that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _gnu_hash(symbol: str) -> bytes:
    value = 5381
    for letter in symbol.encode():
        value = (value * 33 + letter) & 0xFFFFFFFF
    head = struct.pack("<IIIIQ", 1, 1, 1, 6, 0xFFFFFFFFFFFFFFFF)
    return head + (struct.pack("<II", 1, value | 1) if symbol else struct.pack("<I", 0))


def _verneed(wanted: Mapping[str, Sequence[str]], strings: _Strings) -> bytes:
    data, last = b"", [*wanted][-1]
    for library, versions in wanted.items():
        count = len(versions)
        following = 0 if library == last else 16 + 16 * count
        data += struct.pack("<HHIII", 1, count, strings.add(library), 16, following)
        for index, version in enumerate(versions):
            after = 0 if index == count - 1 else 16
            weak = 2 if version.startswith("weak:") else 0
            text = strings.add(version.removeprefix("weak:"))
            data += struct.pack("<IHHII", 0, weak, 2 + index, text, after)
    return data


def _verdef(offered: Sequence[str], strings: _Strings) -> bytes:
    data = b""
    for index, version in enumerate(offered):
        following = 0 if index == len(offered) - 1 else 28
        data += struct.pack("<HHHHIII", 1, 0, index + 1, 1, 0, 20, following)
        data += struct.pack("<II", strings.add(version), 0)
    return data
