"""Open archives by what they contain. Compressed tar files are unpacked once."""

import bz2
import gzip
import hashlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from catsdogs.data.archives import Tar, Zip
from catsdogs.data.kinds import is_picture
from catsdogs.errors import CatsdogsError
from catsdogs.support import capacity
from catsdogs.support.atomic import aside
from catsdogs.support.progress import track

CHUNK = 2**20  # bytes that are unpacked at once
HEAD = 512  # bytes: a tar file's first header
USTAR = slice(257, 262)  # where that header says what it is
COMPRESSED: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
OTHERS = {
    b"7z\xbc\xaf'\x1c": "7-Zip archive",
    b"Rar!": "RAR archive",
    b"\x28\xb5\x2f\xfd": "file compressed with Zstandard",
}


def open_archive(path: Path, cache: Path) -> Zip | Tar:
    """Return the archive at `path`. Copies of what cannot be read in place are kept in `cache`.

    Raise `CatsdogsError` if it is not an archive, or damaged.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise CatsdogsError(
            f"cannot read `{path}`: {error.strerror}",
            "Check its permissions, or set `DATA=` to another file",
        ) from error
    for magic, uncompressed in COMPRESSED.items():
        if head.startswith(magic):
            return Tar(_unpacked(path, cache, uncompressed), path)
    for magic, kind in OTHERS.items():
        if head.startswith(magic):
            raise CatsdogsError(
                f"`{path.name}` is a {kind}, which cannot be read in place",
                "Unpack it and set `DATA=` to the folder",
            )
    name = path.name.lower()
    if head[USTAR] == b"ustar" or name.endswith(".tar"):
        return Tar(path)
    if head.startswith(b"PK") or name.endswith(".zip"):
        return Zip(path, cache)
    if head and is_picture(head):
        raise CatsdogsError(
            f"`{path.name}` is a single picture", "Set `DATA=` to a folder with one per class"
        )
    raise CatsdogsError(
        f"`{path.name}` is not a folder, a zip file or a tar file",
        "Set `DATA=` to one of these, with the pictures in a folder per class",
    )


def _unpacked(path: Path, cache: Path, uncompressed: Callable[[IO[bytes]], Any]) -> Path:
    """Return the tar file in a compressed one. It is kept until the compressed one changes."""
    status = path.stat()
    identity = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
    digest = hashlib.sha256(identity.encode(errors="surrogateescape")).hexdigest()[:16]
    copy = cache / "archives" / f"{digest}.tar"
    if not copy.is_file():
        try:
            with aside(copy) as room, room.open("wb") as target:
                target.writelines(
                    track(_pieces(path, uncompressed), status.st_size, "Unpacking", "B")
                )
        except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
            if isinstance(error, OSError) and capacity.is_full(error):
                raise
            raise CatsdogsError(
                f"`{path.name}` is damaged or incomplete",
                "Download it again, and compare its size with the original's",
            ) from error
    return copy


def _pieces(path: Path, uncompressed: Callable[[IO[bytes]], Any]) -> Iterator[tuple[bytes, int]]:
    """Yield pieces of a file, each with how many compressed bytes it took."""
    with path.open("rb") as file, uncompressed(file) as unpacked:
        before = 0
        while piece := unpacked.read(CHUNK):
            yield piece, file.tell() - before
            before = file.tell()
