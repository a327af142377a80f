"""Kaggle's submission file: the number and the predicted class of each picture without a label."""

import csv
from pathlib import Path, PurePosixPath

import numpy as np

from catsdogs import train
from catsdogs.data.dataset import Picture
from catsdogs.errors import CatsdogsError
from catsdogs.network import features
from catsdogs.network.features import Sight
from catsdogs.results import bundle, outputs
from catsdogs.settings import Settings
from catsdogs.support import terminal
from catsdogs.support.atomic import aside
from catsdogs.training import lessons
from catsdogs.training.head import Floats, Head

SUBMISSION = "submission.csv"
# No probability is nearer to 0 or 1: Kaggle scores the logarithm, and one sure mistake in thousands
# would decide the score.
CLIP = 0.005


def write(settings: Settings) -> Path:
    """Train with these settings, and write the predictions; return the file's path.

    Features are computed once.
    """
    source, found = settings.opened()
    if not found.unlabelled:
        raise CatsdogsError(
            "the data has no pictures without a class to predict",
            "Set `DATA=` to Kaggle's whole download, which contains test1.zip, or use "
            "`make predict FILES=…`",
        )
    train.run(settings, settings.fitted(lessons.LESSONS["frozen"]))
    whole, note = bundle.load(settings.build / outputs.MODEL)
    head = Head(*whole.get_layer("head").get_weights())
    sights = [Sight(settings.network(), view=view) for view in range(note.views)]
    features.prepare(source, found.unlabelled, sights, settings.cache)
    digests = [picture.digest for picture in found.unlabelled]
    seen = [features.kept(sight, settings.cache).of(digests) for sight in sights]
    answers = np.mean([head.probabilities(view) for view in seen], axis=0)
    _write(found.unlabelled, note.classes, answers, settings.build / SUBMISSION)
    return settings.build / SUBMISSION


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
