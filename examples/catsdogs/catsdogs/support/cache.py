"""Cache arrays with one row a picture, in folders named by a digest of everything that determines
them.

An entry is a folder with its settings in a JSON file, and shards: a `.npy` file, which can be
mapped into memory, and beside it a `.json` file with the sha256 of the pictures in it and of the
`.npy` file. Shards are added one by one, atomically, so an interrupted run resumes where it
stopped, and several processes may fill one entry. A damaged shard is ignored, as if its pictures
were missing.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catsdogs.support.atomic import aside

FOLDER, NOTE = "features", "settings.json"
PART = ".part-*"  # what `atomic.aside` leaves if a run is killed


@dataclass(frozen=True)
class Rows:
    """One row for each picture, by its sha256, in shards that are read from disk on demand."""

    places: dict[str, tuple[int, int]]
    shards: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.places)

    def of(self, digests: Iterable[str]) -> np.ndarray:
        """Return the rows of these pictures, in this order."""
        return np.stack(
            [self.shards[shard][row] for shard, row in map(self.places.__getitem__, digests)]
        )


@dataclass(frozen=True)
class Entry:
    """The rows that `settings` determine, in a separate folder below `cache`."""

    cache: Path
    settings: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """The entry's folder, named by a digest of the settings."""
        return self.cache / FOLDER / key(json.dumps(dict(self.settings), sort_keys=True))

    def listed(self) -> set[str]:
        """Return the pictures of all shards, whether intact or not, without reading the shards."""
        return {digest for path in self.folder.glob("*.npy") for digest in _noted(path)[1]}

    def rows(self) -> Rows:
        """Return all rows of intact shards. Every byte is read once, to verify its digest."""
        places: dict[str, tuple[int, int]] = {}
        shards: list[np.ndarray] = []
        for path in sorted(self.folder.glob("*.npy")):
            digests = _digests(path)
            shard = _opened(path, len(digests))
            if shard is not None:
                places |= {digest: (len(shards), row) for row, digest in enumerate(digests)}
                shards.append(shard)
        return Rows(places, tuple(shards))

    def add(self, digests: Sequence[str], rows: np.ndarray) -> None:
        """Write the rows of these pictures as a new shard."""
        if not (self.folder / NOTE).is_file():
            with aside(self.folder / NOTE) as room:
                room.write_text(json.dumps(dict(self.settings), indent=2) + "\n")
        path = self.folder / f"{key(*digests)}.npy"
        with aside(path) as room:
            np.save(room, rows, allow_pickle=False)
            digest = _sha256(room)
        with aside(_note(path)) as room:  # without it the shard is ignored
            room.write_text(json.dumps({"sha256": digest, "pictures": list(digests)}) + "\n")


def key(*parts: str) -> str:
    """Return a short digest of these texts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _note(path: Path) -> Path:
    return path.with_suffix(".json")


def _digests(path: Path) -> list[str]:
    """Return the sha256 of a shard's pictures, or nothing if the shard is damaged."""
    digest, pictures = _noted(path)
    try:
        return pictures if pictures and digest == _sha256(path) else []
    except OSError:
        return []


def _noted(path: Path) -> tuple[str, list[str]]:
    """Return a shard's sha256 and its pictures' as its note has them, or nothing without a note."""
    try:
        note = json.loads(_note(path).read_text())
        return str(note["sha256"]), list(map(str, note["pictures"]))
    except (OSError, ValueError, KeyError, TypeError):
        return "", []


def _opened(path: Path, count: int) -> np.ndarray | None:
    if not count:
        return None
    shard: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return shard if len(shard) == count else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Kept:
    """An entry for `make cache`: folder, settings, and numbers of pictures, bytes, damaged
    shards.
    """

    folder: Path
    settings: Mapping[str, str]
    pictures: int
    size: int
    damaged: int


def kept(cache: Path) -> Iterator[Kept]:
    """Yield every entry below `cache`, sorted by name."""
    for folder in sorted((cache / FOLDER).glob("*/")):
        try:
            settings = {
                str(name): str(value)
                for name, value in json.loads((folder / NOTE).read_text()).items()
            }
        except (OSError, ValueError, AttributeError):
            settings = {}
        shards = [_digests(path) for path in folder.glob("*.npy")]
        known = {digest for digests in shards for digest in digests}
        yield Kept(
            folder, settings, len(known), size(folder), sum(not digests for digests in shards)
        )


def line(entry: Kept) -> str:
    """Return a line about an entry."""
    about = [
        entry.settings.get(name, "?")
        for name in ("boundary", "view", "size", "backbone", "preprocessing")
    ]
    about[1] = about[1].split()[0]  # without the version of the views
    what = (
        "{} of view {} at {} px, {}, {}".format(*about)
        if about[3] != "?"
        else "{} of view {} at {} px".format(*about[:3])
    )
    damage = f", {entry.damaged} damaged files" if entry.damaged else ""
    return (
        f"{entry.folder.name[:8]} {entry.size / 2**20:8.1f} MiB, {entry.pictures} pictures: "
        f"{what}{damage}"
    )


def size(folder: Path) -> int:
    """Return the bytes of all files below `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def prune(entries: Iterable[Kept], current: Mapping[str, str]) -> list[Kept]:
    """Remove the entries of other versions than `current`; return those that were removed.

    A version is the last word of its setting. From the other entries, damaged shards and leftovers
    of killed runs are removed.
    """
    removed = []
    for entry in entries:
        made_by = {name: value.rpartition(" ")[2] for name, value in entry.settings.items()}
        if not made_by or any(
            made_by.get(name, version) != version for name, version in current.items()
        ):
            remove(entry)
            removed.append(entry)
            continue
        for path in entry.folder.glob(PART):
            shutil.rmtree(path, ignore_errors=True)
        for path in [path for path in entry.folder.glob("*.npy") if not _digests(path)]:
            path.unlink()
            _note(path).unlink(missing_ok=True)
    return removed


def remove(entry: Kept) -> None:
    """Remove an entry."""
    shutil.rmtree(entry.folder)
