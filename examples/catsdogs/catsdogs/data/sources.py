"""Sources of pictures: a folder; a zip or tar file; or a folder of such files, for large sets."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, Protocol

from catsdogs.data.kinds import HEAD, archive_stem, is_hidden, sort_out
from catsdogs.data.packed import open_archive
from catsdogs.data.pictures import PictureError
from catsdogs.errors import CatsdogsError


class Source(Protocol):
    """A set of named files at a `path`."""

    path: Path

    def names(self) -> list[str]:
        """Return the names of the picture files, sorted, with `/` between folders."""

    def others(self) -> list[str]:
        """Return the names of files that are no pictures, sorted; hidden files are left out."""

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
        archives = [] if folder.names() else sorted(filter(is_archive, path.iterdir()))
        return (
            Shards(path, {file.name: open_archive(file, cache) for file in archives})
            if archives
            else folder
        )
    if path.is_file():
        return open_archive(path, cache)
    raise CatsdogsError(
        f"no file or folder at `{path}`",
        "Set `DATA=` to a zip file, a folder with a subfolder per class, kaggle, mirror, or "
        "synthetic",
    )


def is_archive(path: Path) -> bool:
    """Return whether the name of a file is that of an archive."""
    return bool(archive_stem(path.name))


def _refuse(error: OSError) -> NoReturn:
    raise CatsdogsError(
        f"cannot read the folder `{error.filename}`: {error.strerror}",
        "Check its permissions, or move it elsewhere",
    ) from error


class Folder:
    """A folder on disk. Links are followed; each folder is read once."""

    def __init__(self, root: Path) -> None:
        self.root = self.path = root
        files: list[str] = []
        self._folders: list[str] = []
        for folder, inside in self._walk():
            self._folders.append(folder)
            files += [f"{folder}/{file}".lstrip("/") for file in inside]
        self._files, self._others = sort_out(files, self._head)

    def _walk(self) -> Iterator[tuple[str, list[str]]]:
        seen = set()
        for path, inside, files in os.walk(self.root, onerror=_refuse, followlinks=True):
            inside[:] = sorted(name for name in inside if self._is_followed(path, name))
            real = os.path.realpath(path)
            if real in seen:
                inside.clear()
                continue
            seen.add(real)
            relative = os.path.relpath(path, self.root).replace(os.sep, "/")
            yield ("" if relative == "." else relative), files

    def _is_followed(self, path: str, name: str) -> bool:
        """Return whether to read a folder: not a hidden one, nor a link to one that is read
        anyway.
        """
        if is_hidden(name):
            return False
        found = Path(path, name)
        if not found.is_symlink():
            return True
        root, real = self.root.resolve(), found.resolve()
        return not real.is_relative_to(root) or is_hidden(str(real.relative_to(root)))

    def _head(self, name: str) -> bytes:
        path = self.root / name
        try:
            if not path.is_file():  # reading a named pipe would wait for ever
                return b""
            with path.open("rb") as file:
                return file.read(HEAD)
        except OSError:
            return b""

    def names(self) -> list[str]:
        """Return the names of the pictures below the folder."""
        return self._files

    def others(self) -> list[str]:
        """Return the names of the other files below the folder."""
        return self._others

    def folders(self) -> list[str]:
        """Return the folders below this one, and itself as an empty name."""
        return sorted(self._folders)

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        path = self.root / name
        try:
            if path.exists() and not path.is_file():
                raise PictureError("not a file")  # reading a named pipe would wait for ever
            return path.read_bytes()
        except OSError as error:
            raise PictureError(error.strerror or "cannot be read") from error

    def signature(self) -> str:
        """Return a digest of names, sizes and mtimes."""
        digest = hashlib.sha256(b"folder")
        for name in self._files:
            digest.update(os.fsencode(f"{name}\0{self._status(name)}\0"))
        digest.update(os.fsencode("\0".join([*self._folders, "", *self._others])))
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

    def others(self) -> list[str]:
        """Return the names of the other files in the archives."""
        return [
            f"{shard}/{name}" for shard, source in self._shards.items() for name in source.others()
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
