"""Features on a Ray cluster of two local nodes, one of which fails."""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import jpeg, make_tar

from catsdogs.data import dataset
from catsdogs.errors import CatsdogsError
from catsdogs.extras import cluster
from catsdogs.network import features, model
from catsdogs.network.features import Sight

ray = pytest.importorskip("ray", reason="Ray is in requirements-ray.txt")

SIZE, SHARD = 32, 4
SIGHT = Sight(model.network(SIZE, model.choose_weights("random", 0)))


def patiently(start: Callable[[], object]) -> None:
    """Start a node; retry if it is not up in half a minute, as on a busy machine."""
    for _ in range(4):
        with contextlib.suppress(Exception):
            start()
            return
    start()


@pytest.fixture
def nodes() -> Iterator[Any]:
    """A cluster with a head without processors and two nodes with one processor each."""
    from ray.cluster_utils import Cluster

    made = Cluster()
    patiently(lambda: made.add_node(num_cpus=0, include_dashboard=False))
    for _ in range(2):
        patiently(lambda: made.add_node(num_cpus=1))
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Forty-eight pictures in three tar files."""
    folder = tmp_path / "set"
    folder.mkdir()
    for number in range(3):
        numbers = range(8 * number, 8 * number + 8)
        make_tar(
            folder / f"{number}.tar",
            {f"{label}/{n}.jpg": jpeg(label, n) for label in ("cat", "dog") for n in numbers},
        )
    return folder


def test_no_features_are_lost_with_a_node(
    nodes: Any, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two nodes is killed during the computation: each picture's features are there once,
    and equal those of one machine.
    """
    monkeypatch.setattr(features, "SHARD", SHARD)
    source, found = dataset.open_data(str(shards), tmp_path / "here", 0)
    expected = features.compute(source, found.pictures, SIGHT, tmp_path / "here")
    killed = threading.Event()

    def kill() -> None:
        # Three files are the settings and two shards.
        while len(list((tmp_path / "there").glob("features/*/*.json"))) < 3:
            time.sleep(0.02)
        nodes.remove_node(nodes.worker_nodes.copy().pop(), allow_graceful=False)
        killed.set()

    threading.Thread(target=kill, daemon=True).start()
    computed = features.compute(
        source, found.pictures, SIGHT, tmp_path / "there", cluster.filler(nodes.address)
    )
    assert killed.wait(60)
    notes = [
        json.loads(path.read_text())
        for path in (tmp_path / "there").glob("features/*/*.json")
        if path.stem != "settings"
    ]
    kept = [digest for note in notes for digest in note["pictures"]]
    assert len(kept) == len(set(kept)) == 48
    digests = sorted(expected.places)
    assert sorted(kept) == digests
    assert np.allclose(computed.of(digests), expected.of(digests), rtol=1e-3, atol=1e-3)


def test_an_address_without_a_cluster_is_an_error() -> None:
    """The error names an address that does not respond."""
    with pytest.raises(CatsdogsError, match=r"no Ray cluster at `127\.0\.0\.1:9`") as refusal:
        cluster._connect("127.0.0.1:9")
    assert "ray start --head" in refusal.value.hint


def test_a_workers_error_is_passed_on() -> None:
    """A worker's error is found inside Ray's exceptions; other messages of Ray's are quoted."""
    wrapped = RuntimeError("many lines")
    wrapped.__cause__ = CatsdogsError("other weights", "use the same")
    assert cluster._reason(wrapped).message == "other weights"
    assert "the cluster failed: last" in cluster._reason(RuntimeError("first\nlast")).message


def test_workers_start_where_the_path_of_python_has_a_space(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Workers on this machine get the path of this Python, in quotes if needed; those on another
    machine use their own.
    """
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    assert "py_executable" not in cluster._program("")
    monkeypatch.setattr(sys, "executable", "/home/a stranger/.venv/bin/python")
    assert (
        cluster._program("")["py_executable"] == cluster._program("127.0.0.1:6379")["py_executable"]
    )
    assert cluster._program("")["py_executable"] == "'/home/a stranger/.venv/bin/python'"
    assert "py_executable" not in cluster._program("ray://192.0.2.1:10001")
