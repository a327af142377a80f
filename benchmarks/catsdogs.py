"""Compare the catsdogs example with the lessons it is based on.

It times the extraction of features, a step of fine-tuning and the second run of a lesson, and
measures memory.
"""

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLE = REPOSITORY / "examples/catsdogs"
PYTHON = REPOSITORY / ".venv/bin/python"
if importlib.util.find_spec("tensorflow") is None:  # needs the environment of `make venv`
    if not PYTHON.exists():
        sys.exit("TensorFlow is not installed. Run `make venv` first.")
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606 - no shell is needed
sys.path.insert(0, str(EXAMPLE))

import numpy as np  # noqa: E402

from catsdogs import settings  # noqa: E402
from catsdogs.data import dataset, split  # noqa: E402
from catsdogs.network import engine, features, model  # noqa: E402
from catsdogs.network.features import Sight  # noqa: E402
from catsdogs.network.model import POOLED  # noqa: E402
from catsdogs.results.statistics import wilson  # noqa: E402
from catsdogs.support.atomic import aside  # noqa: E402
from catsdogs.training import head, learn, lessons, models, steps  # noqa: E402

STEPS = 4  # timed together
BATCH = 32  # pictures in a step; the default of Keras' predict
OPERATIONS = 30.69e9  # of VGG16 without its top at 224 px; a multiplication and an addition are two


@dataclass(frozen=True)
class Set:
    """Pictures on disk, in a directory for each class, and their properties."""

    folder: Path
    found: dataset.Data
    source: Any
    network: model.Network


@dataclass(frozen=True)
class Rate:
    """Work per second, and per second of processor time, which depends less on other load."""

    second: float
    processor: float


def rate(call: Callable[[], int]) -> Rate:
    """Return the count that `call` returns, per second."""
    started = time.perf_counter(), time.process_time()
    count = call()
    return Rate(
        count / (time.perf_counter() - started[0]), count / (time.process_time() - started[1])
    )


