"""What git's index says of each tracked file, and which files differ from it.

By their dates, sizes and bytes, so that no filter runs: `git status` and `git diff` run those that
a repository's settings name before they compare contents.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern

LIST_INDEX = ("ls-files", "-s", "-z", "--debug")
_RECORD = lazy_pattern(
    rb"(\d{6}) ([0-9a-f]+) \d\t([^\0]++)\0  ctime: \d+:\d+\n  mtime: (\d+):(\d+)\n"
    rb"  dev: \d+\tino: \d+\n  uid: \d+\tgid: \d+\n  size: (\d+)\tflags: ([0-9a-f]+)\n"
)
_SUBMODULE = b"160000"
_SHA1_DIGITS = 40
_FILE = b"100"  # how the modes of files begin
_MOST_HASHED = 1 << 24  # bytes of a file; of larger ones only a part is searched
_MOST_HASHED_OF_ALL = 1 << 29
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

    `records` are of the index, a file, and paths are below `root`. In a folder that was copied all
    dates differ, until git looks at it: the contents of the files say more.
    """
    try:
        written = index.stat().st_mtime_ns
    except OSError:
        written = 0
    changed: set[bytes] = set()
    top = os.fsencode(f"{root}/")
    left = _MOST_HASHED_OF_ALL
    for mode, blob, path, seconds, nanoseconds, size, flags in records:
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
            # git has not looked at a file of which it has recorded no date.
            hashed = (
                mode.startswith(_FILE)
                and stat.S_ISREG(found.st_mode)
                and (not recorded or found.st_size == int(size))
                and found.st_size <= min(_MOST_HASHED, left)
            )
            left -= hashed * found.st_size
            if not (hashed and _has_content(top + path, blob)):
                changed.add(path)
    return set(map(os.fsdecode, changed))


def _has_content(path: bytes, blob: bytes) -> bool:
    """Whether a regular file has the content with the id `blob`, of SHA-1 or SHA-256.

    https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    """
    import hashlib  # loads OpenSSL, see `files`

    data = reading.read_regular(os.fsdecode(path), _MOST_HASHED)
    kind = "sha1" if len(blob) == _SHA1_DIGITS else "sha256"
    found = hashlib.new(kind, b"blob %d\0" % len(data), usedforsecurity=False)
    found.update(data)
    return found.hexdigest().encode() == blob
