"""About how much a project downloads, and how long that takes: no index is asked.

The sizes in download_sizes.json are those of the newest wheels for Linux x86-64, as the index had
them in November 2026 (_vendor/update_download_sizes.py). Before a download an order of magnitude is
enough.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from labcoat.core.records import Record

_TABLE = Path(__file__).with_name("download_sizes.json")
_SPEED = 10  # megabytes a second
_CUDA = 250  # megabytes; no wheel for macOS is larger, since it has no libraries of CUDA
LARGE = 100  # megabytes; less takes no time worth a line


class Download(Record):
    """Megabytes, and the packages that most of it is for, the largest first."""

    megabytes: int
    largest: tuple[str, ...]

    def describe(self) -> str:
        """Return the size and the time, such as `about 1.2 GB (torch, triton): 2 minutes …`."""
        size = (
            f"{self.megabytes / 1000:.1f} GB" if self.megabytes >= 1000 else f"{self.megabytes} MB"
        )
        named = f" ({', '.join(self.largest)})" if self.largest else ""
        minutes = round(self.megabytes / _SPEED / 60)
        time = f"{minutes} minutes" if minutes > 1 else "a minute" if minutes else "some seconds"
        return f"about {size}{named}: {time} at {_SPEED} MB/s"


def estimate_download(names: Iterable[str], *, is_lock: bool = True) -> Download:
    """Return about what the packages `names` take; without a lock, with what they bring.

    What two packages bring is mostly the same, so that the one that brings most decides.
    """
    table = _read_table()
    own = {name: _cap(table["megabytes"].get(name, table["others"])) for name in set(names)}
    brought = {} if is_lock else {name: _cap(table["brought"].get(name, 0)) for name in own}
    sizes = {name: size + brought.get(name, 0) for name, size in own.items()}
    ordered = sorted(sizes, key=lambda name: (-sizes[name], name))
    largest = tuple(name for name in ordered[:3] if sizes[name] >= LARGE)
    return Download(round(max(sum(own.values()), *sizes.values(), 0)), largest)


def _cap(megabytes: float) -> float:
    return megabytes if sys.platform == "linux" else min(megabytes, _CUDA)


@cache
def _read_table() -> Mapping[str, Any]:
    """Return the table: megabytes of large packages, of others, and of what a package brings."""
    found: Mapping[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return found
