"""Compare the catsdogs example with the lessons that it is based on: feature extraction, a step of
fine-tuning, a second run, and memory.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLE = REPOSITORY / "examples/catsdogs"
PYTHON = REPOSITORY / ".venv/bin/python"
if importlib.util.find_spec("tensorflow") is None:  # restart in the environment of `make venv`
    if not PYTHON.exists():
        sys.exit("error: TensorFlow is not installed\nhint: Run `make venv` first")
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606, no shell is needed
sys.path.insert(0, str(EXAMPLE))

import numpy as np  # noqa: E402
from example_runs import measure_memory, time_second_run  # noqa: E402
from rates import Rate, alternate, compare_rates  # noqa: E402

from catsdogs import settings  # noqa: E402
from catsdogs.data import dataset, split  # noqa: E402
from catsdogs.data.manifest import TEST  # noqa: E402
from catsdogs.network import engine, features, model  # noqa: E402
from catsdogs.network.features import Sight  # noqa: E402
from catsdogs.network.model import POOLED  # noqa: E402
from catsdogs.results.statistics import wilson  # noqa: E402
from catsdogs.training import head, learn, lessons, models, steps  # noqa: E402

STEPS = 4  # timed together
BATCH = 32  # pictures in a step and, by default, in Keras' `predict`
# Operations of VGG16 without its top for 224 × 224 pixels, two for each multiplication and addition
OPERATIONS = 30.69e9


@dataclass(frozen=True)
class Set:
    """Pictures on disk in a folder per class, with their data and the network."""

    folder: Path
    found: dataset.Data
    source: Any
    network: model.Network


def unpack(options: argparse.Namespace, room: Path) -> Set:
    """Write some pictures of each class to files, which Keras can read."""
    chosen = settings.settle(
        str(room / "build"),
        data=options.data,
        weights=options.weights,
        size=str(options.size),
        seed=str(options.seed),
    )
    source, found = dataset.open_data(chosen.data, room / "cache", 0)
    for label in found.classes:
        members = [picture for picture in found.pictures if picture.label == label][
            : options.pictures // len(found.classes)
        ]
        for place, picture in enumerate(members):
            target = room / "set" / label / f"{place}{Path(picture.name).suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read(picture.name))
    source, found = dataset.open_data(str(room / "set"), room / "cache", 0)
    return Set(room / "set", found, source, chosen.network())


def keras_dataset(of: Set) -> Any:
    """Return the pictures as the lessons read them."""
    keras = engine.start(0)
    size = (of.network.size, of.network.size)
    return keras.utils.image_dataset_from_directory(
        of.folder, image_size=size, batch_size=BATCH, shuffle=False, verbose=False, label_mode="int"
    )


def extraction(of: Set, room: Path, rounds: int) -> tuple[dict[str, Rate], float]:
    """Return pictures a second of the example into an empty cache, and of `predict` on Keras' data
    set; and operations a second of a matrix product.

    The example loads the network each time, Keras has loaded it before. Also return the largest
    difference between features, as a share of the largest feature. The libraries resize files
    differently, so both get the same pixels for this.
    """
    import tensorflow

    theirs = _averaged(of)
    square = tensorflow.random.normal((2048, 2048))
    count = iter(range(10**6))

    def ours() -> int:
        cache = room / f"fresh-{next(count)}"
        return len(features.compute(of.source, of.found.pictures, Sight(of.network), cache))

    def lesson() -> int:
        return len(theirs.predict(keras_dataset(of), verbose=0))

    def product() -> int:
        for _ in range(20):
            tensorflow.matmul(square, square).numpy()
        return 20 * 2 * 2048**3

    rates = alternate({"ours": ours, "predict": lesson, "product": product}, rounds)
    pixels = (
        np.random.default_rng(0)
        .integers(0, 256, (4, of.network.size, of.network.size, 3))
        .astype(np.uint8)
    )
    expected = theirs.predict(pixels, verbose=0)
    return rates, float(
        np.abs(model.compiled(of.network, [POOLED])(pixels)[0] - expected).max() / expected.max()
    )


def _averaged(of: Set) -> Any:
    """Return Keras' network as in the lessons, from pixels to averaged features."""
    whole = models.whole(of.network, head.Head(np.zeros((512, 2)), np.zeros(2)))
    return engine.start(0).Model(whole.input, whole.get_layer("average").output)


