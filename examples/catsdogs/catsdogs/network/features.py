"""Compute the frozen network's outputs for each view of each picture once, and cache them for every
lesson.

A frozen network always gives the same outputs for the same picture. So its outputs at the
*boundary*, the last frozen layer, are computed once and cached: the averaged features for a head,
the outputs of block 4 if block 5 is trained. Several boundaries of one network cost one pass.
Numbers are stored with 16 bits, which is as precise as they are meaningful: a picture's features
take a KiB.
"""

import functools
import hashlib
import itertools
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catsdogs.data import pictures, views
from catsdogs.data.dataset import Picture
from catsdogs.data.sources import Source
from catsdogs.errors import CatsdogsError
from catsdogs.network import engine, model
from catsdogs.network.model import POOLED, RGB, Network
from catsdogs.support import capacity
from catsdogs.support.cache import Entry, Rows
from catsdogs.support.progress import track

Fill = Callable[[Source, Mapping[str, str], Sequence["Sight"], Path], None]  # see `_fill`

SHARD = 256  # pictures in one file of the cache: about a minute of work on two cores
# Pictures that go through the network together; more need more memory, and were no faster
BATCH = 8
THREADS = 2  # that read and decode the next batch while the network computes this one
ROOM = 2**28  # bytes of disk that stay free

# All views of a picture go through one network, which takes seconds to build.
compiled = functools.lru_cache(maxsize=1)(model.compiled)


@dataclass(frozen=True)
class Sight:
    """What to compute from a picture: the outputs of `network` at `boundary` for a view."""

    network: Network
    boundary: str = POOLED
    view: int = views.PLAIN

    @property
    def settings(self) -> dict[str, str]:
        """Everything except the pictures that determines the numbers."""
        seen = {
            "boundary": self.boundary,
            "view": f"{self.view} of {views.VERSION}",
            "size": str(self.network.size),
            "pixels": str(pictures.VERSION),
        }
        if self.boundary == RGB:
            return seen | {name: engine.versions()[name] for name in ("numpy", "pillow")}
        through = {
            "backbone": f"{self.network.backbone.name} {model.VERSION}",
            "preprocessing": self.network.preprocessing,
            "weights": self.network.weights.identity,
        }
        if not self.network.winograd:
            through["convolutions"] = "plain"
        return seen | through | engine.versions()


def versions() -> dict[str, str]:
    """Return the versions among the current settings: of the libraries and of this program."""
    own = {"view": views.VERSION, "pixels": pictures.VERSION, "backbone": model.VERSION}
    return {name: str(version) for name, version in own.items()} | engine.versions()


def compute(
    source: Source, found: Iterable[Picture], sight: Sight, cache: Path, fill: "Fill | None" = None
) -> Rows:
    """Return the outputs of `sight` for all pictures, from `cache` if they are in it."""
    prepare(source, found, [sight], cache, fill)
    return kept(sight, cache)


def kept(sight: Sight, cache: Path) -> Rows:
    """Return the outputs of `sight` that are in `cache`."""
    return Entry(cache, sight.settings).rows()


def prepare(
    source: Source,
    found: Iterable[Picture],
    sights: Iterable[Sight],
    cache: Path,
    fill: "Fill | None" = None,
) -> None:
    """Fill `cache` with these sights of all pictures, in this process unless `fill` does it.

    Existing entries are not computed again.
    """
    names = {picture.digest: picture.name for picture in found}
    try:
        for missing, together in _passes(names, sights, cache).items():
            for group in together.values():
                (fill or _fill)(source, {digest: names[digest] for digest in missing}, group, cache)
    finally:
        compiled.cache_clear()  # a network takes hundreds of MiB


def _passes(
    names: Mapping[str, str], sights: Iterable[Sight], cache: Path
) -> dict[tuple[str, ...], dict[tuple[Network, int], list[Sight]]]:
    """Group sights that one pass can compute: by missing pictures, then by network and view."""
    found: dict[tuple[str, ...], dict[tuple[Network, int], list[Sight]]] = {}
    for sight in dict.fromkeys(sights):
        missing = tuple(sorted(set(names) - set(Entry(cache, sight.settings).rows().places)))
        if missing:
            found.setdefault(missing, {}).setdefault((sight.network, sight.view), []).append(sight)
    return found


def _fill(source: Source, names: Mapping[str, str], sights: Sequence[Sight], cache: Path) -> None:
    """Compute `sights`, of one network and view, for the pictures in `names`, shard by shard."""
    network, view = sights[0].network, sights[0].view
    capacity.check_memory(network.size, BATCH)
    see = compiled(network, tuple(sight.boundary for sight in sights))
    shards = list(chunks(list(names), SHARD))
    batches = [batch for shard in shards for batch in chunks(shard, BATCH)]
    steps = ((see(rgb), len(rgb)) for rgb in read_ahead(source, names, batches, network.size, view))
    doing = "Computing features" if view == views.PLAIN else f"Computing features of view {view}"
    computed = track(steps, len(names), doing)
    for number, shard in enumerate(shards):
        pieces = [
            [narrow(seen) for seen in step]
            for step in itertools.islice(computed, -(-len(shard) // BATCH))
        ]
        rows = [np.concatenate(piece) for piece in zip(*pieces, strict=True)]
        if number == 0:
            check_room(cache, sum(row.nbytes for row in rows) * len(names) // len(shard))
        for sight, row in zip(sights, rows, strict=True):
            Entry(cache, sight.settings).add(shard, row)


def narrow(seen: np.ndarray) -> np.ndarray:
    """Return pixels unchanged, and other numbers with 16 bits, clipped to their range."""
    if seen.dtype == np.uint8:
        return seen
    limit = float(np.finfo(np.float16).max)
    return np.asarray(np.clip(seen, -limit, limit), dtype=np.float16)


def check_room(cache: Path, wanted: int) -> None:
    """Raise `CatsdogsError`, before a long computation, if the disk cannot hold the results."""
    free = shutil.disk_usage(cache.parent if not cache.exists() else cache).free
    if wanted + ROOM > free:
        raise CatsdogsError(
            f"the features need {wanted / 2**30:.1f} GiB of disk space, but only "
            f"{free / 2**30:.1f} GiB are free",
            "Free some space, use a smaller `SIZE=` or fewer `VIEWS=`, or run "
            "`make cache PRUNE=all`",
        )


def chunks(items: list[str], length: int) -> Iterator[list[str]]:
    """Split `items` into lists of `length`; the last one may be shorter."""
    return (items[start : start + length] for start in range(0, len(items), length))


def read_ahead(
    source: Source, names: Mapping[str, str], batches: list[list[str]], size: int, view: int
) -> Iterator[np.ndarray]:
    """Yield the batches' pixels, `(n, size, size, 3)`, while threads decode the next batches."""
    waiting: deque[list[Future[np.ndarray]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for batch in batches:
            waiting.append(
                [pool.submit(_read, source, names[digest], digest, size, view) for digest in batch]
            )
            if len(waiting) > THREADS:
                yield np.stack([future.result() for future in waiting.popleft()])
        while waiting:
            yield np.stack([future.result() for future in waiting.popleft()])


def _read(source: Source, name: str, digest: str, size: int, view: int) -> np.ndarray:
    data = source.read(name)
    if hashlib.sha256(data).hexdigest() != digest:
        raise CatsdogsError(
            f"`{name}` changed while it was being read", "Run the same command again"
        )
    return views.pixels(data, size, view, digest)
