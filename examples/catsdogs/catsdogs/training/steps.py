"""Train models of more than one layer by steps: in batches of a few pictures, for several epochs.

Each epoch uses every picture once, in an order and a view that depend only on the seed. Inputs are
read from the cache batch by batch, so memory use does not grow with the number of pictures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catsdogs.network import engine
from catsdogs.support.cache import Rows
from catsdogs.support.progress import track
from catsdogs.training.head import Floats, accuracy, log_loss, softmax

if TYPE_CHECKING:
    import keras

AT_ONCE = 64  # pictures in one prediction


@dataclass(frozen=True)
class Course:
    """The epochs, the pictures in a step, and Adam's initial learning rate, which falls to zero."""

    epochs: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Shown:
    """Pictures by their sha256, with the indices of their classes, in cached views; and how much
    each counts in training, if not all count the same.
    """

    views: Sequence[Rows]
    digests: Sequence[str]
    labels: NDArray[np.int64]
    weights: Floats | None = None


def train(
    model: "keras.Model", shown: Shown, watched: Shown, course: Course, seed: int
) -> dict[str, list[float]]:
    """Train `model`, from inputs to logits, in place; return losses and accuracies after each
    epoch.

    `watched` is only monitored.
    """
    keras = engine.start(seed)
    steps = -(-len(shown.digests) // course.batch)
    rate = keras.optimizers.schedules.CosineDecay(course.rate, steps * course.epochs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(rate)
    model.compile(optimizer, loss, metrics=[keras.metrics.SparseCategoricalAccuracy()])
    # Variables that the first step would create make TensorFlow trace the step twice.
    optimizer.build(model.trainable_variables)
    history: dict[str, list[float]] = {
        "loss": [],
        "accuracy": [],
        "val_loss": [],
        "val_accuracy": [],
    }
    batches = track(_batches(shown, course, seed), len(shown.digests) * course.epochs, "Training")
    for number, (inputs, labels, weights) in enumerate(batches, 1):
        means = model.train_on_batch(inputs, labels, weights)  # over the epoch so far
        if number % steps == 0:
            model.reset_metrics()
            seen = softmax(logits(model, watched.views[0], watched.digests, model.output_shape[-1]))
            now = (
                float(means[0]),
                float(means[1]),
                log_loss(seen, watched.labels),
                accuracy(seen, watched.labels),
            )
            for name, value in zip(history, now, strict=True):
                history[name].append(value)
    return history


def _batches(
    shown: Shown, course: Course, seed: int
) -> Iterator[tuple[tuple[NDArray[np.float32], NDArray[np.int64], Floats | None], int]]:
    """Yield inputs, labels and weights of each step, and their number.

    A picture's views alternate between epochs, starting at a view that depends on its sha256.
    """
    starts = [int(digest[:8], 16) for digest in shown.digests]
    for epoch in range(course.epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(shown.digests))
        for start in range(0, len(order), course.batch):
            chosen = order[start : start + course.batch]
            rows = [
                shown.views[(starts[at] + epoch) % len(shown.views)].of([shown.digests[at]])[0]
                for at in chosen
            ]
            weights = None if shown.weights is None else shown.weights[chosen]
            yield (np.stack(rows).astype(np.float32), shown.labels[chosen], weights), len(chosen)


def logits(model: "keras.Model", rows: Rows, digests: Sequence[str], classes: int) -> Floats:
    """Return the logits of `model` for these pictures, `(n, classes)`."""
    if not digests:
        return np.zeros((0, classes))
    chunks = [digests[start : start + AT_ONCE] for start in range(0, len(digests), AT_ONCE)]
    return np.concatenate(
        [model.predict_on_batch(rows.of(chunk).astype(np.float32)) for chunk in chunks]
    ).astype(np.float64)
