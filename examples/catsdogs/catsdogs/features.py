"""What the frozen network sees in each picture: computed once, and kept under a key of everything that determines it.

Features are kept in files of `SHARD` pictures. A run that is interrupted goes on where it was; a file that is
damaged, or was made from anything else, is not used but made again.
"""

import hashlib
import itertools
import json
import math
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import engine, model, pictures
from .atomic import aside
from .data import Picture
from .errors import Failure
from .model import Weights
from .progress import track
from .sources import Source

if TYPE_CHECKING:
    import keras

SHARD = 256  # pictures in one file of the cache: half a MiB, and about a minute's work on two cores
BATCH = 32  # pictures that go through the network together
THREADS = 2  # that read and decode the next batch while the network works on this one


@dataclass(frozen=True)
class Features:
    """One vector for each distinct picture, by its sha256: `matrix` has shape `(len(rows), DEPTH)`, float32."""

    rows: dict[str, int]
    matrix: np.ndarray

    def of(self, digests: Iterable[str]) -> np.ndarray:
        """The vectors of these pictures, in this order."""
        return self.matrix[[self.rows[digest] for digest in digests]]


def settings(size: int, weights: Weights) -> dict[str, str]:
    """Everything but the pictures that determines the features."""
    return {
        "backbone": f"vgg16 {model.VERSION}",
        "weights": weights.identity,
        "size": str(size),
        "pixels": str(pictures.VERSION),
        **engine.versions(),
    }


def compute(source: Source, found: Iterable[Picture], size: int, weights: Weights, cache: Path) -> Features:
    """The features of all pictures, from `cache` where they are there."""
    names = {picture.digest: picture.name for picture in found}
    digests = sorted(names)
    wanted = settings(size, weights)
    folder = cache / "features" / _key(json.dumps(wanted))
    shards = {folder / f"{_key(*shard)}.npz": shard for shard in _chunks(digests, SHARD)}
    kept = {path: _load(path, shard) for path, shard in shards.items()}
    missing = {path: shard for path, shard in shards.items() if kept[path] is None}
    if missing:
        with aside(folder / "settings.json") as room:
            room.write_text(json.dumps(wanted, indent=2) + "\n")
        network = model.extractor(size, weights)
        for path, matrix in _extract(network, source, names, missing, size):
            _save(path, missing[path], matrix)
            kept[path] = matrix
    matrices = [matrix for matrix in kept.values() if matrix is not None]
    return Features({digest: row for row, digest in enumerate(digests)}, np.concatenate(matrices))


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _chunks(items: list[str], length: int) -> Iterator[list[str]]:
    return (items[start : start + length] for start in range(0, len(items), length))


def _load(path: Path, digests: list[str]) -> np.ndarray | None:
    """The shard's features, or None where it is not there, damaged (zip files carry checksums) or not of these."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            matrix, of = kept["features"], kept["digests"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    fits = matrix.shape == (len(digests), model.DEPTH) and of.tolist() == digests
    return matrix if fits else None


def _save(path: Path, digests: list[str], matrix: np.ndarray) -> None:
    with aside(path) as room:
        np.savez(room, features=matrix, digests=np.array(digests))


def _extract(
    network: "keras.Model", source: Source, names: dict[str, str], shards: dict[Path, list[str]], size: int
) -> Iterator[tuple[Path, np.ndarray]]:
    """Each shard's path and features, as soon as they are computed."""
    batches = [batch for shard in shards.values() for batch in _chunks(shard, BATCH)]
    steps = ((network.predict_on_batch(rgb), len(rgb)) for rgb in _read_ahead(source, names, batches, size))
    computed = track(steps, sum(map(len, batches)), "Computing features")
    for path, shard in shards.items():
        yield path, np.concatenate(list(itertools.islice(computed, math.ceil(len(shard) / BATCH))))


def _read_ahead(source: Source, names: dict[str, str], batches: list[list[str]], size: int) -> Iterator[np.ndarray]:
    """The batches' pixels, `(n, size, size, 3)`; the next batch is decoded while this one is in use."""
    waiting: deque[list[Future[np.ndarray]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for batch in batches:
            waiting.append([pool.submit(_read, source, names[digest], digest, size) for digest in batch])
            if len(waiting) > 1:
                yield np.stack([future.result() for future in waiting.popleft()])
        yield np.stack([future.result() for future in waiting.popleft()])


def _read(source: Source, name: str, digest: str, size: int) -> np.ndarray:
    data = source.read(name)
    if hashlib.sha256(data).hexdigest() != digest:
        raise Failure(f"{name} was written to while it was being read.", "Run the same command again.")
    return pictures.pixels(data, size)
