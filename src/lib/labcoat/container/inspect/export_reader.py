"""Read the archive of an export as it comes: `docker export` and `docker cp` print one."""

import hashlib
import posixpath
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import IO, NamedTuple

from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles, KeptSources
from labcoat.container.inspect.tar_stream import ForwardStream, list_members
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.system.elf import SharedObject, parse_object

_CHUNK = 1 << 20
_MOST_FILE = 1 << 33  # as regular_files: no package has a larger one
_MOST_KEPT = 1 << 28  # of all contents together
_MOST_SOURCE = 1 << 26  # as byte_code_check
_MOST_MEMORY = 1 << 23  # of a shared object
_CAPABILITY = "SCHILY.xattr.security.capability"  # the header of a file in an export
_KINDS = {
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "link",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
}
_ELF = b"\x7fELF"
_PROGRAM = lazy_pattern(r"(.*/)?s?bin/(?!python)[^/]+")


def _nothing(path: str, size: int = 0) -> bool:  # noqa: ARG001
    return False


class Wanted(Record):
    """What is read of an export's files besides their headers.

    The texts of those whose path and size satisfy `keeps`, and the MD5 digests, which dpkg's
    records have, of those that satisfy `needs_md5`. With `surveys`, Python's sources and byte
    code too, and what shared objects say of themselves. Without `hashes` there is no digest.
    """

    keeps: Callable[[str, int], bool] = _nothing
    needs_md5: Callable[[str], bool] = _nothing
    surveys: bool = False
    hashes: bool = True


def read_export(stream: IO[bytes], wanted: Wanted) -> ExportedFiles:
    """Read an export, a buffered pipe, to its end, hashing as it comes.

    Raise tarfile.TarError, EOFError or OSError if the archive is damaged or ends early.
    """
    found: dict[str, ExportedFile] = {}
    contents = _Contents(ForwardStream(stream), wanted)
    for member in list_members(contents.stream):
        path = posixpath.normpath(member.name).strip("/")
        if path in {"", "."}:
            continue
        if member.type == tarfile.LNKTYPE:
            target = posixpath.normpath(member.linkname).strip("/")
            found[path] = found.get(target, ExportedFile("a link to nothing"))
            continue
        kind = _KINDS.get(member.type, "file" if member.is_file else "a special file")
        content = _NO_CONTENT
        if kind == "file" and member.size <= _MOST_FILE:
            content = contents.read(path, member.size)
        found[path] = ExportedFile(
            kind,
            member.mode & 0o7777,
            member.uid,
            member.size,
            member.mtime,
            member.linkname if kind == "link" else "",
            content.digest,
            content.data,
            content.md5,
            member.records.get(_CAPABILITY, ""),
            content.place,
            content.object,
        )
    return ExportedFiles(found, contents.sources)


class _Content(NamedTuple):
    """What is kept of one file's contents; the names are as in ExportedFile."""

    digest: str = ""
    data: bytes | None = None
    md5: str = ""
    place: int = -1
    object: SharedObject | str | None = None


_NO_CONTENT = _Content()


class _Contents:
    """The contents of the files in an export, each read once."""

    def __init__(self, stream: ForwardStream, wanted: Wanted) -> None:
        self.stream = stream
        self.wanted = wanted
        self.sources = KeptSources() if wanted.surveys else None
        self.kept = 0

    def read(self, path: str, size: int) -> _Content:
        """Read the next `size` bytes, those of the file `path`."""
        wanted = self.wanted
        keeps = self.kept + size <= _MOST_KEPT and wanted.keeps(path, size)
        is_source = bool(self.sources and size <= _MOST_SOURCE and path.endswith((".py", ".pyc")))
        may_be_object = wanted.surveys and not _PROGRAM.fullmatch(path)
        if not (keeps or wanted.hashes or is_source or may_be_object):
            return _NO_CONTENT  # the stream is moved to the next member
        md5 = hashlib.md5(usedforsecurity=False) if wanted.needs_md5(path) else None
        if size <= _CHUNK:  # as almost all are
            whole = self.stream.read(size)
            if md5:
                md5.update(whole)
            digest = hashlib.sha256(whole).hexdigest() if wanted.hashes else ""
            is_object = may_be_object and whole.startswith(_ELF)
            found = _read_object(path, size, whole, None) if is_object else None
        else:
            may_hold = keeps or is_source
            digest, whole, found = self._read_large(path, size, may_be_object, may_hold, md5)
        place = self.sources.add(whole) if is_source and self.sources else -1
        self.kept += size if keeps else 0
        kept = whole if keeps else None
        return _Content(digest, kept, md5.hexdigest() if md5 else "", place, found)

    def _read_large(
        self, path: str, size: int, may_be_object: bool, holds: bool, md5: "hashlib._Hash | None"
    ) -> tuple[str, bytes, SharedObject | str | None]:
        """Return digest, contents if it `holds` them, and what an ELF file says of itself."""
        sha256 = hashlib.sha256() if self.wanted.hashes else None
        parts: list[bytes] = []
        with ExitStack() as closing:
            file: IO[bytes] | None = None
            is_object = False
            for position, data in enumerate(self._parts(size)):
                if position == 0 and may_be_object and data.startswith(_ELF):
                    is_object = True
                    if size > _MOST_MEMORY and not holds:
                        file = closing.enter_context(tempfile.TemporaryFile())
                    else:
                        holds = True
                for one in filter(None, (sha256, md5)):
                    one.update(data)
                if file:
                    file.write(data)
                elif holds:
                    parts.append(data)
            whole = b"".join(parts)
            found = _read_object(path, size, whole, file) if is_object else None
        return sha256.hexdigest() if sha256 else "", whole, found

    def _parts(self, size: int) -> Iterator[bytes]:
        rest = size
        while rest:
            data = self.stream.read(min(rest, _CHUNK))
            rest -= len(data)
            yield data


def _read_object(
    path: str, size: int, data: bytes, file: IO[bytes] | None
) -> SharedObject | str | None:
    """Return what an ELF file says of itself, or what is wrong with it."""

    def read(count: int, offset: int) -> bytes:
        if file is None:
            return data[offset : offset + count]
        file.seek(offset)
        return file.read(count)

    try:
        return parse_object(read, size, posixpath.basename(path), is_program=True)
    except ValueError as error:
        return str(error)
