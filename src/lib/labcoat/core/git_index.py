"""What git's index says of each tracked file, and which files differ from it.

By their dates and sizes, so that no filter runs: `git status` and `git diff` compare contents, for
which they run the filters that a repository's settings name.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern

LIST_INDEX = ("ls-files", "-s", "-z", "--debug")
_RECORD = lazy_pattern(
    rb"(\d{6}) ([0-9a-f]+) \d\t([^\0]++)\0  ctime: \d+:\d+\n  mtime: (\d+):(\d+)\n"
    rb"  dev: \d+\tino: \d+\n  uid: \d+\tgid: \d+\n  size: (\d+)\tflags: ([0-9a-f]+)\n"
)
_SUBMODULE = b"160000"
_ASSUMED = 0x8000 | 1 << 30  # assume-unchanged, skip-worktree


class IndexRecord(NamedTuple):
    """One record, as git prints it: `mode` and `flags` in octal and hexadecimal digits.

    `id` is that of the content, `size` the bytes of the file when git last looked at it.
    """

    mode: bytes
    id: bytes
    path: bytes
    seconds: bytes
    nanoseconds: bytes
    size: bytes
    flags: bytes


def parse_records(listed: bytes) -> list[IndexRecord]:
    """Return the records in what `git` prints for LIST_INDEX; a path has several in a conflict.

    Raise LabcoatError if one has another form, which git may change: files that are passed over
    would count as searched.
    """
    found = list(map(IndexRecord._make, _RECORD.findall(listed)))
    if len(found) != listed.count(b"\0"):
        raise LabcoatError(
            "git lists its index in a form that labcoat does not know",
            "Use another version of git, and report what `git --version` prints",
            status=2,
        )
    return found


def find_changed(root: Path, records: Iterable[IndexRecord], index: Path) -> set[str]:
    """Return the tracked paths whose file may differ from the index, with those that are deleted.

    `records` are of the index, a file, and paths are below `root`.
    """
    try:
        written = index.stat().st_mtime_ns
    except OSError:
        written = 0
    changed: set[bytes] = set()
    top = os.fsencode(f"{root}/")
    for mode, _, path, seconds, nanoseconds, size, flags in records:
        try:
            found = os.lstat(top + path)
        except OSError:
            changed.add(path)
            continue
        if mode == _SUBMODULE and stat.S_ISDIR(found.st_mode):
            continue
        recorded = int(seconds) * 10**9 + int(nanoseconds)
        if (
            found.st_mtime_ns != recorded
            or recorded >= written
            or found.st_size != int(size)
            or (flags != b"0" and int(flags, 16) & _ASSUMED)
        ):
            changed.add(path)
    return set(map(os.fsdecode, changed))
