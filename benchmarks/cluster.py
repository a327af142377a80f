"""Compare two Ray workers with one: how many pictures a second they compute features for.

Each round restarts Ray. A worker has one processor. The rate is measured while the second half of
the shards arrives, because workers load the network before that, once.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
# Replace this folder, because workers use the same path, and here catsdogs.py hides the package.
sys.path[0] = str(REPOSITORY / "examples/catsdogs")

SHARD = 8  # pictures in a worker's task


def rate(count: int, size: int, workers: int) -> float:
    """Return pictures a second with so many workers."""
    from ray.cluster_utils import Cluster

    from catsdogs.data import dataset
    from catsdogs.extras import cluster
    from catsdogs.network import features, model
    from catsdogs.network.features import Sight

    features.SHARD = SHARD
    with tempfile.TemporaryDirectory() as room:
        source, found = dataset.open_data(dataset.SYNTHETIC, Path(room), 0)
        pictures = found.pictures[:count]
        sight = Sight(model.network(size, model.choose_weights("random", 0)))
        arrived: list[float] = []
        track = cluster.track

        def timed(items: object, total: int, doing: str) -> object:
            for item in track(items, total, doing):  # type: ignore[arg-type]
                arrived.append(time.monotonic())
                yield item

        cluster.track = timed  # type: ignore[assignment]
        nodes = Cluster(
            initialize_head=True, head_node_args={"num_cpus": workers, "include_dashboard": False}
        )
        try:
            features.compute(source, pictures, sight, Path(room), cluster.filler(nodes.address))
        finally:
            cluster.track = track
            nodes.shutdown()
    later = arrived[len(arrived) // 2 :]
    return float(np.polyfit(later, np.arange(len(later)) * SHARD, 1)[0])


def main() -> None:
    """Time the rounds and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=240)
    parser.add_argument("--size", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    for number in range(options.rounds):
        one, two = (rate(options.pictures, options.size, workers) for workers in (1, 2))
        print(
            f"round {number + 1}: one worker {one:.1f} a second, two {two:.1f}, "
            f"{two / one:.2f} times as many",
            flush=True,
        )


if __name__ == "__main__":
    main()
