"""Sources of pictures: a folder; a zip or tar file; or a folder of such files, for large sets."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from catsdogs.data.archives import TAR, Tar, Zip
from catsdogs.data.pictures import PictureError, is_picture
from catsdogs.errors import CatsdogsError

ARCHIVES = frozenset({".zip", TAR})


class Source(Protocol):
    """A set of named files at a `path`."""

    path: Path

    def names(self) -> list[str]:
        """Return the names of the picture files, sorted, with `/` between folders."""

    def folders(self) -> list[str]:
        """Return the names of all folders, sorted, including empty ones."""

    def read(self, name: str) -> bytes:
        """Return the bytes of one file. Raise `PictureError` if it cannot be read."""

    def signature(self) -> str:
        """Return a digest that changes when a file is added, removed or written to.

        It is cheap: no picture is read for it.
        """


def open_source(path: Path, cache: Path) -> Source:
    """Return the pictures at `path`: a folder, an archive, or a folder of archives."""
    if path.is_dir():
        folder = Folder(path)
        archives = (
            []
            if folder.names()
            else sorted(file for file in path.iterdir() if file.suffix.lower() in ARCHIVES)
        )
        return (
            Shards(path, {file.name: _open_archive(file, cache) for file in archives})
            if archives
            else folder
        )
    if path.is_file():
        return _open_archive(path, cache)
    raise CatsdogsError(
        f"no file or folder at `{path}`",
        "Set `DATA=` to a zip file, a folder with a subfolder per class, kaggle, mirror, or "
        "synthetic",
    )


def _open_archive(path: Path, cache: Path) -> Source:
    return Tar(path) if TAR in path.suffixes else Zip(path, cache)


class Folder:
    """A folder on disk. Links are followed; each folder is read once."""

    def __init__(self, root: Path) -> None:
        self.root = self.path = root
        self._files: list[str] = []
        self._folders: list[str] = []
        for folder, files in self._walk():
            self._folders.append(folder)
            self._files += [f"{folder}/{file}".lstrip("/") for file in files]
        self._files = sorted(name for name in self._files if is_picture(name))

    def _walk(self) -> Iterator[tuple[str, list[str]]]:
        seen = set()
        for path, inside, files in os.walk(self.root, followlinks=True):
            inside[:] = sorted(name for name in inside if not name.startswith("."))
            real = os.path.realpath(path)
            if real in seen:
                inside.clear()
                continue
            seen.add(real)
            relative = os.path.relpath(path, self.root).replace(os.sep, "/")
            yield ("" if relative == "." else relative), files

    def names(self) -> list[str]:
        """Return the names of the pictures below the folder."""
        return self._files

    def folders(self) -> list[str]:
        """Return the folders below this one, and itself as an empty name."""
        return sorted(self._folders)

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise PictureError(error.strerror or "cannot be read") from error

    def signature(self) -> str:
        """Return a digest of names, sizes and mtimes."""
        digest = hashlib.sha256(b"folder")
        for name in self._files:
            digest.update(os.fsencode(f"{name}\0{self._status(name)}\0"))
        digest.update(os.fsencode("\0".join(self._folders)))
        return digest.hexdigest()

    def _status(self, name: str) -> str:
        try:
            status = (self.root / name).stat()
        except OSError:  # such as a dangling link: reading it reports the reason
            return "unreadable"
        return f"{status.st_size}\0{status.st_mtime_ns}"


class Shards:
    """A folder of archives: the pictures in all of them, each under its archive's name."""

    def __init__(self, path: Path, shards: dict[str, Source]) -> None:
        self.path = path
        self._shards = shards

    def names(self) -> list[str]:
        """Return the names of the pictures, grouped by archive."""
        return [
            f"{shard}/{name}" for shard, source in self._shards.items() for name in source.names()
        ]

    def folders(self) -> list[str]:
        """Return the folders in the archives."""
        return [
            f"{shard}/{folder}"
            for shard, source in self._shards.items()
            for folder in source.folders()
        ]

    def read(self, name: str) -> bytes:
        """The bytes of one member of one archive."""
        shard, _, inside = name.partition("/")
        return self._shards[shard].read(inside)

    def signature(self) -> str:
        """Return a digest of the archives' signatures."""
        parts = [f"{shard}\0{source.signature()}" for shard, source in self._shards.items()]
        return hashlib.sha256(
            "\n".join(["shards", *parts]).encode(errors="surrogateescape")
        ).hexdigest()
