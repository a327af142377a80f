"""What the frozen network sees in each view of each picture: computed once, and kept for every
lesson that needs it.

A frozen network always gives the same for the same picture. So what it gives at the *boundary*, the
last layer that is frozen, is computed once and kept in `cache`: the averaged features for a head,
what block 4 gives where block 5 is trained. Several boundaries of one network cost one pass.
Numbers are kept with 16 bits, which is as fine as they are meaningful: a picture's features take a
KiB.
"""

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
from catsdogs.errors import Failure
from catsdogs.network import engine, model
from catsdogs.network.model import POOLED, RGB, Network
from catsdogs.support import capacity
from catsdogs.support.cache import Entry, Rows
from catsdogs.support.progress import track

Fill = Callable[[Source, Mapping[str, str], Sequence["Sight"], Path], None]  # see `_fill`

SHARD = 256  # pictures in one file of the cache: about a minute's work on two cores
# Pictures that go through the network together; more take more memory, and were no faster
BATCH = 8
THREADS = 2  # that read and decode the next batch while the network works on this one
ROOM = 2**28  # bytes of disk that are left alone


@dataclass(frozen=True)
class Sight:
    """What is computed of a picture: what `network` gives at `boundary` for a view."""

    network: Network
    boundary: str = POOLED
    view: int = views.PLAIN

    @property
    def settings(self) -> dict[str, str]:
        """Everything but the pictures that determines the numbers."""
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
    """The versions among the settings of what is computed now: of the libraries, and of what this
    program makes of a picture.
    """
    own = {"view": views.VERSION, "pixels": pictures.VERSION, "backbone": model.VERSION}
    return {name: str(version) for name, version in own.items()} | engine.versions()


def compute(
    source: Source, found: Iterable[Picture], sight: Sight, cache: Path, fill: "Fill | None" = None
) -> Rows:
    """What `sight` says of all pictures, from `cache` where it is there."""
    prepare(source, found, [sight], cache, fill)
    return kept(sight, cache)


def kept(sight: Sight, cache: Path) -> Rows:
    """What is in `cache` of what `sight` says."""
    return Entry(cache, sight.settings).rows()


def prepare(
    source: Source,
    found: Iterable[Picture],
    sights: Iterable[Sight],
    cache: Path,
    fill: "Fill | None" = None,
) -> None:
    """Fill `cache` with these sights of all pictures, here unless `fill` does it. What is there
    already is left as it is.
    """
    names = {picture.digest: picture.name for picture in found}
    for missing, together in _passes(names, sights, cache).items():
        for group in together.values():
            (fill or _fill)(source, {digest: names[digest] for digest in missing}, group, cache)


def _passes(
    names: Mapping[str, str], sights: Iterable[Sight], cache: Path
) -> dict[tuple[str, ...], dict[tuple[Network, int], list[Sight]]]:
    """By the pictures that they lack, then by network and view, the sights that one pass through
    the pictures gives.
    """
    found: dict[tuple[str, ...], dict[tuple[Network, int], list[Sight]]] = {}
    for sight in dict.fromkeys(sights):
        missing = tuple(sorted(set(names) - set(Entry(cache, sight.settings).rows().places)))
        if missing:
            found.setdefault(missing, {}).setdefault((sight.network, sight.view), []).append(sight)
    return found


def _fill(source: Source, names: Mapping[str, str], sights: Sequence[Sight], cache: Path) -> None:
    """Compute `sights`, of one network and view, of the pictures in `names`, and keep them a shard
    at a time.
    """
    network, view = sights[0].network, sights[0].view
    capacity.check_memory(network.size, BATCH)
    see = model.compiled(network, [sight.boundary for sight in sights])
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
    """Pixels as they are; numbers with 16 bits, those beyond their reach as the largest
    there is.
    """
    if seen.dtype == np.uint8:
        return seen
    limit = float(np.finfo(np.float16).max)
    return np.asarray(np.clip(seen, -limit, limit), dtype=np.float16)


def check_room(cache: Path, wanted: int) -> None:
    """Refuse before a long computation what the disk cannot hold."""
    free = shutil.disk_usage(cache.parent if not cache.exists() else cache).free
    if wanted + ROOM > free:
        raise Failure(
            f"The features need {wanted / 2**30:.1f} GiB on the disk, and {free / 2**30:.1f} GiB "
            "are free.",
            "Make room, give a smaller SIZE= or fewer VIEWS=, or let `make cache PRUNE=all` "
            "remove what was kept.",
        )


def chunks(items: list[str], length: int) -> Iterator[list[str]]:
    """`items` in lists of `length`, the last one shorter."""
    return (items[start : start + length] for start in range(0, len(items), length))


def read_ahead(
    source: Source, names: Mapping[str, str], batches: list[list[str]], size: int, view: int
) -> Iterator[np.ndarray]:
    """The batches' pixels, `(n, size, size, 3)`; the next batches are decoded while this one is in
    use.
    """
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
        raise Failure(
            f"{name} was written to while it was being read.", "Run the same command again."
        )
    return views.pixels(data, size, view, digest)
