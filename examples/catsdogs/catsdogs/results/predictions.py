"""The model's predictions for a part of the split, as a CSV file for other programs."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catsdogs.data.manifest import Row
from catsdogs.support.atomic import aside


@dataclass(frozen=True)
class Predictions:
    """Names of `n` pictures, indices of their classes `(n,)`, probabilities `(n, classes)`, and the
    pictures' sha256 if they are known.
    """

    classes: list[str]
    names: list[str]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    digests: Sequence[str] = ()

    @property
    def answers(self) -> NDArray[np.int64]:
        """The index of each picture's most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of each picture's most probable class."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which predictions are right."""
        return np.asarray(self.answers == self.labels)


def write(
    rows: Sequence[Row], classes: Sequence[str], probabilities: NDArray[np.float64], target: Path
) -> None:
    """Write the table as CSV: `path,sha256,label`, and a column for each class."""
    with (
        aside(target) as room,
        room.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "sha256", "label", *classes])
        for row, shares in zip(rows, probabilities, strict=True):
            writer.writerow(
                [row.path, row.sha256, row.label, *(f"{share:.8f}" for share in shares)]
            )


def read(path: Path) -> Predictions:
    """Return the table that `write` wrote."""
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        header, *lines = csv.reader(file)
    classes = header[3:]
    return Predictions(
        classes,
        [line[0] for line in lines],
        np.array([classes.index(line[2]) for line in lines], dtype=np.int64),
        np.array([[float(share) for share in line[3:]] for line in lines]),
        [line[1] for line in lines],
    )
