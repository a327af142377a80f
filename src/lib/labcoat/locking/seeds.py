"""The versions that a new lock keeps from the one before."""

from collections.abc import Sequence
from pathlib import Path

from labcoat.core import git
from labcoat.core.records import replace
from labcoat.locking import index_comments, lock_header, requirements_file
from labcoat.locking.requirements_file import Pin
from labcoat.toolchain import named_indexes
from labcoat.toolchain.named_indexes import NamedIndex


def format_seed(text: str, indexes: Sequence[NamedIndex] = ()) -> str:
    """Return the pins of a lock for a locker to keep, without options and names of other files.

    Only locks that labcoat wrote and were not edited give hashes: those of others may be of some
    files only. Packages that come or came from one of `indexes`, the lock's, give none either:
    another index, or another address of one, may have other files. Of two pins of one package, as a
    merge conflict leaves them, the first counts.
    """
    keeps_hashes = lock_header.has_header(text) and not lock_header.is_edited(text)
    pins = {(pin.name, pin.marker): pin for pin in reversed(requirements_file.parse_pins(text))}
    recorded = index_comments.read_comments(text)
    kept = []
    for pin in reversed(pins.values()):
        index = named_indexes.find_index(pin.name, indexes)
        before = recorded.get(pin.name)
        version = pin.version
        if before and before != (index.name if index else ""):
            version = version.partition("+")[0]  # another index has other local versions
        hashes = frozenset() if index or before else pin.hashes
        kept.append(replace(pin, version=version, hashes=hashes))
    return _format_pins(kept, hashes=keeps_hashes)


def _format_pins(pins: Sequence[Pin], *, hashes: bool) -> str:
    lines = []
    for pin in pins:
        line = f"{pin.name}=={pin.version}" + (f" ; {pin.marker}" if pin.marker else "")
        values = [f"--hash=sha256:{each}" for each in sorted(pin.hashes)] if hashes else []
        lines.append(" \\\n    ".join([line, *values]) + "\n")
    return "".join(lines)


def lost_pins(lock: Path) -> str:
    """Return the pins that an edited lock lost since labcoat wrote it, as git remembers it."""
    text = requirements_file.read_requirements(lock) if lock.exists() else ""
    if not text or (lock_header.has_header(text) and not lock_header.is_edited(text)):
        return ""
    for earlier in git.earlier_versions(lock):
        if lock_header.lock_format(earlier) and not lock_header.is_edited(earlier):
            known = requirements_file.requirement_names(text)
            pins = requirements_file.parse_pins(earlier)
            return _format_pins([pin for pin in pins if pin.name not in known], hashes=False)
    return ""
