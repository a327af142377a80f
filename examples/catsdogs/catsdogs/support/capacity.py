"""Limits of memory and disk: the memory free for this process, and errors of a full disk."""

import errno
import resource
from pathlib import Path

import psutil

from catsdogs.errors import CatsdogsError

# Bytes for TensorFlow, the weights and the pictures in flight, whatever the size.
PROGRAM = 1050 * 2**20
# Bytes of a pixel in a large layer: its input, its output, and the buffer between them.
PIXEL = 3 * 128 * 4
UNLIMITED = 2**60  # a container without a limit reports more

_GROUP = Path("/sys/fs/cgroup")


def check_memory(size: int, batch: int) -> None:
    """Raise `CatsdogsError` if a network at `size` px with `batch` pictures at once needs more
    memory than is free, for which the process would be killed.
    """
    wanted, free = PROGRAM + batch * size * size * PIXEL, free_memory()
    if wanted > free:
        raise CatsdogsError(
            f"pictures of {size} px need about {wanted / 2**30:.1f} GiB of memory, but only "
            f"{free / 2**30:.1f} GiB are free",
            "Use a smaller `SIZE=`, close other programs, or raise a container's limit with "
            "LABCOAT_MEMORY",
        )


def free_memory() -> int:
    """Return the bytes that the machine, the container and the process limit leave free."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    own = limit if limit != resource.RLIM_INFINITY else UNLIMITED
    return min(int(psutil.virtual_memory().available), _container(), own)


def _container() -> int:
    """Return the bytes that a container's limit leaves free, which psutil does not know.

    The page cache counts as free because the kernel releases it on demand.
    """
    try:
        limit, used = (
            int((_GROUP / name).read_text()) for name in ("memory.max", "memory.current")
        )
        cached = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
        return limit - used + int(cached["file"])
    except (OSError, KeyError, ValueError):  # no container, or one whose limit is called max
        return UNLIMITED


def is_full(error: OSError) -> bool:
    """Return whether the disk is full. NumPy and HDF5 set no errno, only a message."""
    message = str(error)
    return (
        error.errno in {errno.ENOSPC, errno.EDQUOT}
        or "requested and" in message
        or "No space left" in message
    )
