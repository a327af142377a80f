"""The files of an image, as the engine's export has them. Nothing of the image is run.

An export is the tar archive of `docker export`: https://docs.docker.com/reference/cli/docker/container/export/.
"""

import errno
import hashlib
import posixpath
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import IO

from labcoat.inventory.code_paths.tree import Entry
from labcoat.inventory.regular_files import DiskFiles

_CHUNK = 1 << 20
_MOST_FILE = 1 << 33  # as regular_files: no package has a larger one
_MOST_KEPT = 1 << 28  # of all contents together
_MOST_LINKS = 40  # as Linux (path_resolution(7))
_CAPABILITY = "SCHILY.xattr.security.capability"  # the header of a file in an export
_KINDS = {
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "link",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
}


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One entry: what lstat(2) says of it, a regular file's SHA-256, the text of some.

    The kind is as in tree.Entry. A hard link has what its target has. `capability` are rights that
    a program gets beside its user's (capabilities(7)).
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


class ExportedFiles(DiskFiles):
    """All entries of an image by path without a leading slash, with the methods of DiskFiles."""

    def __init__(self, entries: Mapping[str, ExportedFile]) -> None:
        self.entries = entries

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
        if one.data is None or len(one.data) > most:
            raise OSError(errno.EFBIG, "larger than expected", path)
        return one.data

    def _regular(self, path: str) -> ExportedFile:
        one = None if "\0" in path else self.find(path)
        if one is None or one.kind != "file":
            raise OSError(errno.ENOENT, "not a regular file", path)
        return one


class ForwardStream:
    """A pipe that tarfile can read as a file, as long as it moves forward only.

    tarfile's own mode for pipes takes twice the time.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.position = 0
        self.last = b""

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than `size` at the end only."""
        self.last = self.stream.read(size)
        self.position += len(self.last)
        return self.last

    def tell(self) -> int:
        """Return how many bytes are read."""
        return self.position

    def seek(self, position: int) -> None:
        """Read up to `position`. Raise EOFError if the pipe ends before it."""
        while self.position < position:
            if not self.read(min(_CHUNK, position - self.position)):
                raise EOFError("it ends within a file")


def read_export(
    stream: IO[bytes],
    keeps: Callable[[str, int], bool],
    needs_md5: Callable[[str], bool] = lambda path: False,  # noqa: ARG005
) -> dict[str, ExportedFile]:
    """Read an export, a buffered pipe, to its end, hashing as it comes.

    The contents of files whose path and size satisfy `keeps` are kept; those that satisfy
    `needs_md5` get that digest too, which dpkg's records have. Raise tarfile.TarError,
    EOFError or OSError if the archive is damaged or ends early.
    """
    found: dict[str, ExportedFile] = {}
    kept = 0
    forward = ForwardStream(stream)
    for member in list_members(forward):
        path = posixpath.normpath(member.name).strip("/")
        if path in {"", "."}:
            continue
        if member.islnk():
            target = posixpath.normpath(member.linkname).strip("/")
            found[path] = found.get(target, ExportedFile("a link to nothing"))
            continue
        kind = _KINDS.get(member.type, "file" if member.isfile() else "a special file")
        digest, data, md5 = "", None, ""
        if kind == "file" and member.size <= _MOST_FILE:
            keep = kept + member.size <= _MOST_KEPT and keeps(path, member.size)
            second = hashlib.md5(usedforsecurity=False) if needs_md5(path) else None
            digest, data = _read_content(forward, member.size, second, keep=keep)
            md5 = second.hexdigest() if second else ""
            kept += len(data or b"")
        found[path] = ExportedFile(
            kind,
            member.mode & 0o7777,
            member.uid,
            member.size,
            int(member.mtime),
            member.linkname if kind == "link" else "",
            digest,
            data,
            md5,
            member.pax_headers.get(_CAPABILITY, ""),
        )
    return found


def list_members(forward: ForwardStream) -> Iterator[tarfile.TarInfo]:
    """Yield each member; its contents can be read from `forward` until the next one is asked for.

    Raise EOFError if the archive has no end mark: tarfile takes a damaged header for the end.
    """
    with tarfile.open(fileobj=forward, mode="r:") as archive:  # type: ignore[call-overload]
        while (member := archive.next()) is not None:
            archive.members = []  # it would keep all of them
            if member.sparse:
                raise tarfile.ReadError("it has a sparse file")
            yield member
    if forward.last != bytes(tarfile.BLOCKSIZE):
        raise EOFError("it has no end mark")


def _read_content(
    content: ForwardStream, size: int, second: "hashlib._Hash | None", *, keep: bool
) -> tuple[str, bytes | None]:
    total, rest = hashlib.sha256(), size
    parts: list[bytes] = []
    while rest:
        data = content.read(min(rest, _CHUNK))
        if not data:
            raise EOFError("it ends within a file")
        total.update(data)
        if second:
            second.update(data)
        rest -= len(data)
        if keep:
            parts.append(data)
    return total.hexdigest(), b"".join(parts) if keep else None
