"""Beyond one number: which classes are mistaken for which, how well a threshold would separate, how
honest the doubts are.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catsdogs.results.predictions import Predictions

BINS = 10  # of confidence, in the reliability diagram


@dataclass(frozen=True)
class Bin:
    """Pictures of about one confidence: their mean confidence, the share that is right, and how
    many they are.
    """

    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True)
class Roc:
    """False and true positive rates as the threshold falls from 1 to 0, and the area under that
    curve.
    """

    false_positive: NDArray[np.float64]
    true_positive: NDArray[np.float64]
    area: float


def confusion(found: Predictions) -> NDArray[np.int64]:
    """How many pictures of each class, by row, were taken for each class, by column."""
    from sklearn.metrics import confusion_matrix

    classes = np.arange(len(found.classes))
    return np.asarray(confusion_matrix(found.labels, found.answers, labels=classes))


def roc(found: Predictions, index: int) -> Roc:
    """The curve for telling the class with this index from all others. Pictures of one probability
    are one step.
    """
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.metrics import auc, roc_curve

    with warnings.catch_warnings():
        # Without a picture of the class, or of the others, a rate is undefined: it counts as 0.
        warnings.simplefilter("ignore", category=UndefinedMetricWarning)
        false_positive, true_positive, _ = roc_curve(
            found.labels == index, found.probabilities[:, index], drop_intermediate=False
        )
    false_positive, true_positive = map(np.nan_to_num, (false_positive, true_positive))
    return Roc(false_positive, true_positive, float(auc(false_positive, true_positive)))


def reliability(found: Predictions) -> list[Bin]:
    """The pictures in `BINS` equal steps of confidence, without the empty ones.

    scikit-learn's `calibration_curve` gives no counts, which the chart and the error need.
    """
    place = np.minimum((found.confidence * BINS).astype(int), BINS - 1)
    inside = [place == number for number in range(BINS)]
    return [
        Bin(
            float(found.confidence[those].mean()),
            float(found.right[those].mean()),
            int(those.sum()),
        )
        for those in inside
        if those.any()
    ]


def calibration_error(bins: list[Bin]) -> float:
    """By how much confidence and accuracy differ, on average over pictures. Naeini et al., 2015,
    AAAI.
    """
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.confidence - one.accuracy) for one in bins) / total


def worst(found: Predictions, most: int) -> list[int]:
    """The rows of the wrong answers that were given with the most confidence."""
    wrong = np.nonzero(~found.right)[0]
    return [int(row) for row in wrong[np.argsort(-found.confidence[wrong], kind="stable")][:most]]


def examples(found: Predictions, most: int) -> list[int]:
    """Rows worth a closer look: each class's surest right answer, the classes in turn, and the two
    surest mistakes.
    """
    sure = np.argsort(-found.confidence, kind="stable")
    mistakes = worst(found, min(2, most))
    by_class = [
        [int(row) for row in sure if found.right[row] and found.labels[row] == index]
        for index in range(len(found.classes))
    ]
    right = [rows[turn] for turn in range(most) for rows in by_class if turn < len(rows)]
    return right[: most - len(mistakes)] + mistakes
