"""Read zip and tar files in place.

No member is unpacked under its own name, so no archive can write where it should not. A zip file
inside the zip file, as in Kaggle's downloads, is copied into the cache once, because reading it in
place would decompress all of it again for every picture.
"""

import contextlib
import hashlib
import lzma
import os
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from catsdogs.data.kinds import HEAD, is_hidden, sort_out
from catsdogs.data.pictures import PictureError
from catsdogs.errors import CatsdogsError
from catsdogs.support.atomic import aside

LARGEST = 512 * 2**20  # bytes of one picture's file; a zip file's listing can claim any number
TAR_END = bytes(1024)
UTF_8 = 0x800  # the flag of a member whose name is in UTF-8; other names are in code page 437
CHUNK = 2**20  # bytes that are unpacked at once
# What zipfile and the decompressors raise for a zip file that is damaged or of an unknown kind.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    NotImplementedError,
)
# Levels of nested zip files: Kaggle's download, zipped once more. Some zip files contain
# themselves.
DEEPEST = 3


class Zip:
    """A zip file, and the zip files inside it."""

    def __init__(self, path: Path, cache: Path) -> None:
        self.path = path
        self._cache = cache / "archives"
        self._outer = _open_zip(path, f"`{path.name}`")
        self._lock = threading.Lock()
        self._members: dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]] | None = None
        self._inside: set[str] = set()  # the names of inner zip files, as folders

    def names(self) -> list[str]:
        """The pictures in this and the inner zip files."""
        return self._sorted[0]

    def others(self) -> list[str]:
        """Return the names of files that are no pictures, other than inner zip files."""
        return [name for name in self._sorted[1] if f"{name}/" not in self._inside]

    @cached_property
    def _sorted(self) -> tuple[list[str], list[str]]:
        return sort_out((name for name in self._all() if not name.endswith("/")), self._head)

    def _head(self, name: str) -> bytes:
        archive, info = self._all()[name]
        try:
            with self._lock:
                return next(self._unpacked(archive, info, HEAD), b"")
        except PictureError:
            return b""

    def folders(self) -> list[str]:
        """Return the folders that the listing names, or that are part of a member's name."""
        found = {str(PurePosixPath(name).parent) for name in self._all() if "/" in name}
        found |= {name.rstrip("/") for name in self._all() if name.endswith("/")}
        return sorted(folder for folder in found if not is_hidden(folder))

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        archive, info = self._all()[name]
        if info.file_size > LARGEST:
            raise PictureError("too large: more than 512 MiB")
        with self._lock:
            return b"".join(self._unpacked(archive, info))

    def signature(self) -> str:
        """Return a digest of the listing, which has each member's checksum, and the mtime."""
        status = self.path.stat()
        digest = hashlib.sha256(f"zip\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
        for info in self._outer.infolist():
            digest.update(
                f"{info.filename}\0{info.CRC}\0{info.file_size}\0".encode(errors="surrogateescape")
            )
        return digest.hexdigest()

    def _all(self) -> dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]]:
        """Return every member by its name; an inner zip file's name precedes its members'."""
        with self._lock:  # several threads read pictures; the first one builds the listing
            if self._members is None:
                self._members = dict(self._listing(self._outer, "", DEEPEST))
            return self._members

    def _listing(
        self, archive: zipfile.ZipFile, above: str, depth: int
    ) -> Iterator[tuple[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]]]:
        """Yield the members of `archive` and of the zip files in it, names prefixed by `above`."""
        for info in archive.infolist():
            name = above + _name(info)
            yield name, (archive, info)
            if depth > 1 and name.lower().endswith(".zip") and not is_hidden(name):
                self._inside.add(f"{name}/")
                yield from self._listing(self._inner(archive, info), f"{name}/", depth - 1)

    def _inner(self, outer: zipfile.ZipFile, info: zipfile.ZipInfo) -> zipfile.ZipFile:
        """Return the zip file that is `info` in `outer`, copied into the cache once."""
        called = f"`{info.filename}` in `{self.path.name}`"
        copy = self._cache / f"{info.CRC:08x}-{info.file_size}-{PurePosixPath(info.filename).name}"
        if not (copy.is_file() and copy.stat().st_size == info.file_size):
            try:
                with aside(copy) as room, room.open("wb") as unpacked:
                    unpacked.writelines(self._unpacked(outer, info))
            except PictureError as error:
                raise _not_whole(called) from error
        return _open_zip(copy, called)

    def _unpacked(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, chunk: int = CHUNK
    ) -> Iterator[bytes]:
        """Yield the bytes of one member in pieces.

        Raise `PictureError` if it is damaged, and `CatsdogsError` if it is encrypted.
        """
        try:
            with archive.open(info) as packed:
                while piece := packed.read(chunk):
                    yield piece
        except DAMAGE as error:
            raise PictureError(f"damaged in the zip file: {error}") from error
        except RuntimeError as error:  # what zipfile raises for a password
            raise _locked(self.path) from error


