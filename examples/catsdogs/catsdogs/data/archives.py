"""Zip and tar files that are read where they lie.

No member is unpacked under its own name, so no archive can write where it should not. A zip inside
the zip, as in Kaggle's downloads, is copied out once, into the cache, because reading it in place
would mean decompressing all of it again for every picture.
"""

import hashlib
import lzma
import os
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from catsdogs.data.pictures import Broken, is_hidden, is_picture
from catsdogs.errors import Failure
from catsdogs.support.atomic import aside

LARGEST = 512 * 2**20  # bytes of one picture's file; a zip's listing can promise any number
TAR = ".tar"
TAR_END = bytes(1024)
CHUNK = 2**20  # bytes that are unpacked at once
# What zipfile and the decompressors raise where a zip file is damaged, or of a kind that they do
# not know.
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
# Zip files in one another: Kaggle's download, zipped once more; there are some that hold themselves
DEEPEST = 3


class Zip:
    """A zip file, and the zip files inside it."""

    def __init__(self, path: Path, cache: Path) -> None:
        self.path = path
        self._cache = cache / "archives"
        self._outer = _open_zip(path, path.name)
        self._lock = threading.Lock()
        self._members: dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]] | None = None

    def names(self) -> list[str]:
        """The pictures in this and the inner zip files."""
        return sorted(
            name
            for name, (_, info) in self._all().items()
            if is_picture(name) and not info.is_dir()
        )

    def folders(self) -> list[str]:
        """The folders, named in the listing or only by what is in them."""
        found = {str(PurePosixPath(name).parent) for name in self._all() if "/" in name}
        found |= {name.rstrip("/") for name, (_, info) in self._all().items() if info.is_dir()}
        return sorted(found)

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        archive, info = self._all()[name]
        if info.file_size > LARGEST:
            raise Broken("too large: more than 512 MiB")
        with self._lock:
            return b"".join(self._unpacked(archive, info))

    def signature(self) -> str:
        """From the listing, which has a checksum of every member, and the time of writing."""
        status = self.path.stat()
        digest = hashlib.sha256(f"zip\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
        for info in self._outer.infolist():
            digest.update(
                f"{info.filename}\0{info.CRC}\0{info.file_size}\0".encode(errors="surrogateescape")
            )
        return digest.hexdigest()

    def _all(self) -> dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]]:
        """Every member by its name; those of a zip inside by that zip's name and theirs."""
        with (
            self._lock
        ):  # pictures are read by several threads, and the first one to ask has the listing made
            if self._members is None:
                self._members = dict(self._listing(self._outer, "", DEEPEST))
            return self._members

    def _listing(
        self, archive: zipfile.ZipFile, above: str, depth: int
    ) -> Iterator[tuple[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]]]:
        """The members of `archive`, and of the zip files in it, with `above` before their names."""
        for info in archive.infolist():
            name = above + info.filename
            yield name, (archive, info)
            if depth > 1 and name.lower().endswith(".zip") and not is_hidden(name):
                yield from self._listing(self._inner(archive, info), f"{name}/", depth - 1)

    def _inner(self, outer: zipfile.ZipFile, info: zipfile.ZipInfo) -> zipfile.ZipFile:
        """The zip file that `outer` holds as `info`, copied into the cache unless it is there."""
        copy = self._cache / f"{info.CRC:08x}-{info.file_size}-{PurePosixPath(info.filename).name}"
        if not (copy.is_file() and copy.stat().st_size == info.file_size):
            try:
                with aside(copy) as room, room.open("wb") as unpacked:
                    unpacked.writelines(self._unpacked(outer, info))
            except Broken as error:
                raise _not_whole(f"{info.filename} in {self.path.name}") from error
        return _open_zip(copy, f"{info.filename} in {self.path.name}")

    def _unpacked(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """The bytes of one member, a piece at a time. Raises `Broken`, and `Failure` where it is
        locked.
        """
        try:
            with archive.open(info) as packed:
                while piece := packed.read(CHUNK):
                    yield piece
        except DAMAGE as error:
            raise Broken(f"damaged in the zip file: {error}") from error
        except RuntimeError as error:  # what zipfile raises for a password
            raise _locked(self.path) from error


class Tar:
    """A tar file that is not compressed, so that each picture can be read where it lies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._members: dict[str, tuple[int, int]] = {}  # where each begins, and its bytes
        self._folders: set[str] = set()
        try:
            with tarfile.open(path, "r:") as archive:
                for info in archive:
                    self._note(info)
            self._file = path.open("rb")
        except (
            tarfile.TarError,
            EOFError,
            ValueError,
            OverflowError,
        ) as error:  # the last two from sizes beyond any file
            raise self._not_whole() from error
        except OSError as error:
            raise Failure(
                f"{path} cannot be read: {error.strerror}.", "Give DATA= a file that you may read."
            ) from error
        if (
            os.pread(self._file.fileno(), len(TAR_END), path.stat().st_size - len(TAR_END))
            != TAR_END
        ):
            raise self._not_whole()  # tarfile passes over a missing end

    def _not_whole(self) -> Failure:
        return Failure(
            f"{self.path.name} is not a whole tar file, or is compressed.",
            "Get it again, or uncompress it: pictures hardly shrink, and could not be read one "
            "by one.",
        )

    def _note(self, info: tarfile.TarInfo) -> None:
        if (
            info.size < 0
        ):  # what comes next would lie before it, and the file would have no end: CVE-2025-8194
            raise self._not_whole()
        name = info.name.removeprefix("./")
        _refuse_climbing(name, self.path.name)
        if info.isreg():
            self._members[name] = (info.offset_data, info.size)
            self._folders.add(str(PurePosixPath(name).parent))
        elif info.isdir():
            self._folders.add(name)

    def names(self) -> list[str]:
        """The pictures in it."""
        return sorted(name for name in self._members if is_picture(name))

    def folders(self) -> list[str]:
        """The folders, named in it or only by what is in them."""
        return sorted(self._folders - {"."})

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        start, length = self._members[name]
        if length > LARGEST:
            raise Broken("too large: more than 512 MiB")
        data = os.pread(self._file.fileno(), length, start)
        if len(data) < length:
            raise Broken("cut short in the tar file")
        return data

    def signature(self) -> str:
        """From the listing and the time of writing."""
        status = self.path.stat()
        digest = hashlib.sha256(f"tar\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
        for name, (start, length) in self._members.items():
            digest.update(f"{name}\0{start}\0{length}\0".encode(errors="surrogateescape"))
        return digest.hexdigest()


def _open_zip(path: Path, called: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise Failure(
            f"{path} cannot be read: {error.strerror}.", "Give DATA= a file that you may read."
        ) from error
    except DAMAGE as error:
        raise _not_whole(called) from error
    for info in archive.infolist():
        _refuse_climbing(info.filename, called)
    return archive


def _locked(path: Path) -> Failure:
    return Failure(f"{path} is locked with a password.", "Unpack it, and give DATA= the folder.")


def _not_whole(called: str) -> Failure:
    return Failure(
        f"{called} is not a whole zip file.",
        "Download it again, and compare its size with the source's.",
    )


def _refuse_climbing(name: str, called: str) -> None:
    """Refuse a name that would lead out of the folder it is unpacked in: an honest zip has none."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        raise Failure(
            f"{called} holds a file whose name leads out of it: {name!r}.",
            "Do not unpack it. Get the data from a source that you trust.",
        )
