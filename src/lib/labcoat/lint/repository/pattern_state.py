"""What decides which tracked files git ignores, besides those files themselves."""

import os
import zlib
from collections.abc import Iterable
from pathlib import Path

from labcoat.core import reading

_EXCLUDE = ".git/info/exclude"
_CONFIG = ".git/config"  # says whether case counts
# A working tree that shares a folder of git with others has its files elsewhere; so may settings.
_SHARED = ".git/commondir"
_ELSEWHERE = (b"include", b"worktreeconfig")


def identify_patterns(top: Path, untracked: Iterable[str]) -> str:
    """Return what is the same as long as untracked files add no pattern to a working tree's own.

    `top` is the root of the working tree, in which no tracked file has changed; `untracked` are all
    other files in its folders with tracked ones. Empty if it cannot be said.
    """
    if any(path.rpartition("/")[2].lower() == ".gitignore" for path in untracked):
        return ""
    config = reading.read_inside(top, _CONFIG)
    if (
        not config
        or os.path.lexists(top / _SHARED)
        or any(word in config.lower() for word in _ELSEWHERE)
    ):
        return ""
    exclude = reading.read_inside(top, _EXCLUDE)
    # git follows a link, which `read_inside` does not.
    if not exclude and os.path.lexists(top / _EXCLUDE) and (top / _EXCLUDE).is_symlink():
        return ""
    return f"{zlib.crc32(config):08x} {zlib.crc32(exclude):08x}"
