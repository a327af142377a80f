"""List the entries below a directory. Nothing is opened, and no link is followed."""

import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Entry(NamedTuple):
    """One entry: its path from the top, its kind, and what lstat(2) says of it.

    The kind is file, folder, link, or the name of any other kind; `unreadable` is a
    directory that cannot be listed. `target` is what a link contains. A folder
    that is not entered may be empty.
    """

    path: str
    kind: str
    mode: int = 0
    owner: int = 0
    size: int = 0
    target: str = ""
    is_empty: bool = False


def read_entry(top: str, path: str) -> Entry | None:
    """Return the entry at `path` below `top`; None if there is none."""
    full = os.path.join(top, path) if path else top
    try:
        found = os.lstat(full)
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "a special file")
        target = os.readlink(full) if kind == "link" else ""
    except (OSError, ValueError):
        return None
    return Entry(path, kind, found.st_mode, found.st_uid, found.st_size, target)


def list_entries(top: str, enters: Callable[[str], bool]) -> Iterator[Entry]:
    """Yield all entries below `top`; of a directory's only if `enters` holds for its path.

    A directory that is not entered is one entry, however much it holds.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            names = sorted(os.listdir(os.path.join(top, folder)))
        except OSError:
            yield Entry(folder, "unreadable")
            continue
        for name in names:
            path = f"{folder}/{name}" if folder else name
            entry = read_entry(top, path)
            if entry is None:
                continue  # removed since it was listed
            if entry.kind != "folder":
                yield entry
            elif enters(path):
                yield entry
                waiting.append(path)
            else:
                yield entry._replace(is_empty=_is_empty(os.path.join(top, path)))


def _is_empty(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False
