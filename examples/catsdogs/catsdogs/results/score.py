"""Score a model's predictions, and write the last lines of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from catsdogs.data import corrections
from catsdogs.data.split import Row
from catsdogs.results.outputs import CURVES, MODEL
from catsdogs.results.statistics import wilson
from catsdogs.training import head, learn
from catsdogs.training.head import Floats


@dataclass(frozen=True)
class Score:
    """The number of right predictions for a part of the split, and the mean log-loss.

    `trusted_*` are the same counts with known wrong labels corrected, without pictures that show
    neither class or both. `sure` counts the predictions above the threshold, `sure_right` those of
    them that are right.
    """

    right: int
    total: int
    loss: float
    trusted_right: int
    trusted_total: int
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


@dataclass(frozen=True)
class Scores:
    """The score on the validation part, which sets temperature and threshold, and on the test part,
    which sets nothing.
    """

    validation: Score
    test: Score | None


def last_lines(scores: Scores, build: Path) -> list[str]:
    """Return the last lines of a run: accuracies, and the paths of the model and the curves."""
    validation = scores.validation
    low, high = validation.interval
    return [
        *(_test_lines(scores.test) if scores.test else []),
        *_corrected(validation, "validation"),
        f"validation accuracy {validation.accuracy:.4f}, 95% interval {low:.4f} to {high:.4f}, "
        f"{validation.right} of {validation.total} pictures",
        f"model  {build / MODEL}",
        f"curves {build / CURVES}",
    ]


def _test_lines(test: Score) -> list[str]:
    low, high = test.interval
    sure = f"sure of {test.sure} of them, of which {test.sure_right} are right"
    others = 'the other predictions are "not sure"'
    return [
        f"test accuracy {test.accuracy:.4f}, 95% interval {low:.4f} to {high:.4f}, {test.right} "
        f"of {test.total} pictures",
        *_corrected(test, "test"),
        f"  {sure}; {others}",
    ]


def _corrected(score: Score, part: str) -> list[str]:
    """Return a line with the score for corrected labels, if any label is corrected."""
    if (score.right, score.total) == (score.trusted_right, score.trusted_total):
        return []
    return [
        f"  {score.trusted_right} of {score.trusted_total} in {part} with known wrong labels "
        "corrected"
    ]


def score(answers: Floats, rows: Sequence[Row], classes: list[str], threshold: float) -> Score:
    """Score `answers`, `(n, classes)`, on `rows`, with original and with corrected labels."""
    labels = learn.labels(rows, classes)
    given = answers.argmax(axis=1)
    corrected = corrections.corrected(rows)
    trusted = [place for place in range(len(rows)) if corrected.get(place, "as given") != ""]
    right = [classes[given[place]] == corrected.get(place, rows[place].label) for place in trusted]
    sure = answers.max(axis=1) >= threshold
    hits = given == labels
    loss = head.log_loss(answers, labels)
    return Score(
        int(hits.sum()),
        len(rows),
        loss,
        sum(right),
        len(trusted),
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
