"""Read the headers of a tar archive as it comes through a pipe.

tarfile takes longer for the headers than the engine takes to write them, with all the files between
them. Formats: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar and pax),
https://www.gnu.org/software/tar/manual/html_node/Standard.html (GNU's long names and numbers).
"""

import struct
import tarfile
from collections.abc import Iterator
from typing import IO, NamedTuple

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
_MOST_HEADER = 1 << 22  # of a long name or of records
# Name, mode, user, group, size, time, checksum, type, target of a link, magic, prefix.
_HEADER = struct.Struct("100s8s8s8x12s12s8sc100s8s80x155s12x")
_USTAR = b"ustar\x00"
_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_FILES = (*tarfile.REGULAR_TYPES, tarfile.GNUTYPE_SPARSE)
# Of these, a size is no number of bytes that follow.
_EMPTY = (*_LINKS, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE)


class Member(NamedTuple):
    """One entry of an archive; `type` is one of tarfile's, `records` are those of pax."""

    name: str
    type: bytes
    mode: int
    uid: int
    size: int
    mtime: int
    linkname: str
    records: dict[str, str]

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.type in _FILES


class ForwardStream:
    """A pipe that moves forward only."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes. Raise EOFError if there are fewer."""
        data = self.stream.read(size)
        self.position += len(data)
        if len(data) < size:
            raise EOFError("it ends within a file")
        return data

    def seek(self, position: int) -> None:
        """Read up to `position`. Raise EOFError if the pipe ends before it."""
        while self.position < position:
            self.read(min(_CHUNK, position - self.position))


def list_members(forward: ForwardStream) -> Iterator[Member]:
    """Yield each member; its contents can be read from `forward` until the next one is asked for.

    Raise tarfile.ReadError for a damaged header and for a sparse file, EOFError if the archive ends
    without an end mark.
    """
    general: dict[str, str] = {}
    records: dict[str, str] = {}
    while True:
        block = forward.read(_BLOCK)
        if not block.strip(b"\0"):
            return
        member = _parse_header(block, records)
        start = forward.position
        if member.type in {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE}:
            found = _parse_records(_read_text(forward, member.size))
            if member.type == tarfile.XGLTYPE:
                general |= found
            else:
                records |= found
        elif member.type in {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}:
            key = "path" if member.type == tarfile.GNUTYPE_LONGNAME else "linkpath"
            records[key] = _decode(_read_text(forward, member.size).partition(b"\0")[0])
        else:
            if general or records:
                member = _apply_records(member, general | records)
            if member.type == tarfile.GNUTYPE_SPARSE or any(
                key.startswith("GNU.sparse.") for key in member.records
            ):
                raise tarfile.ReadError("it has a sparse file")
            if member.size < 0:
                raise tarfile.ReadError("it has a damaged header")
            yield member
            records = {}
        size = 0 if member.type in _EMPTY else member.size
        forward.seek(start + size + -size % _BLOCK)


def _parse_header(block: bytes, records: dict[str, str]) -> Member:
    name, mode, uid, size, mtime, checksum, kind, target, magic, prefix = _HEADER.unpack(block)
    # The checksum is that of the header with spaces in its own place.
    if _parse_number(checksum) != sum(block) - sum(checksum) + 8 * 32:
        raise tarfile.ReadError("it has a damaged header")
    name = _decode(name.partition(b"\0")[0])
    if kind == tarfile.AREGTYPE and name.endswith("/"):
        kind = tarfile.DIRTYPE  # as archives before POSIX have it
    if magic.startswith(_USTAR) and (folder := _decode(prefix.partition(b"\0")[0])):
        name = f"{folder}/{name}"
    return Member(
        name,
        kind,
        _parse_number(mode),
        _parse_number(uid),
        _parse_number(size),
        _parse_number(mtime),
        _decode(target.partition(b"\0")[0]) if kind in _LINKS else "",
        records,
    )


def _parse_number(field: bytes) -> int:
    """Return an octal number, or one of GNU's in base 256. Raise tarfile.ReadError."""
    if field[0] in {0x80, 0xFF}:
        return int.from_bytes(field[1:], "big", signed=field[0] == 0xFF)
    try:
        return int(field.partition(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        raise tarfile.ReadError("it has a damaged header") from None


def _read_text(forward: ForwardStream, size: int) -> bytes:
    if not 0 <= size <= _MOST_HEADER:
        raise tarfile.ReadError("it has a damaged header")
    return forward.read(size)


def _parse_records(data: bytes) -> dict[str, str]:
    """Return pax's records, each `LENGTH KEY=VALUE` and a line feed, which a value may have too."""
    found = {}
    start = 0
    while start < len(data) and data[start]:
        length, _, _ = data[start : start + 20].partition(b" ")
        end = start + (int(length) if length.isdigit() else 0)
        key, equals, value = data[start + len(length) + 1 : end - 1].partition(b"=")
        if not equals or end > len(data) or data[end - 1 : end] != b"\n":
            raise tarfile.ReadError("it has a damaged header")
        found[_decode(key)] = _decode(value)
        start = end
    return found


def _apply_records(member: Member, records: dict[str, str]) -> Member:
    try:
        return member._replace(
            name=records.get("path", member.name),
            linkname=records.get("linkpath", member.linkname),
            size=int(records.get("size", member.size)),
            uid=int(records.get("uid", member.uid)),
            mtime=int(float(records.get("mtime", member.mtime))),
            records=records,
        )
    except (ValueError, OverflowError):
        raise tarfile.ReadError("it has a damaged header") from None


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
