"""Compute the same features on a Ray cluster, for more pictures than one machine can process.

The pictures that the cache lacks are split into shards, as on one machine. Ray Data distributes
them to workers, each of which loads the network once and uses one processor, so that no thread
waits for another. This process writes each shard to the cache as it arrives, so an interrupted run
resumes where it stopped. If a machine fails, another one computes its shard.

Each machine of the cluster needs the packages of `requirements-ray.txt`, and the pictures and
weights under the same path. Ray sends the program itself to them.
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
from catsdogs.errors import CatsdogsError
from catsdogs.network import engine, features, model
from catsdogs.network.features import Sight
from catsdogs.support.cache import Entry
from catsdogs.support.progress import track

# The address that starts Ray on this machine's processors, for as long as this process runs
LOCAL = "local"
PATIENCE = 10  # seconds to wait for the first response of a cluster
Row = dict[str, Any]  # the type of Ray Data's items


class Worker:
    """Loads the network once, and computes one shard after another."""

    def __init__(self, path: str, sights: Sequence[Sight]) -> None:
        network = sights[0].network
        here = model.choose_weights(network.weights.choice, network.weights.seed, network.backbone)
        if here.identity != network.weights.identity:
            raise CatsdogsError(
                f"a machine of the cluster has different weights at `{network.weights.choice}`",
                "Provide the same file on all machines, under the same path",
            )
        engine.use_threads(1)
        self.source = open_source(Path(path), Path(tempfile.gettempdir()) / "catsdogs")
        self.network, self.view = network, sights[0].view
        self.see = model.compiled(network, [sight.boundary for sight in sights])

    def __call__(self, shard: Row) -> Row:
        """Return the shard's pictures, and their rows for each sight.

        Rows are bytes, because Arrow has no 16-bit tensors of any shape.
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
    """Return a function that fills a cache on the cluster at `address`.

    If `address` is empty, Ray is started on this machine.
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
    """Yield each shard's rows, in the order in which they arrive."""
    ray = _connect(address)
    try:
        most = max(1, min(int(ray.cluster_resources().get("CPU", 1)), len(shards)))
        items = [
            {"digests": shard, "names": [names[digest] for digest in shard]} for shard in shards
        ]
        # One block for each shard: Ray repeats whole blocks after a failure.
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
    # Ray sends usage statistics by default.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # its daemons write their own logs
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise CatsdogsError(
            f"`ENGINE=ray` needs a package that is not installed: {error.name}",
            "Run `make features ENGINE=ray LABCOAT_DEV_REQUIREMENTS='requirements-dev.txt "
            "requirements-ray.txt'`, or set `LABCOAT_VARIANT=ray` in a container",
        ) from error
    _refuse_silent(address)
    try:
        ray.init(
            address or LOCAL,
            runtime_env=_program(address),
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # Ray raises Exception itself and many subclasses
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if address:
            raise _no_cluster(address, reason) from error
        raise CatsdogsError(
            f"cannot start Ray on this machine: {reason}",
            "Close other programs and run the command again",
        ) from error
    ray.data.DataContext.get_current().enable_progress_bars = False  # `track` shows one
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


def _program(address: str) -> dict[str, Any]:
    """Return Ray's runtime environment for workers: this program and, on this machine, this Python.

    Ray passes the path of Python to a shell without quotes (2.60,
    _private/runtime_env/context.py), so the shell does not find a path with a space, and Ray waits
    for ever. On another machine Python may have another path.
    """
    python = shlex.quote(sys.executable)
    package = Path(__file__).parents[1]
    quoted = {"py_executable": python} if python != sys.executable and _is_here(address) else {}
    return {"py_modules": [str(package), str(model.CONVOLUTIONS)], **quoted}


def _is_here(address: str) -> bool:
    """Return whether an address belongs to this machine: a program can listen on no other."""
    try:
        with socket.socket() as listening:
            listening.bind((_host(address) or "localhost", 0))
    except OSError:
        return False
    return True


def _host(address: str) -> str:
    return address.removeprefix("ray://").rpartition(":")[0]


def _refuse_silent(address: str) -> None:
    """Refuse an address that does not respond. Ray itself tries for minutes."""
    host = _host(address)
    if not host:
        return
    try:
        socket.create_connection((host, int(address.rpartition(":")[2])), PATIENCE).close()
    except (OSError, ValueError) as error:
        raise _no_cluster(address, str(error)) from error


def _no_cluster(address: str, reason: str) -> CatsdogsError:
    return CatsdogsError(
        f"no Ray cluster at `{address}`: {reason}",
        "Set `ADDRESS=` to the address that `ray start --head` printed, or leave it empty to use "
        "this machine alone",
    )


def _reason(error: BaseException) -> CatsdogsError:
    """Return the `CatsdogsError` that a worker raised, or one that quotes Ray's message."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, CatsdogsError):
            return cause
        cause = getattr(cause, "cause", None) or cause.__cause__
    last = (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
    return CatsdogsError(
        f"the cluster failed: {last}",
        "Check its logs and run the same command again: finished shards are kept",
    )
