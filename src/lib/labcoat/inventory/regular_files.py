"""Read regular files of an environment, and nothing else: no pipe, no device, no end.

It imports only the standard library and works on Python 3.8: it runs in images too (scan.py).
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat

CHUNK = 1 << 20
_MOST_FILE = 1 << 33  # no file of a package is larger: it would not fit in the wheels of any index
_MOST_METADATA = 1 << 22


def open_regular(path: str) -> int:
    """Open a regular file and return its descriptor. Raise OSError for a pipe, a device and so on.

    Opening a pipe without O_NONBLOCK would wait for a writer.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.EINVAL, str(error), path) from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_FILE:
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return descriptor


def read_regular(path: str, most: int = _MOST_METADATA) -> bytes:
    """Return a regular file of at most `most` bytes. Raise OSError for any other."""
    with open(open_regular(path), "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, "larger than expected", path)
    return data


def file_digest(path: str) -> tuple[str, int]:
    """Return the SHA-256 of a regular file in hexadecimal, and its size. Raise OSError."""
    found, size = hashlib.sha256(), 0
    with open(open_regular(path), "rb", buffering=0) as file:
        while True:
            data = file.read(CHUNK)
            if not data or size > _MOST_FILE:
                return found.hexdigest(), size
            found.update(data)
            size += len(data)


def list_files(top: str) -> list[str]:
    """Return every file below `top`; a link to a directory is one entry, and not followed."""
    found, waiting = [], [top]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        found.append(entry.path)
        except OSError:
            continue  # its name is too long, or it may not be read
    return found


class DiskFiles:
    """The files on this machine, by absolute path. An image's have the same methods."""

    def read(self, path: str, most: int = _MOST_METADATA) -> bytes:
        """Return a regular file of at most `most` bytes. Raise OSError for any other."""
        return read_regular(path, most)

    def digest(self, path: str) -> tuple[str, int]:
        """Return the SHA-256 of a regular file in hexadecimal, and its size. Raise OSError."""
        return file_digest(path)

    def size(self, path: str) -> int:
        """Return the size in bytes of the file at `path`. Raise OSError if it is missing."""
        return os.path.getsize(path)

    def list_names(self, folder: str) -> list[str]:
        """Return the names in a directory. Raise OSError if it cannot be listed."""
        return os.listdir(folder)

    def list_files(self, top: str) -> list[str]:
        """Return every file below `top`; a link to a directory is one entry, and not followed."""
        return list_files(top)


DISK = DiskFiles()
