"""The same features by a Ray cluster, for pictures that are too many for one machine.

What the cache lacks is parted into shards, as on one machine. Ray Data gives them to workers, each
of which loads the network once and works on one processor: so nothing is lost by threads that wait
for each other. This process files each shard in the cache as it arrives, so an interrupted run goes
on where it was. A shard whose machine dies under it is given to another one.

Each machine of the cluster has the packages of `requirements-ray.txt`, and sees the pictures and
the weights under the same path. The program itself is sent to them.
"""

import logging
import os
import shlex
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catsdogs.data.sources import Source, open_source
from catsdogs.errors import Failure
from catsdogs.network import engine, features, model
from catsdogs.network.features import Sight
from catsdogs.support.cache import Entry
from catsdogs.support.progress import track

# In place of an address: Ray for as long as this process runs, on this machine's processors
LOCAL = "local"
PATIENCE = 10  # seconds for the first answer of a cluster
Row = dict[str, Any]  # what Ray Data passes on


class Worker:
    """Loads the network once, and computes one shard after another."""

    def __init__(self, path: str, sights: Sequence[Sight]) -> None:
        network = sights[0].network
        here = model.choose_weights(network.weights.choice, network.weights.seed, network.backbone)
        if here.identity != network.weights.identity:
            raise Failure(
                f"A machine of the cluster has other weights at {network.weights.choice}.",
                "Let all machines see the same file, under the same path.",
            )
        engine.use_threads(1)
        self.source = open_source(Path(path), Path(tempfile.gettempdir()) / "catsdogs")
        self.network, self.view = network, sights[0].view
        self.see = model.compiled(network, [sight.boundary for sight in sights])

    def __call__(self, shard: Row) -> Row:
        """The shard's pictures, and for each sight their rows: bytes, as Arrow has no 16-bit
        tensors of any shape.
        """
        names = dict(zip(shard["digests"], shard["names"], strict=True))
        batches = list(features.chunks(list(names), features.BATCH))
        seen = [
            self.see(rgb)
            for rgb in features.read_ahead(
                self.source, names, batches, self.network.size, self.view
            )
        ]
        rows = [features.narrow(np.concatenate(pieces)) for pieces in zip(*seen, strict=True)]
        return {
            "digests": list(names),
            "rows": [row.tobytes() for row in rows],
            "kinds": [row.dtype.str for row in rows],
            "shapes": [list(row.shape) for row in rows],
        }


def filler(address: str) -> features.Fill:
    """What fills a cache by the cluster at `address`; by one that is started on this machine where
    it is empty.
    """

    def fill(
        source: Source, names: Mapping[str, str], sights: Sequence[Sight], cache: Path
    ) -> None:
        shards = list(features.chunks(list(names), features.SHARD))
        rows = (
            (row, len(row["digests"]))
            for row in _compute(address, source.path.resolve(), shards, names, sights)
        )
        for number, row in enumerate(track(rows, len(names), "Computing features on the cluster")):
            if number == 0:
                features.check_room(cache, sum(map(len, row["rows"])) * len(shards))
            for sight, content, kind, shape in zip(
                sights, row["rows"], row["kinds"], row["shapes"], strict=True
            ):
                Entry(cache, sight.settings).add(
                    row["digests"], np.frombuffer(content, np.dtype(kind)).reshape(shape)
                )

    return fill


def _compute(
    address: str,
    path: Path,
    shards: Sequence[list[str]],
    names: Mapping[str, str],
    sights: Sequence[Sight],
) -> Iterator[Row]:
    """Each shard's rows, in the order in which they arrive."""
    ray = _connect(address)
    try:
        most = max(1, min(int(ray.cluster_resources().get("CPU", 1)), len(shards)))
        items = [
            {"digests": shard, "names": [names[digest] for digest in shard]} for shard in shards
        ]
        # A shard is what is done again after a loss.
        data = ray.data.from_items(items, override_num_blocks=len(items))
        pool = ray.data.ActorPoolStrategy(min_size=1, max_size=most)
        yield from data.map(
            Worker, fn_constructor_args=(str(path), tuple(sights)), compute=pool, num_cpus=1
        ).iter_rows()
    except ray.exceptions.RayError as error:
        raise _reason(error) from error
    finally:
        ray.shutdown()


def _connect(address: str) -> Any:
    # Ray would tell its makers that it is used.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # its daemons keep logs of their own
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise Failure(
            f"This environment lacks what ENGINE=ray needs: {error.name}.",
            "make features ENGINE=ray LABCOAT_DEV_REQUIREMENTS='requirements-dev.txt "
            "requirements-ray.txt' installs it; "
            "in a container, LABCOAT_VARIANT=ray.",
        ) from error
    _refuse_silent(address)
    try:
        ray.init(
            address or LOCAL,
            runtime_env=_program(address),
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # which is what Ray raises, and subclasses of many kinds
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if address:
            raise _no_cluster(address, reason) from error
        raise Failure(
            f"Ray does not start here: {reason}", "Close other programs and run it again."
        ) from error
    ray.data.DataContext.get_current().enable_progress_bars = False  # there is one already
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


def _program(address: str) -> dict[str, Any]:
    """What workers run: this program; on this machine by this Python.

    A shell starts them, to which Ray gives its own Python's path without quotes (2.60,
    _private/runtime_env/context.py): one with a space in it is never found, and Ray waits for ever.
    Another machine's Python may be anywhere.
    """
    python = shlex.quote(sys.executable)
    package = Path(__file__).parents[1]
    quoted = {"py_executable": python} if python != sys.executable and _is_here(address) else {}
    return {"py_modules": [str(package), str(model.CONVOLUTIONS)], **quoted}


def _is_here(address: str) -> bool:
    """Whether an address is one of this machine's own, as which alone a program can listen."""
    try:
        with socket.socket() as listening:
            listening.bind((_host(address) or "localhost", 0))
    except OSError:
        return False
    return True


def _host(address: str) -> str:
    return address.removeprefix("ray://").rpartition(":")[0]


def _refuse_silent(address: str) -> None:
    """Refuse an address at which nobody answers. Ray itself asks for minutes."""
    host = _host(address)
    if not host:
        return
    try:
        socket.create_connection((host, int(address.rpartition(":")[2])), PATIENCE).close()
    except (OSError, ValueError) as error:
        raise _no_cluster(address, str(error)) from error


def _no_cluster(address: str, reason: str) -> Failure:
    return Failure(
        f"There is no Ray cluster at {address}: {reason}",
        "Give ADDRESS= what `ray start --head` printed, or nothing for this machine alone.",
    )


def _reason(error: BaseException) -> Failure:
    """The `Failure` that a worker raised, or one that quotes what Ray says."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Failure):
            return cause
        cause = getattr(cause, "cause", None) or cause.__cause__
    last = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    return Failure(
        f"The cluster gave up: {last}",
        "Look into its logs and run the same command again: what has arrived is kept.",
    )
