"""Byte code that is known to be what its source compiles to, remembered in the cache.

To compile a module takes a hundred times as long as to read it.
"""

import contextlib
import hashlib
from collections.abc import Iterable

from labcoat.core import files
from labcoat.core.cache import cache_folder

_MOST = 1 << 20  # keys of 33 bytes


class KnownByteCode:
    """What the Python with the digest `identity` was once asked about, and found equal."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.place = cache_folder() / "byte-code" / f"{identity[:32]}.txt"
        try:
            self.keys = set(self.place.read_text(encoding="ascii").split())
        except (OSError, ValueError):
            self.keys = set()

    def key(self, level: int | str, source: str, compiled: str) -> str:
        """Return the key of the files with the digests `source` and `compiled`."""
        parts = (self.identity, str(level), source, compiled)
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]

    def remember(self, new: Iterable[str]) -> None:
        """Write the `new` keys too. Without a cache that can be written nothing is remembered."""
        found = set(new)
        if found <= self.keys:
            return
        self.keys = found | self.keys if len(found | self.keys) <= _MOST else found
        with contextlib.suppress(OSError):
            self.place.parent.mkdir(parents=True, exist_ok=True)
            files.write_file(self.place, "\n".join(sorted(self.keys)) + "\n")
