"""Score a model's predictions for a part of the split."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catsdogs.data import corrections
from catsdogs.data.manifest import Row
from catsdogs.results.statistics import wilson
from catsdogs.training import head, learn
from catsdogs.training.head import Floats


@dataclass(frozen=True)
class Score:
    """The number of right predictions for a part of the split, and the mean log-loss.

    `trusted_*` are the same counts with known wrong labels corrected, without pictures that show
    neither class or both. `confusion` counts pictures: the true class by row, the predicted class
    by column. `sure` counts the predictions above the threshold, `sure_right` those of them that
    are right.
    """

    right: int
    total: int
    loss: float
    trusted_right: int
    trusted_total: int
    confusion: tuple[tuple[int, ...], ...] = ()
    sure: int = 0
    sure_right: int = 0

    @property
    def accuracy(self) -> float:
        """The share of right predictions."""
        return self.right / self.total

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95% confidence interval."""
        return wilson(self.right, self.total)

    @property
    def by_class(self) -> list[tuple[int, int]]:
        """The right predictions for each class's pictures, and the number of these pictures."""
        return [(row[place], sum(row)) for place, row in enumerate(self.confusion)]

    @property
    def most_common(self) -> int:
        """The index of the class with the most pictures."""
        totals = [total for _, total in self.by_class]
        return totals.index(max(totals))

    @property
    def base_rate(self) -> float:
        """The accuracy of always answering the most common class."""
        return self.by_class[self.most_common][1] / self.total

    @property
    def balanced(self) -> float:
        """The balanced accuracy: the mean over the classes that have pictures."""
        shares = [right / total for right, total in self.by_class if total]
        return sum(shares) / len(shares)


@dataclass(frozen=True)
class Scores:
    """The score on the validation part, which sets temperature and threshold, and on the test part,
    which sets nothing.
    """

    validation: Score
    test: Score | None


def score(answers: Floats, rows: Sequence[Row], classes: list[str], threshold: float) -> Score:
    """Score `answers`, `(n, classes)`, on `rows`, with original and with corrected labels."""
    labels = learn.labels(rows, classes)
    given = answers.argmax(axis=1)
    corrected = corrections.corrected(rows)
    trusted = [place for place in range(len(rows)) if corrected.get(place, "as given") != ""]
    right = [classes[given[place]] == corrected.get(place, rows[place].label) for place in trusted]
    sure = answers.max(axis=1) >= threshold
    hits = given == labels
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (labels, given), 1)
    return Score(
        int(hits.sum()),
        len(rows),
        head.log_loss(answers, labels),
        sum(right),
        len(trusted),
        tuple(map(tuple, counts.tolist())),
        int(sure.sum()),
        int((hits & sure).sum()),
    )


def title(score: Score, classes: list[str]) -> str:
    """Return the score and the classes in a line."""
    low, high = score.interval
    names = " or ".join(classes) if len(classes) < 4 else f"{len(classes)} classes"
    return (
        f"{names}: validation accuracy {score.accuracy:.3f} ({low:.3f} to {high:.3f}, "
        f"{score.total} pictures)"
    )
