"""Evaluate predictions: confusion between classes, ROC curves, and calibration."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catsdogs.results.predictions import Predictions
from catsdogs.results.statistics import wilson

BINS = 10  # of confidence
FEWEST = 20  # pictures in a bin of equal counts: fewer say little about its accuracy


@dataclass(frozen=True)
class Bin:
    """Pictures of similar confidence: their mean confidence, accuracy, number, and their range of
    confidence.
    """

    confidence: float
    accuracy: float
    count: int
    low: float
    high: float

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95% confidence interval."""
        return wilson(round(self.accuracy * self.count), self.count)


@dataclass(frozen=True)
class Roc:
    """False and true positive rates as the threshold falls from 1 to 0, and the area under the
    curve.
    """

    false_positive: NDArray[np.float64]
    true_positive: NDArray[np.float64]
    area: float


def confusion(found: Predictions) -> NDArray[np.int64]:
    """Return the confusion matrix: true classes by row, predicted classes by column."""
    from sklearn.metrics import confusion_matrix

    classes = np.arange(len(found.classes))
    return np.asarray(confusion_matrix(found.labels, found.answers, labels=classes))


def roc(found: Predictions, index: int) -> Roc:
    """Return the ROC curve of the class with this index against all others.

    Pictures with the same probability are one step.
    """
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.metrics import auc, roc_curve

    with warnings.catch_warnings():
        # Without pictures of the class, or of the others, a rate is undefined, and set to 0.
        warnings.simplefilter("ignore", category=UndefinedMetricWarning)
        false_positive, true_positive, _ = roc_curve(
            found.labels == index, found.probabilities[:, index], drop_intermediate=False
        )
    false_positive, true_positive = map(np.nan_to_num, (false_positive, true_positive))
    return Roc(false_positive, true_positive, float(auc(false_positive, true_positive)))


def reliability(found: Predictions) -> list[Bin]:
    """Return the pictures in `BINS` equally wide bins of confidence, without empty bins.

    scikit-learn's `calibration_curve` gives no counts, which the error needs.
    """
    place = np.minimum((found.confidence * BINS).astype(int), BINS - 1)
    inside = [np.nonzero(place == number)[0] for number in range(BINS)]
    return [_bin(found, those) for those in inside if len(those)]


def equal_bins(found: Predictions) -> list[Bin]:
    """Return the pictures in at most `BINS` bins of equal counts, by confidence.

    Most predictions of a good model have a confidence near 1: bins of equal width would put nearly
    all of them in one bin.
    """
    order = np.argsort(found.confidence, kind="stable")
    count = max(1, min(BINS, len(order) // FEWEST))
    return [_bin(found, those) for those in np.array_split(order, count)]


def _bin(found: Predictions, those: NDArray[np.int64]) -> Bin:
    confidence = found.confidence[those]
    return Bin(
        float(confidence.mean()),
        float(found.right[those].mean()),
        len(those),
        float(confidence.min()),
        float(confidence.max()),
    )


def calibration_error(bins: list[Bin]) -> float:
    """Return the mean difference between confidence and accuracy, weighted by pictures.

    Naeini et al., 2015, AAAI.
    """
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.confidence - one.accuracy) for one in bins) / total


def worst(found: Predictions, most: int) -> list[int]:
    """Return the rows of the wrong predictions with the highest confidence."""
    wrong = np.nonzero(~found.right)[0]
    return [int(row) for row in wrong[np.argsort(-found.confidence[wrong], kind="stable")][:most]]


def examples(found: Predictions, most: int) -> list[int]:
    """Return rows to show: the most confident right predictions, classes alternating, and the two
    most confident mistakes.
    """
    sure = np.argsort(-found.confidence, kind="stable")
    mistakes = worst(found, min(2, most))
    by_class = [
        [int(row) for row in sure if found.right[row] and found.labels[row] == index]
        for index in range(len(found.classes))
    ]
    right = [rows[turn] for turn in range(most) for rows in by_class if turn < len(rows)]
    return right[: most - len(mistakes)] + mistakes
