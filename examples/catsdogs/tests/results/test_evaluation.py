"""Evaluation, on cases that were computed manually."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catsdogs.data.manifest import Row
from catsdogs.results import evaluation, predictions
from catsdogs.results.predictions import Predictions
from catsdogs.results.statistics import wilson


def predicted(labels: list[int], dog: list[float]) -> Predictions:
    """Predictions for cats (0) and dogs (1) from the probabilities of a dog."""
    names = [f"{number}.jpg" for number in range(len(labels))]
    return Predictions(
        ["cat", "dog"], names, np.array(labels), np.array([[1 - share, share] for share in dog])
    )


MIXED = predicted([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.95, 0.4, 0.8, 0.9])


def test_confusion_has_true_classes_in_rows() -> None:
    """A row is the true class, a column the predicted class."""
    assert evaluation.confusion(MIXED).tolist() == [[2, 1], [1, 2]]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_area_is_the_share_of_pairs_in_order(rows: list[tuple[bool, int]]) -> None:
    """The area under the curve is the share of (dog, cat) pairs in which the dog scores higher;
    ties count half.
    """
    found = predicted([int(dog) for dog, _ in rows], [score / 5 for _, score in rows])
    dogs, cats = ([score for dog, score in rows if dog is kind] for kind in (True, False))
    if dogs and cats:
        pairs = [(mine > other) + (mine == other) / 2 for mine in dogs for other in cats]
        assert evaluation.roc(found, 1).area == pytest.approx(sum(pairs) / len(pairs))


def test_reliability_and_its_error() -> None:
    """Pictures are binned by confidence; the error is the mean gap between confidence and
    accuracy.
    """
    found = predicted([1, 1, 1, 0], [0.9, 0.9, 0.6, 0.6])
    assert [(one.confidence, one.accuracy, one.count) for one in evaluation.reliability(found)] == [
        (pytest.approx(0.6), 0.5, 2),
        (pytest.approx(0.9), 1.0, 2),
    ]
    assert evaluation.calibration_error(evaluation.reliability(found)) == pytest.approx(0.1)


def test_bins_of_equal_counts() -> None:
    """Bins have equal counts, in the order of confidence, with the interval of their accuracy."""
    found = predicted([1] * 40 + [0] * 5, [0.999] * 20 + [0.9] * 20 + [0.6] * 5)
    bins = evaluation.equal_bins(found)
    assert [one.count for one in bins] == [23, 22]
    assert (bins[0].low, bins[0].high) == (pytest.approx(0.6), pytest.approx(0.9))
    assert bins[0].accuracy == pytest.approx(18 / 23)
    assert bins[0].interval == wilson(18, 23)
    assert len(evaluation.equal_bins(MIXED)) == 1
    assert len(evaluation.equal_bins(predicted([1] * 400, [0.9] * 400))) == 10


def test_the_worst_are_wrong_and_sure() -> None:
    """The result has only mistakes, sorted by confidence."""
    assert evaluation.worst(MIXED, 9) == [2, 3]
    assert evaluation.worst(MIXED, 1) == [2]


def test_examples_are_of_every_class_and_end_with_mistakes() -> None:
    """The most confident right predictions come first, classes alternating; the two most confident
    mistakes are last.
    """
    assert evaluation.examples(MIXED, 5) == [0, 5, 1, 2, 3]
    assert evaluation.examples(MIXED, 3) == [0, 2, 3]
    assert evaluation.examples(predicted([0, 1], [0.1, 0.8]), 6) == [0, 1]


def test_the_table_survives_writing_and_reading(tmp_path: Path) -> None:
    """A table that was written can be read again, with any characters in names."""
    rows = [
        Row(f"größer, {number}.jpg", "ab", label, "validation")
        for number, label in enumerate(["cat", "dog"])
    ]
    predictions.write(
        rows, ["cat", "dog"], np.array([[0.25, 0.75], [0.125, 0.875]]), tmp_path / "table.csv"
    )
    found = predictions.read(tmp_path / "table.csv")
    assert found.names == [row.path for row in rows]
    assert found.labels.tolist() == [0, 1]
    assert found.digests == ["ab", "ab"]
    assert found.probabilities.tolist() == [[0.25, 0.75], [0.125, 0.875]]