def fine_tuning(of: Set, room: Path, rounds: int) -> tuple[dict[str, Rate], dict[str, str]]:
    """Return steps a second of block 5 from the cache, and of the whole VGG16 with four blocks
    frozen; and the accuracy of both.
    """
    keras = engine.start(0)
    lesson = lessons.LESSONS["finetuned"]
    end = learn.boundary(lesson, of.network)
    features.prepare(
        of.source, of.found.pictures, [Sight(of.network, end), Sight(of.network)], room / "tune"
    )
    rows = {name: features.kept(Sight(of.network, name), room / "tune") for name in (end, POOLED)}
    manifest = split.split(of.found.pictures, 0)
    training = [row for row in manifest if row.part != TEST]
    test = [row for row in manifest if row.part == TEST]
    known, truth = learn.labels(training, of.found.classes), learn.labels(test, of.found.classes)
    digests = [row.sha256 for row in training]
    seen = head.Part(rows[POOLED].of(digests).astype(np.float32), known)
    fitted, _ = head.fit(seen, seen, len(of.found.classes))

    ours = models.rest(of.network, end, fitted)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ours.compile(keras.optimizers.Adam(1e-5), loss)
    theirs = _whole(of, fitted, end)
    theirs.compile(keras.optimizers.Adam(1e-5), keras.losses.SparseCategoricalCrossentropy())
    pixels = features.compute(
        of.source, of.found.pictures, Sight(of.network, model.RGB), room / "tune"
    )
    chunks = [range(start, start + BATCH) for start in range(0, len(digests) - BATCH + 1, BATCH)][
        :STEPS
    ]

    def step(network: Any, given: Any) -> int:
        for chunk in chunks:
            network.train_on_batch(
                given.of([digests[at] for at in chunk]).astype(np.float32), known[list(chunk)]
            )
        return len(chunks)

    step(ours, rows[end])  # the first step of each builds its graph
    step(theirs, pixels)
    rates = alternate(
        {"ours": lambda: step(ours, rows[end]), "whole": lambda: step(theirs, pixels)}, rounds
    )
    outcome = {}
    for name, network, given in (("ours", ours, rows[end]), ("whole", theirs, pixels)):
        logits = steps.logits(network, given, [row.sha256 for row in test], len(of.found.classes))
        right = int((logits.argmax(axis=1) == truth).sum())
        low, high = wilson(right, len(logits))
        outcome[name] = f"{right} of {len(logits)} test pictures, {low:.3f} to {high:.3f}"
    return rates, outcome


def _whole(of: Set, fitted: head.Head, end: str) -> Any:
    """Return the network from pixels to probabilities, trainable after the layer `end`."""
    whole = models.whole(of.network, fitted)
    backbone = next(layer for layer in whole.layers if hasattr(layer, "layers"))
    backbone.trainable = True
    frozen = True
    for layer in backbone.layers:
        layer.trainable = not frozen
        frozen = frozen and layer.name != end
    return whole


def demands(options: argparse.Namespace, room: Path) -> Iterator[tuple[bool, str]]:
    """Yield, for each demand, whether it is met, and a line with the measurement."""
    of = unpack(options, room)
    asked = options.only
    if "extraction" in asked:
        rates, apart = extraction(of, room, options.rounds)
        ratio, times = compare_rates(rates["ours"], rates["predict"])
        yield (
            ratio >= 1.1,
            f"extraction, {of.network.size} px: {rates['ours'].second:.2f} pictures a second; "
            f"compared with predict {times}",
        )
        share = (
            rates["ours"].second
            * OPERATIONS
            * (of.network.size / 224) ** 2
            / rates["product"].second
        )
        product = rates["product"].second / 1e9
        yield (
            True,
            f"  {share:.0%} of a matrix product's rate, {product:.0f} GFLOP/s, if convolutions "
            "were plain",
        )
        yield apart <= 1e-3, f"  features differ by at most {apart:.1e} of the largest"
    if "step" in asked:
        rates, outcome = fine_tuning(of, room, options.rounds)
        ratio, times = compare_rates(rates["ours"], rates["whole"])
        yield (
            ratio >= 5,
            f"a step of fine-tuning: {1 / rates['ours'].second:.2f} s; compared with the whole "
            f"network's {times}",
        )
        yield True, f"  ours {outcome['ours']}; the whole network's {outcome['whole']}"
    if "again" in asked:
        first, second = time_second_run(of.folder, options.weights, options.size, room)
        yield (
            first / second >= 50,
            f"a lesson: {first:.1f} s, again {second:.2f} s: {first / second:.0f} times faster",
        )
    if "memory" in asked:
        less, more = measure_memory(options.many, room)
        yield (
            more < 3072,
            f"memory: {less} MiB for {options.many // 10} pictures, {more} MiB for {options.many}",
        )


def main() -> int:
    """Measure and print; return exit status 0 if all demands are met, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="synthetic")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=25_000)
    parser.add_argument("--only", nargs="*", default=["extraction", "step", "again", "memory"])
    options = parser.parse_args()
    for name in ("data", "weights"):
        path = Path(getattr(options, name))
        setattr(options, name, str(path.resolve()) if path.exists() else str(path))
    with tempfile.TemporaryDirectory(prefix="catsdogs-benchmark-") as name:
        results = []
        for met, line in demands(options, Path(name)):
            results.append(met)
            print(line if met else f"{line} MISSED", flush=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
