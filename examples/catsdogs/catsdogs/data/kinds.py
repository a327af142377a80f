"""Tell picture files from others: by the suffix, or by the first bytes if that says nothing."""

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

HEIF = frozenset({".heic", ".heif", ".hif", ".avif"})
SUFFIXES = HEIF | {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif"),
    *(".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"),
}
# Pictures and films that cannot be read, but that a class may consist of
RAW = frozenset(
    f".{kind}"
    for kind in (
        *("cr2", "cr3", "nef", "arw", "dng", "orf", "rw2", "raf", "raw", "psd", "jxl", "svg"),
        *("mov", "mp4", "avi", "mkv"),
    )
)
ARCHIVE = re.compile(
    r"(?P<stem>.+)\.(zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz))", re.IGNORECASE | re.DOTALL
)
HEAD = 16  # bytes that show what a file is
# The first bytes of pictures. TIFF and BMP count only without a suffix: cameras' raw files begin
# like TIFF, and two letters mean little.
HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
WEAK_HEADS = (b"II*\0", b"MM\0*", b"BM")
BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"})
AVIF = frozenset({b"avif", b"avis"})
# Files and folders of operating systems, storage and clouds
LITTER = frozenset(
    {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"}
    | {"Thumbs.db", "desktop.ini"}
)


def is_hidden(name: str) -> bool:
    """Return whether a part of this name marks a hidden file or folder, or an operating system's.

    The parts of `name` are separated by `/`.
    """
    return any(part.startswith(".") or part in LITTER for part in PurePosixPath(name).parts)


def sort_out(names: Iterable[str], head: Callable[[str], bytes]) -> tuple[list[str], list[str]]:
    """Sort names into those of pictures and of other files; hidden files are neither.

    `head` returns the first `HEAD` bytes of a file. It is asked where the suffix says nothing.
    """
    known: tuple[list[str], list[str]] = [], []
    for name in sorted(names):
        if not is_hidden(name):
            known[not _has_picture_name(name, head)].append(name)
    return known


def is_picture(head: bytes) -> bool:
    """Return whether a file that begins with these bytes is a picture."""
    return (
        head.startswith((*HEADS, *WEAK_HEADS))
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
        or is_heif(head)
        or is_avif(head)
    )


def archive_stem(name: str) -> str:
    """Return the name of an archive without its suffixes, or nothing if it is not an archive."""
    found = ARCHIVE.fullmatch(name)
    return found["stem"] if found else ""


def is_packed(name: str) -> bool:
    """Return whether a file of this name is an archive, whether it can be read or not."""
    return bool(archive_stem(name)) or PurePosixPath(name).suffix.lower() in {".7z", ".rar"}


def _has_picture_name(name: str, head: Callable[[str], bytes]) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in SUFFIXES:
        return True
    if suffix in RAW or suffix in {".txt", ".csv", ".json", ".xml", ".zip", ".py", ".md"}:
        return False
    first = head(name)
    return is_picture(first) and not (suffix and first.startswith(WEAK_HEADS))


def is_raw(name: str) -> bool:
    """Return whether a file of this name is a picture or film that cannot be read."""
    return PurePosixPath(name).suffix.lower() in RAW


def is_heif(data: bytes) -> bool:
    """Return whether these bytes begin as a HEIC file."""
    return data[4:8] == b"ftyp" and data[8:12] in BRANDS


def is_avif(data: bytes) -> bool:
    """Return whether these bytes begin as an AVIF file."""
    return data[4:8] == b"ftyp" and data[8:12] in AVIF
