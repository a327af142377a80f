"""Read members of untrusted archives.

A corrupt archive yields everything up to the first error.
"""

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

LARGEST = 64 << 20  # bytes; larger members and compressed files are not read
_COMPRESSED: dict[bytes, Callable[[IO[bytes]], object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
# All that Python's readers raise on arbitrary bytes, including their own bugs.
_CORRUPTION = (
    OSError,
    EOFError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,  # NotImplementedError is one
    struct.error,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)
Member = tuple[str, IO[bytes], int]  # name, contents, and size in bytes according to the archive


def is_archive(start: bytes) -> bool:
    """Whether a file that starts with these bytes is an archive or a compressed file."""
    return start.startswith((b"PK\x03\x04", *_COMPRESSED)) or start[257:262] == b"ustar"


class NestedArchive:
    """The bytes of an archive. `corrupt` is known after the last of its members."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.corrupt = False

    def members(self) -> Iterator[Member]:
        """Yield each readable member; read it before the next. A truncated one ends early.

        A compressed file that is not an archive is one member.
        """
        try:
            yield from self._zip_members() if self._data.startswith(b"PK") else self._tar_members()
        except _CORRUPTION:
            self.corrupt = True

    def _zip_members(self) -> Iterator[Member]:
        with zipfile.ZipFile(io.BytesIO(self._data)) as archive:
            for member in archive.infolist():
                if member.is_dir() or member.file_size > LARGEST:
                    continue
                del member.CRC  # a wrong checksum would withhold the last bytes
                try:
                    content = self._until_corruption(cast("_Reader", archive.open(member)))
                except _CORRUPTION:  # encrypted, or an unsupported compression
                    self.corrupt = True
                    continue
                yield member.filename, content, member.file_size

    def _tar_members(self) -> Iterator[Member]:
        try:
            archive = tarfile.open(fileobj=self._decompressed(), mode="r|")  # noqa: SIM115 - closed below
        except tarfile.TarError:
            if not self._data.startswith(tuple(_COMPRESSED)):
                raise
            contents = self._decompressed().read(LARGEST)
            yield "contents", io.BytesIO(contents), len(contents)
            return
        with archive:
            for member in archive:
                if (
                    content := archive.extractfile(member) if member.isreg() else None
                ) and member.size <= LARGEST:
                    yield member.name, self._until_corruption(cast("_Reader", content)), member.size

    def _decompressed(self) -> IO[bytes]:
        """Return a reader of the bytes, decompressed if they are compressed."""
        data = io.BytesIO(self._data)
        opened = next(
            (opener(data) for start, opener in _COMPRESSED.items() if self._data.startswith(start)),
            data,
        )
        return self._until_corruption(cast("_Reader", opened))

    def _until_corruption(self, file: "_Reader") -> IO[bytes]:
        """Return a reader of `file` that ends at the first error and records it."""

        def read(most: int) -> bytes:
            try:
                return file.read1(most)
            except _CORRUPTION:
                self.corrupt = True
                return b""

        return io.BufferedReader(_Raw(read))


class _Reader(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Raw(io.RawIOBase):
    """A file around a function that returns at most that many bytes, and none at the end."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        data = self._read(len(room))
        room[: len(data)] = data
        return len(data)
