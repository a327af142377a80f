"""What is in an archive that nobody vouches for, as far as it can be read: a damaged one ends where the damage begins."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Protocol, cast

LARGEST = 64 << 20  # bytes of a member, or of a compressed file, that are looked into
_COMPRESSED: dict[bytes, Callable[[IO[bytes]], object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
# What Python's readers raise on bytes that somebody made up: also errors of their own, which they mean to be none.
_DAMAGE = (
    *(
        OSError,
        EOFError,
        ValueError,
        ArithmeticError,
        LookupError,
        RuntimeError,
    ),  # NotImplementedError is a RuntimeError
    *(struct.error, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)
Member = tuple[str, IO[bytes], int]  # name, contents, and how many bytes these are said to be


def is_archive(start: bytes) -> bool:
    """Whether a file that begins with these bytes is an archive, or one compressed file."""
    return start.startswith((b"PK\x03\x04", *_COMPRESSED)) or start[257:262] == b"ustar"


class NestedArchive:
    """An archive's members, in their order; each has to be read before the next. `damaged` is known after the last."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.damaged = False

    def members(self) -> Iterator[Member]:
        """What can be read: a cut member up to the cut, and what is compressed and no archive as one member."""
        try:
            yield from self._zipped() if self._data.startswith(b"PK") else self._tarred()
        except _DAMAGE:
            self.damaged = True

    def _zipped(self) -> Iterator[Member]:
        with zipfile.ZipFile(io.BytesIO(self._data)) as archive:
            for member in archive.infolist():
                if member.is_dir() or member.file_size > LARGEST:
                    continue
                del member.CRC  # else a wrong checksum withholds the last bytes, which may be all
                try:
                    content = self._until_damage(cast("_Reader", archive.open(member)))
                except _DAMAGE:  # encrypted, or in a compression that Python does not know
                    self.damaged = True
                    continue
                yield member.filename, content, member.file_size

    def _tarred(self) -> Iterator[Member]:
        try:
            archive = tarfile.open(fileobj=self._plain(), mode="r|")  # noqa: SIM115 - closed below
        except tarfile.TarError:
            if not self._data.startswith(tuple(_COMPRESSED)):
                raise
            contents = self._plain().read(LARGEST)
            yield "contents", io.BytesIO(contents), len(contents)
            return
        with archive:
            for member in archive:
                if (
                    content := archive.extractfile(member) if member.isreg() else None
                ) and member.size <= LARGEST:
                    yield member.name, self._until_damage(cast("_Reader", content)), member.size

    def _plain(self) -> IO[bytes]:
        """The bytes, decompressed where they are compressed."""
        data = io.BytesIO(self._data)
        opened = next(
            (opener(data) for start, opener in _COMPRESSED.items() if self._data.startswith(start)),
            data,
        )
        return self._until_damage(cast("_Reader", opened))

    def _until_damage(self, file: "_Reader") -> IO[bytes]:
        def read(most: int) -> bytes:
            try:
                return file.read1(most)
            except _DAMAGE:
                self.damaged = True
                return b""

        return io.BufferedReader(_Raw(read))


class _Reader(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Raw(io.RawIOBase):
    """A file out of a function that gives at most so many bytes, and none at the end."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        data = self._read(len(room))
        room[: len(data)] = data
        return len(data)
