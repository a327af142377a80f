"""Which tracked files differ from git's index: by their dates and sizes, so that no filter runs.

`git status` and `git diff` compare contents, for which they run the filters that a repository's
settings name.
"""

import os
import stat
from pathlib import Path

from labcoat.core.patterns import lazy_pattern

_RECORD = lazy_pattern(
    rb"([^\0]++)\0  ctime: \d+:\d+\n  mtime: (\d+):(\d+)\n  dev: \d+\tino: \d+\n"
    rb"  uid: \d+\tgid: \d+\n  size: (\d+)\tflags: ([0-9a-f]+)\n"
)
_ASSUMED = 0x8000 | 1 << 30  # assume-unchanged, skip-worktree


def find_changed(root: Path, listed: bytes, index: Path) -> set[str]:
    """Return the tracked paths whose file may differ from the index, with those that are deleted.

    `listed` is what `git ls-files -z --debug` prints in `root`, `index` git's index file.
    """
    try:
        written = index.stat().st_mtime_ns
    except OSError:
        written = 0
    changed: set[str] = set()
    top = f"{root}/"
    for path, seconds, nanoseconds, size, flags in _parse_records(listed):
        try:
            found = os.lstat(top + path)
        except OSError:
            changed.add(path)
            continue
        if stat.S_ISDIR(found.st_mode):
            continue  # a submodule
        recorded = seconds * 10**9 + nanoseconds
        if (
            found.st_mtime_ns != recorded
            or recorded >= written
            or found.st_size != size
            or flags & _ASSUMED
        ):
            changed.add(path)
    return changed


def _parse_records(listed: bytes) -> list[tuple[str, int, int, int, int]]:
    """Return path, seconds, nanoseconds, size and flags of each record."""
    return [
        (os.fsdecode(path), int(seconds), int(nanoseconds), int(size), int(flags, 16))
        for path, seconds, nanoseconds, size, flags in _RECORD.findall(listed)
    ]
