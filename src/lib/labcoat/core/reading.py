"""Files of a folder that nobody vouches for: read without leaving it, and without waiting for what is no file."""

import errno
import os
import stat
from pathlib import Path

_MOST = 1 << 20  # bytes of an ignore file, a Dockerfile, a lock that are looked at
WHOLE = 1 << 26  # bytes of what is read whole, as a builder does


def read_inside(root: Path, path: str, most: int = _MOST) -> bytes:
    """The first `most` bytes of the regular file `path` below `root`, reached through no symlink; nothing for all else."""
    folder = root
    for part in path.split("/")[:-1]:
        folder = folder / part
        if folder.is_symlink():
            return b""
    try:
        return _regular(root / path, os.O_NOFOLLOW, most)
    except (OSError, ValueError):
        return b""


def path_exists(path: Path) -> bool:
    """Whether there is something at `path`, symlinks followed; at a name that no file can have there is not."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists() raises for a name that is too long


def read_for_build(boundary: Path, path: Path) -> bytes:
    """The bytes of the regular file `path`; below `boundary`, no symlink is followed that leads out of it.

    Raises OSError.
    """
    below = Path(os.path.abspath(path)).is_relative_to(os.path.abspath(boundary))  # noqa: PTH100 - links stay as they are
    try:
        leads_out = below and not path.resolve().is_relative_to(boundary.resolve())
    except (RuntimeError, ValueError) as error:  # a symlink that leads to itself, a NUL in the name
        raise OSError(errno.ELOOP, "it leads nowhere", str(path)) from error
    if leads_out:
        raise OSError(errno.ELOOP, "it leads out of the folder", str(path))
    return _regular(path, 0, WHOLE)


def _regular(path: Path, flags: int, most: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags)  # a pipe would be waited for
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # a submodule is a folder in the index
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file", str(path))
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        return file.read(most)
