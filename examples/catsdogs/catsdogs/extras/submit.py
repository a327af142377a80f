"""Kaggle's submission file: the number and the predicted class of each picture without a label."""

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from catsdogs.data.dataset import Picture
from catsdogs.data.sources import Source
from catsdogs.errors import CatsdogsError
from catsdogs.network import features
from catsdogs.network.features import Sight
from catsdogs.results import bundle, predict
from catsdogs.results.bundle import Note
from catsdogs.results.choice import Chosen
from catsdogs.results.outputs import SUBMISSION
from catsdogs.support import terminal
from catsdogs.support.atomic import aside
from catsdogs.support.progress import track
from catsdogs.training.head import Floats, Head
from catsdogs.training.lessons import FEATURES, LESSONS

if TYPE_CHECKING:
    import keras

# No probability is nearer to 0 or 1: Kaggle scores the logarithm, and one sure mistake in thousands
# would decide the score.
CLIP = 0.005


def check(pictures: tuple[Picture, ...]) -> None:
    """Raise `CatsdogsError` if there are no pictures to predict."""
    if not pictures:
        raise CatsdogsError(
            "the data has no pictures without a class to predict",
            "Set `DATA=` to Kaggle's whole download, which contains test1.zip, or use "
            "`make predict FILES=…`",
        )


def write(chosen: Chosen, source: Source, pictures: tuple[Picture, ...]) -> Path:
    """Write the model's predictions of `pictures` to a file beside the model; return its path."""
    check(pictures)
    whole, note = bundle.load(chosen.model)
    lesson = LESSONS.get(chosen.lesson)
    if lesson and lesson.start == FEATURES:
        answers = _from_features(whole, note, chosen, source, pictures)
    else:
        answers = np.stack(list(_from_pictures(whole, note, source, pictures)))
    target = chosen.model.with_name(SUBMISSION)
    _write(pictures, note.classes, answers, target)
    return target


def _from_features(
    whole: "keras.Model", note: Note, chosen: Chosen, source: Source, pictures: tuple[Picture, ...]
) -> Floats:
    """Return probabilities, `(n, classes)`, from the frozen features, which are computed once."""
    settings = chosen.settings
    head = Head(*whole.get_layer("head").get_weights())
    sights = [Sight(settings.network(), view=view) for view in range(note.views)]
    features.prepare(source, pictures, sights, settings.cache)
    digests = [picture.digest for picture in pictures]
    seen = [features.kept(sight, settings.cache).of(digests) for sight in sights]
    return np.asarray(np.mean([head.probabilities(view) for view in seen], axis=0))


def _from_pictures(
    whole: "keras.Model", note: Note, source: Source, pictures: tuple[Picture, ...]
) -> Iterator[Floats]:
    """Yield the probabilities of each picture, `(classes,)`, from a network that has no frozen
    features.
    """
    reads = ((one.name, partial(source.read, one.name)) for one in pictures)
    one_each = ((one, 1) for one in predict.predictions(whole, note, reads))
    for name, probabilities in track(one_each, len(pictures), "Predicting"):
        if isinstance(probabilities, str):
            raise CatsdogsError(
                f"cannot read `{name}`: {probabilities}", "Run the same command again"
            )
        yield probabilities


def _write(
    pictures: tuple[Picture, ...], classes: list[str], answers: Floats, target: Path
) -> None:
    """Write CSV in the order of ids: `id,label`, where the label is the second class's probability.

    With more than two classes there is a column for each. Probabilities are clipped, which a line
    on standard error says.
    """
    clipped = int(((answers < CLIP) | (answers > 1 - CLIP)).any(axis=1).sum())
    if clipped:
        terminal.print_notes(
            [
                f"{clipped} of {len(answers)} probabilities clipped to {CLIP} and {1 - CLIP}: "
                f"{target}"
            ]
        )
    answers = np.clip(answers, CLIP, 1 - CLIP)
    columns = ["label"] if len(classes) == 2 else classes
    numbered = sorted(
        zip(
            _ids(pictures),
            answers[:, -len(columns) :].tolist(),
            strict=True,
        )
    )
    with aside(target) as room, room.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", *columns])
        writer.writerows(
            [number, *(f"{share:.6f}" for share in shares)] for number, shares in numbered
        )


def _ids(pictures: tuple[Picture, ...]) -> list[int] | list[str]:
    """Return the numbers in the names of the pictures, or their names if not all are numbers."""
    names = [PurePosixPath(picture.name).stem for picture in pictures]
    return [int(name) for name in names] if all(map(str.isdecimal, names)) else names
