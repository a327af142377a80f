"""How many pictures a model names rightly, and the lines that say so at the end of a run."""

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
    """How many pictures of a part are named rightly, and the mean log-loss over them.

    Then the same two counts with the labels that are known to be wrong put right: pictures that
    show neither class or both are left out. Last, of how many pictures the model is sure, and how
    many of these are named rightly.
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
        """The share that is named rightly."""
        return self.right / self.total

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95% confidence interval."""
        return wilson(self.right, self.total)


@dataclass(frozen=True)
class Scores:
    """The score on the validation part, which had a say in temperature and threshold, and on the
    test part, which had none.
    """

    validation: Score
    test: Score | None


def last_lines(scores: Scores, build: Path) -> list[str]:
    """What a run ends with: the accuracies, and where the model and the picture are."""
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
    sure = f"sure of {test.sure} of them, and right about {test.sure_right}"
    others = 'the others are answered with "not sure"'
    return [
        f"test accuracy {test.accuracy:.4f}, 95% interval {low:.4f} to {high:.4f}, {test.right} "
        f"of {test.total} pictures",
        *_corrected(test, "test"),
        f"  {sure}; {others}",
    ]


def _corrected(score: Score, part: str) -> list[str]:
    """The score with corrected labels, where there are any to correct."""
    if (score.right, score.total) == (score.trusted_right, score.trusted_total):
        return []
    return [
        f"  {score.trusted_right} of {score.trusted_total} in {part} where labels that are known "
        "to be wrong are corrected"
    ]


def score(answers: Floats, rows: Sequence[Row], classes: list[str], threshold: float) -> Score:
    """Score `answers`, `(n, classes)`, on `rows`: with labels as given, and as corrected."""
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
    """The score in a line, with the classes."""
    low, high = score.interval
    names = " or ".join(classes) if len(classes) < 4 else f"{len(classes)} classes"
    return (
        f"{names}: validation accuracy {score.accuracy:.3f} ({low:.3f} to {high:.3f}, "
        f"{score.total} pictures)"
    )
