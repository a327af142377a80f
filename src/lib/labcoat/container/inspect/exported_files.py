"""The files of an image, as the engine's export has them. Nothing of the image is run.

An export is the tar archive of `docker export`: https://docs.docker.com/reference/cli/docker/container/export/.
"""

import errno
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from labcoat.inventory.code_paths.tree import Entry
from labcoat.system.elf import SharedObject
from labcoat.system.object_files import ObjectFiles

_MOST_LINKS = 40  # as Linux (path_resolution(7))


class KeptSources:
    """Python's sources and byte code in an image, in a file without a name."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=1 << 20)  # noqa: SIM115  # as long as this lives
        self._end = 0

    def add(self, data: bytes) -> int:
        """Keep `data` and return its place."""
        place = self._end
        self._file.write(data)
        self._end += len(data)
        return place

    def read(self, place: int, size: int) -> bytes:
        """Return `size` bytes from `place` on."""
        self._file.flush()
        return os.pread(self._file.fileno(), size, place)


class ExportedFile(NamedTuple):
    """One entry: what lstat(2) says of it, a regular file's SHA-256, the text of some.

    The kind is as in tree.Entry. A hard link has what its target has. `capability` are rights that
    a program gets beside its user's (capabilities(7)). `place` is a source's in KeptSources. An ELF
    file has what it says of itself as its `object`, or what is wrong with it.
    """

    kind: str
    mode: int = 0
    owner: int = 0
    size: int = 0
    time: int = 0
    target: str = ""
    digest: str = ""
    data: bytes | None = None
    md5: str = ""
    capability: str = ""
    place: int = -1
    object: SharedObject | str | None = None


class ExportedFiles(ObjectFiles):
    """All entries of an image by path without a leading slash, with the methods of ObjectFiles."""

    def __init__(
        self, entries: Mapping[str, ExportedFile], sources: KeptSources | None = None
    ) -> None:
        self.entries = entries
        self.sources = sources

    @cached_property
    def _names(self) -> Mapping[str, list[str]]:
        """The sorted names in each directory."""
        found = defaultdict(list)
        for path in sorted(self.entries):
            folder, _, name = path.rpartition("/")
            found[folder].append(name)
        return found

    def resolve(self, path: str) -> str:
        """Return the path without links, as realpath(3); it may not exist."""
        waiting = [part for part in reversed(path.split("/")) if part]
        done: list[str] = []
        links = 0
        while waiting:
            part = waiting.pop()
            if part == "..":
                done = done[:-1]
                continue
            if part == ".":
                continue
            entry = self.entries.get("/".join([*done, part]))
            if entry is None or entry.kind != "link" or links == _MOST_LINKS:
                done.append(part)
                continue
            links += 1
            if entry.target.startswith("/"):
                done = []
            waiting += [one for one in reversed(entry.target.split("/")) if one]
        return "/".join(done)

    def find(self, path: str) -> ExportedFile | None:
        """Return the entry that `path` leads to; None if there is none."""
        return self.entries.get(self.resolve(path))

    def list_names(self, folder: str) -> list[str]:
        """Return the names in a directory. Raise OSError if there is none."""
        real = self.resolve(folder)
        if real not in self._names and (
            real not in self.entries or self.entries[real].kind != "folder"
        ):
            raise FileNotFoundError(errno.ENOENT, "no such directory", folder)
        return self._names.get(real, [])

    def list_files(self, top: str) -> list[str]:
        """Return every file below `top`; a link to a directory is one entry, and not followed."""
        found: list[str] = []
        waiting = [top.rstrip("/")]
        while waiting:
            folder = waiting.pop()
            real = self.resolve(folder)
            for name in self._names.get(real, ()):
                is_folder = self.entries[f"{real}/{name}" if real else name].kind == "folder"
                (waiting if is_folder else found).append(f"{folder}/{name}")
        return found

    def list_entries(self, top: str, enters: Callable[[str], bool]) -> Iterator[Entry]:
        """Yield all entries below `top`, as tree.list_entries does."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            for name in self._names.get(f"{top}/{folder}".rstrip("/"), ()):
                path = f"{folder}/{name}" if folder else name
                full = f"{top}/{path}"
                one = self.entries[full]
                is_empty = one.kind == "folder" and full not in self._names
                yield Entry(path, one.kind, one.mode, one.owner, one.size, one.target, is_empty)
                if one.kind == "folder" and enters(path):
                    waiting.append(path)

    def size(self, path: str) -> int:
        """Return the size in bytes of the file at `path`. Raise OSError if it is missing."""
        return self._regular(path).size

    def digest(self, path: str) -> tuple[str, int]:
        """Return the SHA-256 of a regular file in hexadecimal, and its size. Raise OSError."""
        one = self._regular(path)
        if not one.digest:
            raise OSError(errno.EFBIG, "larger than expected", path)
        return one.digest, one.size

    def read(self, path: str, most: int = 1 << 26) -> bytes:
        """Return a file whose text was kept. Raise OSError for any other."""
        one = self._regular(path)
        if one.data is not None and len(one.data) <= most:
            return one.data
        if one.size <= most and one.place >= 0 and self.sources:
            return self.sources.read(one.place, one.size)
        raise OSError(errno.EFBIG, "larger than expected", path)

    def exists(self, path: str) -> bool:
        """Return whether `path` leads to a file or a directory."""
        return self.find(path) is not None

    def real_path(self, path: str) -> str:
        """Return the absolute path without links."""
        return f"/{self.resolve(path)}"

    def read_object(self, path: str, is_program: bool = False) -> SharedObject | None:
        """Return what a shared object, or a program, said of itself.

        None if it is no ELF file. Raise ValueError if it is damaged, OSError if it is no file.
        """
        found = self._regular(path).object
        if isinstance(found, str):
            raise ValueError(found)  # noqa: TRY004  # it is what was wrong
        return found if found is None or found.is_shared or is_program else None

    def _regular(self, path: str) -> ExportedFile:
        one = None if "\0" in path else self.find(path)
        if one is None or one.kind != "file":
            raise OSError(errno.ENOENT, "not a regular file", path)
        return one
