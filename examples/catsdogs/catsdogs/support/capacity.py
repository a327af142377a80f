"""What there is room for: memory that is free for this process, and whether an error says that
there is none left.
"""

import errno
import resource
from pathlib import Path

import psutil

from catsdogs.errors import Failure

# Bytes that TensorFlow, the weights and pictures on their way take, whatever the size.
PROGRAM = 1050 * 2**20
# Bytes of a pixel in a large layer: what goes in, what comes out, and what is laid out between.
PIXEL = 3 * 128 * 4
UNLIMITED = 2**60  # what a container without a limit says is more

_GROUP = Path("/sys/fs/cgroup")


def check_memory(size: int, batch: int) -> None:
    """Refuse what this machine, or the container, would be killed for: a network at `size` px with
    `batch` pictures at once.
    """
    wanted, free = PROGRAM + batch * size * size * PIXEL, free_memory()
    if wanted > free:
        raise Failure(
            f"Pictures of {size} px take about {wanted / 2**30:.1f} GiB of memory, and "
            f"{free / 2**30:.1f} GiB are free.",
            "Give a smaller SIZE=, close other programs, or give a container more with "
            "LABCOAT_MEMORY.",
        )


def free_memory() -> int:
    """Bytes that this process may still take, by the machine, its container, and its own limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    own = limit if limit != resource.RLIM_INFINITY else UNLIMITED
    return min(int(psutil.virtual_memory().available), _container(), own)


def _container() -> int:
    """What a container's limit leaves; pages of files that it has read are given back when asked
    for. psutil does not know this limit.
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
    """Whether this says that the disk is full. NumPy and HDF5 give no errno, only words."""
    said = str(error)
    return (
        error.errno in {errno.ENOSPC, errno.EDQUOT}
        or "requested and" in said
        or "No space left" in said
    )
