"""What was computed once: arrays of one row a picture, in a folder under a key of everything that
determines them.

An entry is a folder with a note of what it was made by, and shards: a `.npy` file, which can be
mapped into memory, and beside it a `.json` file with the sha256 of the pictures in it and of the
`.npy` file. Shards are added one by one, each whole or not at all, so an interrupted run goes on
where it was, and several processes may fill one entry. A shard that is damaged is not used, and its
pictures count as not there.
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
PART = ".part-*"  # what `atomic.aside` leaves where a run was killed


@dataclass(frozen=True)
class Rows:
    """One row for each picture, by its sha256, in shards that are read from disk where they are
    used.
    """

    places: dict[str, tuple[int, int]]
    shards: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.places)

    def of(self, digests: Iterable[str]) -> np.ndarray:
        """The rows of these pictures, in this order."""
        return np.stack(
            [self.shards[shard][row] for shard, row in map(self.places.__getitem__, digests)]
        )


@dataclass(frozen=True)
class Entry:
    """The rows that `settings` determine, in a folder of their own below `cache`."""

    cache: Path
    settings: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Named by the digest of the settings."""
        return self.cache / FOLDER / key(json.dumps(dict(self.settings), sort_keys=True))

    def rows(self) -> Rows:
        """All rows of intact shards. Reads every byte once, to hold it against its digest."""
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
        """Keep the rows of these pictures as one more shard."""
        if not (self.folder / NOTE).is_file():
            with aside(self.folder / NOTE) as room:
                room.write_text(json.dumps(dict(self.settings), indent=2) + "\n")
        path = self.folder / f"{key(*digests)}.npy"
        with aside(path) as room:
            np.save(room, rows, allow_pickle=False)
            digest = _sha256(room)
        with aside(_note(path)) as room:  # only now does the shard count
            room.write_text(json.dumps({"sha256": digest, "pictures": list(digests)}) + "\n")


def key(*parts: str) -> str:
    """A short name for these texts, by their digest."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _note(path: Path) -> Path:
    return path.with_suffix(".json")


def _digests(path: Path) -> list[str]:
    """The pictures of a shard, where it is intact."""
    try:
        note = json.loads(_note(path).read_text())
        return list(map(str, note["pictures"])) if note["sha256"] == _sha256(path) else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


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
    """An entry as `make cache` shows it: its folder, what made it, pictures, bytes, and shards that
    are damaged.
    """

    folder: Path
    settings: Mapping[str, str]
    pictures: int
    size: int
    damaged: int


def kept(cache: Path) -> Iterator[Kept]:
    """Every entry below `cache`, in order of their names."""
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
    """An entry in a line."""
    about = [
        entry.settings.get(name, "?")
        for name in ("boundary", "view", "size", "backbone", "preprocessing")
    ]
    about[1] = about[1].split()[0]  # without the version of what views look like
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
    """Bytes of all files below `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def prune(entries: Iterable[Kept], current: Mapping[str, str]) -> list[Kept]:
    """Remove the entries that are of no use to `current` versions; those that were removed. A
    version is its setting's last word.

    What killed runs left behind, and damaged shards, go from the others too.
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
