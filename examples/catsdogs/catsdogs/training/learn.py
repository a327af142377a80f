"""Run one lesson on one split: load the frozen outputs, train the rest, and predict."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catsdogs.data import split
from catsdogs.data.dataset import Picture
from catsdogs.data.manifest import TEST, TRAINING, VALIDATION, Row
from catsdogs.data.sources import Source
from catsdogs.network import features
from catsdogs.network.features import Sight
from catsdogs.network.model import POOLED, RGB, Network
from catsdogs.support.cache import Rows
from catsdogs.training import calibration, head, models, steps
from catsdogs.training.calibration import Sure
from catsdogs.training.head import Floats, Head, Part
from catsdogs.training.lessons import FEATURES, HIDDEN, LAST_BLOCK, LAST_TWO, PIXELS, Lesson
from catsdogs.training.steps import Shown

if TYPE_CHECKING:
    import keras

FOLDS = 5  # to predict the training pictures with heads that were not trained on them


@dataclass(frozen=True)
class Material:
    """What lessons learn from: the source, its pictures and classes; and the cache of features."""

    source: Source
    pictures: Sequence[Picture]
    classes: list[str]
    cache: Path


@dataclass(frozen=True)
class Learned:
    """The outcome of a lesson. Logits of validation and test have the shape `(views, n, classes)`.

    `head` is set if there is a linear head on averaged features; `trained` has the layers before it
    that were trained, if any.
    """

    validation: Floats
    test: Floats
    history: dict[str, list[float]]
    trainable: int
    seconds: float
    head: Head | None = None
    trained: "keras.Model | None" = None


def numbers(lesson: Lesson) -> range:
    """Return the numbers of the views that a lesson trains on, and averages predictions over."""
    return range(lesson.views)


def boundary(lesson: Lesson, network: Network) -> str:
    """Return the name of the last frozen layer."""
    cuts = network.backbone.cuts
    return {PIXELS: RGB, FEATURES: POOLED, HIDDEN: POOLED, LAST_BLOCK: cuts[0], LAST_TWO: cuts[-1]}[
        lesson.start
    ]


def sights(lesson: Lesson, network: Network) -> list[Sight]:
    """Return all frozen outputs of a lesson. Fine-tuning starts with a head on frozen features."""
    ends = dict.fromkeys(
        [boundary(lesson, network), *([POOLED] if lesson.start in {LAST_BLOCK, LAST_TWO} else [])]
    )
    return [Sight(network, end, view) for end in ends for view in numbers(lesson)]


def labels(rows: Sequence[Row], classes: list[str]) -> NDArray[np.int64]:
    """Return the indices of the rows' classes."""
    places = {name: place for place, name in enumerate(classes)}
    return np.array([places[row.label] for row in rows], dtype=np.int64)


def learn(lesson: Lesson, material: Material, rows: Sequence[Row], network: Network) -> Learned:
    """Train on the training part of `rows`, with the seed of the network's weights."""
    wanted = sights(lesson, network)
    features.prepare(material.source, material.pictures, wanted, material.cache)
    kept = {sight: features.kept(sight, material.cache) for sight in wanted}
    seen = [kept[Sight(network, boundary(lesson, network), view)] for view in numbers(lesson)]
    parts = {
        part: [row for row in rows if row.part == part] for part in (TRAINING, VALIDATION, TEST)
    }
    shown = {
        part: Shown(seen, [row.sha256 for row in members], labels(members, material.classes))
        for part, members in parts.items()
    }
    shown[TRAINING] = _weighted(shown[TRAINING], lesson)
    by = _learn_head if lesson.start == FEATURES else _learn_by_steps
    return by(lesson, network, kept, shown, len(material.classes))


def _weighted(training: Shown, lesson: Lesson) -> Shown:
    return replace(training, weights=head.balanced(training.labels) if lesson.balance else None)


def _watched(shown: Mapping[str, Shown]) -> Shown:
    """Return the part to monitor during training: validation or, without pictures in it, test."""
    return shown[VALIDATION] if shown[VALIDATION].digests else shown[TEST]


def _learn_head(
    lesson: Lesson, _: Network, __: Mapping[Sight, Rows], shown: Mapping[str, Shown], classes: int
) -> Learned:
    started = time.monotonic()
    fitted, history = _fit(shown[TRAINING], _watched(shown), classes)
    validation, test = (_head_logits(fitted, shown[part], lesson) for part in (VALIDATION, TEST))
    trainable = fitted.kernel.size + fitted.bias.size
    return Learned(validation, test, history, trainable, time.monotonic() - started, fitted)


