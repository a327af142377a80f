"""The cache directory, and whether byte code may be kept in it.

Byte code in a directory that others can write is theirs: Python runs it without reading the source.
This module is compiled at each start, before labcoat knows where byte code may be.
"""

import os
import pwd
import stat
from collections.abc import Mapping
from pathlib import Path

from labcoat.core.errors import LabcoatError


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the cache directory, one per user: LABCOAT_CACHE, else the XDG base directory.

    A relative XDG_CACHE_HOME is ignored, as the standard says. Raise LabcoatError if the directory
    depends on a home directory that does not exist.
    """
    chosen = environ.get("LABCOAT_CACHE", "")
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        base = environ.get("XDG_CACHE_HOME", "")
        home = environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
        folder = Path(base) if base.startswith("/") else Path(home, ".cache")
        return folder.absolute() / "labcoat"
    except (RuntimeError, KeyError):
        what = (
            f"invalid LABCOAT_CACHE `{chosen}`: no such home directory"
            if chosen
            else "no home directory, so no place for the cache"
        )
        raise LabcoatError(what, "Set LABCOAT_CACHE to an absolute path") from None


def byte_code_folder() -> str | None:
    """Return the directory for labcoat's byte code, created if missing; None if there is none."""
    try:
        folder = cache_folder() / "bytecode"
        folder.mkdir(0o700, parents=True, exist_ok=True)
        folder = folder.resolve()
        return str(folder) if _is_private(folder) else None
    except (OSError, LabcoatError):
        return None


def _is_private(folder: Path) -> bool:
    """Whether only root and this user can write in `folder`, or replace it or one above it."""
    below: os.stat_result | None = None
    for each in (folder, *folder.parents):
        found = each.stat()
        if found.st_uid not in {0, os.geteuid()}:
            return False
        # Many systems give each user a group of their own, with the same number.
        others = stat.S_IWOTH if found.st_gid == found.st_uid else stat.S_IWOTH | stat.S_IWGRP
        # Where the sticky bit is set, only the owner of an entry can replace it.
        if found.st_mode & others and not (below and found.st_mode & stat.S_ISVTX):
            return False
        below = found
    return True