class Tar:
    """An uncompressed tar file, whose pictures can be read in place."""

    def __init__(self, path: Path, named: Path | None = None) -> None:
        """Open the tar file at `path`. The user knows it as `named`, if that is another file."""
        self.path = named or path
        self._members: dict[str, tuple[int, int]] = {}  # offset and length in bytes
        self._folders: set[str] = set()
        try:
            with tarfile.open(path, "r:") as archive:
                for info in archive:
                    self._note(info)
            self._file = path.open("rb")
        # ValueError and OverflowError come from sizes larger than any file.
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            raise self._not_whole() from error
        except OSError as error:
            raise _unreadable(path, error) from error
        if (
            os.pread(self._file.fileno(), len(TAR_END), path.stat().st_size - len(TAR_END))
            != TAR_END
        ):
            raise self._not_whole()  # tarfile ignores a missing end

    def _not_whole(self) -> CatsdogsError:
        return CatsdogsError(
            f"`{self.path.name}` is not a complete tar file",
            "Download it again, and compare its size with the original's",
        )

    def _note(self, info: tarfile.TarInfo) -> None:
        # A negative size would make the next member precede this one, for ever: CVE-2025-8194.
        if info.size < 0:
            raise self._not_whole()
        name = info.name.removeprefix("./")
        _refuse_climbing(name, f"`{self.path.name}`")
        if info.isreg():
            self._members[name] = (info.offset_data, info.size)
            self._folders.add(str(PurePosixPath(name).parent))
        elif info.isdir():
            self._folders.add(name)

    def names(self) -> list[str]:
        """Return the names of the pictures."""
        return self._sorted[0]

    def others(self) -> list[str]:
        """Return the names of files that are no pictures."""
        return self._sorted[1]

    @cached_property
    def _sorted(self) -> tuple[list[str], list[str]]:
        return sort_out(self._members, self._head)

    def _head(self, name: str) -> bytes:
        start, length = self._members[name]
        return os.pread(self._file.fileno(), min(length, HEAD), start)

    def folders(self) -> list[str]:
        """Return the folders that are members, or that are part of a member's name."""
        return sorted(folder for folder in self._folders - {"."} if not is_hidden(folder))

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        start, length = self._members[name]
        if length > LARGEST:
            raise PictureError("too large: more than 512 MiB")
        data = os.pread(self._file.fileno(), length, start)
        if len(data) < length:
            raise PictureError("truncated in the tar file")
        return data

    def signature(self) -> str:
        """Return a digest of the listing and the mtime."""
        status = self.path.stat()
        digest = hashlib.sha256(f"tar\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
        for name, (start, length) in self._members.items():
            digest.update(f"{name}\0{start}\0{length}\0".encode(errors="surrogateescape"))
        return digest.hexdigest()


def _open_zip(path: Path, called: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    except DAMAGE as error:
        raise _not_whole(called) from error
    for info in archive.infolist():
        _refuse_climbing(info.filename, called)
    return archive


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name with `/` between folders, and a `/` at the end of a folder's.

    Some programs on Windows write backslashes. macOS writes UTF-8 without saying so.
    """
    name = info.filename
    if not info.flag_bits & UTF_8 and not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _unreadable(path: Path, error: OSError) -> CatsdogsError:
    return CatsdogsError(
        f"cannot read `{path}`: {error.strerror}",
        "Check its permissions, or set `DATA=` to another file",
    )


def _locked(path: Path) -> CatsdogsError:
    return CatsdogsError(
        f"`{path}` is protected with a password", "Unpack it and set `DATA=` to the folder"
    )


def _not_whole(called: str) -> CatsdogsError:
    return CatsdogsError(
        f"{called} is not a complete zip file",
        "Download it again, and compare its size with the original's",
    )


def _refuse_climbing(name: str, called: str) -> None:
    """Refuse a name that would be unpacked outside of its folder: only hostile zip files have one.

    `called` names the archive in the message.
    """
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        raise CatsdogsError(
            f"{called} contains a file whose name leads outside: {name!r}",
            "Do not unpack it. Get the data from a source that you trust",
        )
