"""Read files of a repository that may be hostile: stay inside it, and never block on a pipe."""

import errno
import os
import stat
from pathlib import Path

_MOST = 1 << 20  # bytes read of an ignore file, a Dockerfile, a lock
WHOLE = 1 << 26  # bytes read of files that a builder reads completely


def read_inside(root: Path, path: str, most: int = _MOST) -> bytes:
    """Return the first `most` bytes of the regular file `path` below `root`.

    Return nothing for anything else, and for what is reached through a symlink.
    """
    whole = str(root / path)
    end = len(whole) - len(path)
    while (end := whole.find("/", end + 1)) > 0:
        if os.path.islink(whole[:end]):  # noqa: PTH114 - a path for each folder takes long
            return b""
    return read_regular(whole, most)


def read_regular(path: Path | str, most: int = _MOST, *, follow: bool = False) -> bytes:
    """Return the first `most` bytes of the regular file `path`; nothing for anything else.

    A symlink counts as the file that it leads to only with `follow`.
    """
    try:
        return _regular(path, 0 if follow else os.O_NOFOLLOW, most)
    except (OSError, ValueError):
        return b""


def path_exists(path: Path) -> bool:
    """Whether `path` exists, symlinks followed; False for a name that no file can have."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists() raises for a name that is too long


def is_regular(path: Path) -> bool:
    """Whether `path` itself is a regular file."""
    return path.is_file() and not path.is_symlink()


def read_for_build(boundary: Path, path: Path) -> bytes:
    """Return the bytes of the regular file `path`, as a Docker build reads it.

    A symlink below `boundary` that leads out of it is not followed. Raise OSError.
    """
    below = Path(os.path.abspath(path)).is_relative_to(os.path.abspath(boundary))  # noqa: PTH100 - links stay as they are
    try:
        leads_out = below and not path.resolve().is_relative_to(boundary.resolve())
    except (RuntimeError, ValueError) as error:  # a symlink that leads to itself, a NUL in the name
        raise OSError(errno.ELOOP, "the symlink leads nowhere", str(path)) from error
    if leads_out:
        raise OSError(errno.ELOOP, "the symlink leads out of the directory", str(path))
    return _regular(path, 0, WHOLE)


def read_file(path: Path) -> bytes:
    """Return the bytes of a regular file, symlinks followed.

    Raise OSError for a pipe or a device, which could block or never end, and for more than 64 MiB.
    """
    data = _regular(path, 0, WHOLE + 1)
    if len(data) > WHOLE:
        raise OSError(errno.EFBIG, "larger than 64 MiB", str(path))
    return data


def _regular(path: Path | str, flags: int, most: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags)  # opening a pipe would block
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # in the index, a submodule is a directory
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return _read_all(descriptor, most, status.st_size)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int, most: int, size: int) -> bytes:
    """Return the first `most` bytes; `size` is how many there seem to be.

    A buffer of `most` bytes for each of thousands of small files takes longer than reading them.
    """
    data = os.read(descriptor, min(most, size + 1))
    if len(data) == min(most, size):
        return data
    parts = [data]  # the file is being written, or its size is unknown, as in /proc
    left = most - len(data)
    while left > 0 and (data := os.read(descriptor, min(left, 1 << 20))):
        parts.append(data)
        left -= len(data)
    return b"".join(parts)