def _learn_by_steps(
    lesson: Lesson,
    network: Network,
    kept: Mapping[Sight, Rows],
    shown: Mapping[str, Shown],
    classes: int,
) -> Learned:
    if lesson.course is None:
        raise ValueError(f"{lesson.name} has no training course")
    started = time.monotonic()
    trained = _to_train(lesson, network, kept, shown[TRAINING], classes)
    history = steps.train(
        trained, shown[TRAINING], _watched(shown), lesson.course, network.weights.seed
    )
    validation, test = (
        np.stack(
            [
                steps.logits(trained, shown[part].views[view], shown[part].digests, classes)
                for view in numbers(lesson)
            ]
        )
        for part in (VALIDATION, TEST)
    )
    trainable = sum(int(np.prod(weight.shape)) for weight in trained.trainable_weights)
    seconds = time.monotonic() - started
    if lesson.start not in {LAST_BLOCK, LAST_TWO}:
        return Learned(validation, test, history, trainable, seconds)
    return Learned(
        validation,
        test,
        history,
        trainable,
        seconds,
        Head(*trained.get_layer("head").get_weights()),
        trained,
    )


def _fit(training: Shown, watched: Shown, classes: int) -> tuple[Head, dict[str, list[float]]]:
    """Fit the head on all views of the training pictures."""
    return head.fit(
        _part(training),
        Part(watched.views[0].of(watched.digests).astype(np.float32), watched.labels),
        classes,
        len(training.views),
    )


def _part(training: Shown) -> Part:
    """Return the features of all views of the training pictures."""
    views = len(training.views)
    seen = np.concatenate([view.of(training.digests).astype(np.float32) for view in training.views])
    weights = None if training.weights is None else np.tile(training.weights, views)
    return Part(seen, np.tile(training.labels, views), weights)


def _head_logits(fitted: Head, shown: Shown, lesson: Lesson) -> Floats:
    if not shown.digests:
        return np.zeros((len(numbers(lesson)), 0, len(fitted.bias)))
    return np.stack(
        [fitted.logits(shown.views[view].of(shown.digests)) for view in numbers(lesson)]
    )


def _to_train(
    lesson: Lesson, network: Network, kept: Mapping[Sight, Rows], training: Shown, classes: int
) -> "keras.Model":
    """Return the model to train by steps, before its first step."""
    if lesson.start == PIXELS:
        return models.small(network, lesson.dropout, classes)
    if lesson.start == HIDDEN:
        return models.hidden(network, training.views[0].shards[0].shape[1], lesson.dropout, classes)
    pooled = [kept[Sight(network, POOLED, view)] for view in numbers(lesson)]
    frozen = replace(training, views=pooled)
    fitted, _ = _fit(frozen, frozen, classes)
    return models.rest(network, boundary(lesson, network), fitted)


def held_out(
    lesson: Lesson, material: Material, rows: Sequence[Row], network: Network
) -> tuple[Floats, NDArray[np.int64]]:
    """Return logits of the training pictures, `(views, n, classes)`, by heads that were not trained
    on them, and their labels: cross-fitted, so that they are like those of other pictures.

    Lessons that train by steps have none, because each fold would take as long as the lesson. One
    training picture a class leaves none either.
    """
    classes = len(material.classes)
    nothing = np.zeros((lesson.views, 0, classes)), np.zeros(0, np.int64)
    if lesson.start != FEATURES:
        return nothing
    seen = [features.kept(sight, material.cache) for sight in sights(lesson, network)]
    trained = {row.sha256 for row in rows if row.part == TRAINING}
    members = [picture for picture in material.pictures if picture.digest in trained]
    logits, known = [], []
    for fold in split.folds(members, network.weights.seed, FOLDS):
        training, test = (
            Shown(seen, [row.sha256 for row in part], labels(part, material.classes))
            for part in ([row for row in fold if row.part == one] for one in (TRAINING, TEST))
        )
        if test.digests and training.digests:
            part = _part(_weighted(training, lesson))
            fitted = head.fit_only(part, classes, lesson.views)
            logits.append(_head_logits(fitted, test, lesson))
            known.append(test.labels)
    return (np.concatenate(logits, axis=1), np.concatenate(known)) if known else nothing


def calibrated(
    validation: tuple[Floats, NDArray[np.int64]], held_out: tuple[Floats, NDArray[np.int64]]
) -> tuple[float, Sure]:
    """Return the temperature, from logits and labels of the validation part, and the threshold,
    from these and others that were held out of training.
    """
    warmth = calibration.temperature(*validation)
    answers = [calibration.answers(logits, warmth) for logits, _ in (validation, held_out)]
    known = np.concatenate([validation[1], held_out[1]])
    return warmth, calibration.sure(np.concatenate(answers), known)