def alternate(sides: dict[str, Callable[[], int]], rounds: int) -> dict[str, Rate]:
    """Return the median rate of each side; each runs once a round."""
    rates: dict[str, list[Rate]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            rates[name].append(rate(call))
            last = rates[name][-1]
            said = (
                f"  {name}: {last.second:.4g} a second, {last.processor:.4g} a processor's second"
            )
            print(said, file=sys.stderr, flush=True)
    return {
        name: Rate(
            statistics.median(one.second for one in found),
            statistics.median(one.processor for one in found),
        )
        for name, found in rates.items()
    }


def against(one: Rate, other: Rate) -> tuple[float, str]:
    """Return the ratio of `one` and `other`, and a text with it, also in processor time."""
    ratio = one.second / other.second
    return (
        ratio,
        f"{ratio:.2f} times as fast, {one.processor / other.processor:.2f} times in processor time",
    )


def unpack(options: argparse.Namespace, room: Path) -> Set:
    """Return some pictures of each class as files, which the other side reads."""
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


def dataset(of: Set) -> Any:
    """Return the pictures as the lessons read them."""
    keras = engine.start(0)
    size = (of.network.size, of.network.size)
    return keras.utils.image_dataset_from_directory(
        of.folder, image_size=size, batch_size=BATCH, shuffle=False, verbose=False, label_mode="int"
    )


def extraction(of: Set, room: Path, rounds: int) -> tuple[dict[str, Rate], float]:
    """Return pictures a second, ours and of `predict`, and how much their features differ.

    The rates include operations a second of a matrix product. Ours fills an empty cache and loads
    the network each time; `predict` uses Keras' data set and a loaded network. The difference is
    the largest one, relative to the largest feature, with the same pixels for both: they resize
    files with different libraries.
    """
    import tensorflow

    theirs = _averaged(of)
    square = tensorflow.random.normal((2048, 2048))
    count = iter(range(10**6))

    def ours() -> int:
        cache = room / f"fresh-{next(count)}"
        return len(features.compute(of.source, of.found.pictures, Sight(of.network), cache))

    def lesson() -> int:
        return len(theirs.predict(dataset(of), verbose=0))

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
    """Return steps a second of block 5 from the cache and of the whole VGG16, and both results."""
    keras = engine.start(0)
    lesson = lessons.LESSONS["finetuned"]
    end = learn.boundary(lesson, of.network)
    features.prepare(
        of.source, of.found.pictures, [Sight(of.network, end), Sight(of.network)], room / "tune"
    )
    rows = {name: features.kept(Sight(of.network, name), room / "tune") for name in (end, POOLED)}
    manifest = split.split(of.found.pictures, 0)
    training = [row for row in manifest if row.part != split.TEST]
    test = [row for row in manifest if row.part == split.TEST]
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

    step(ours, rows[end])  # the first step builds the graph
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
    """Return the whole network, from pixels to probabilities; layers after `end` are trainable."""
    whole = models.whole(of.network, fitted)
    backbone = next(layer for layer in whole.layers if hasattr(layer, "layers"))
    backbone.trainable = True
    frozen = True
    for layer in backbone.layers:
        layer.trainable = not frozen
        frozen = frozen and layer.name != end
    return whole


def second_run(options: argparse.Namespace, of: Set, room: Path) -> tuple[float, float]:
    """Return the seconds that the first and the second run of a lesson take."""
    words = [
        "lessons",
        "--data",
        of.folder,
        "--weights",
        options.weights,
        "--size",
        options.size,
        "--lessons",
        "frozen",
    ]
    taken = []
    for _ in range(2):
        started = time.perf_counter()
        _catsdogs(words, room)
        taken.append(time.perf_counter() - started)
    return taken[0], taken[1]


def memory(count: int, room: Path) -> tuple[int, int]:
    """Return the peak memory in MiB of extraction for a tenth of `count` pictures, and for all."""
    found = []
    for number in (count // 10, count):
        _draw(room / f"many-{number}", number)
        script = "import sys; from catsdogs.__main__ import main; status = main(sys.argv[1:]); "
        # getrusage would return the parent's peak if that is higher.
        script += "status_lines = open('/proc/self/status').read().splitlines(); "
        script += "print(*[line.split()[1] for line in status_lines if 'VmHWM' in line]); "
        script += "sys.exit(status)"
        words = [
            "features",
            "--data",
            room / f"many-{number}",
            "--weights",
            "random",
            "--size",
            32,
            "--build",
            room / f"b{number}",
        ]
        found.append(int(_python(["-c", script, *words], room).splitlines()[-1]) // 1024)
    return found[0], found[1]


def _draw(folder: Path, count: int) -> None:
    """Write `count` different small pictures of two classes."""
    from PIL import Image

    random = np.random.default_rng(0)
    with aside(folder) as target:
        for number in range(count):
            path = target / ("light" if number % 2 else "dark") / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = random.integers(0, 128, (48, 48, 3)) + 127 * (number % 2)
            Image.fromarray(noise.astype(np.uint8)).save(path, quality=80)


def _catsdogs(words: list[Any], room: Path) -> str:
    return _python(["-m", "catsdogs", *words], room)


def _python(words: list[Any], room: Path) -> str:
    env = os.environ | {"PYTHONPATH": str(EXAMPLE)}
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=room,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def demands(options: argparse.Namespace, room: Path) -> Iterator[tuple[bool, str]]:
    """Return for each target whether it is met, and a line about it."""
    of = unpack(options, room)
    asked = options.only
    if "extraction" in asked:
        rates, apart = extraction(of, room, options.rounds)
        ratio, said = against(rates["ours"], rates["predict"])
        yield (
            ratio >= 1.1,
            f"extraction, {of.network.size} px: {rates['ours'].second:.2f} pictures a second; "
            f"compared with predict: {said}",
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
            f"  {share:.0%} of a matrix product's rate, {product:.0f} GFLOP/s, "
            "if its convolutions were ordinary ones",
        )
        yield apart <= 1e-3, f"  features differ by {apart:.1e} of the largest at most"
    if "step" in asked:
        rates, outcome = fine_tuning(of, room, options.rounds)
        ratio, said = against(rates["ours"], rates["whole"])
        yield (
            ratio >= 5,
            f"a step of fine-tuning: {1 / rates['ours'].second:.2f} s; "
            f"compared with the whole network: {said}",
        )
        yield True, f"  ours {outcome['ours']}; the whole network's {outcome['whole']}"
    if "again" in asked:
        first, second = second_run(options, of, room)
        yield (
            first / second >= 50,
            f"a lesson: {first:.1f} s, again {second:.2f} s: {first / second:.0f} times faster",
        )
    if "memory" in asked:
        less, more = memory(options.many, room)
        yield (
            more < 3072,
            f"memory: {less} MiB for {options.many // 10} pictures, {more} MiB for {options.many}",
        )


def main() -> int:
    """Measure and print; return 0 if all targets are met, else 1."""
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
