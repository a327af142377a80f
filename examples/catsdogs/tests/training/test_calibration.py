"""Temperature and threshold, on logits with known probabilities."""

import numpy as np
import pytest

from catsdogs.training import calibration
from catsdogs.training.head import softmax


def drawn(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return logits, and classes drawn with their probabilities."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (count, 3))
    labels = np.array([random.choice(3, p=shares) for shares in softmax(logits)])
    return logits, labels


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_is_found(factor: float) -> None:
    """The temperature of logits scaled by a factor is that factor; predictions stay the same."""
    logits, labels = drawn(4000)
    assert calibration.temperature(factor * logits[np.newaxis], labels) == pytest.approx(
        factor, rel=0.1
    )
    cooled = calibration.answers(factor * logits[np.newaxis], factor)
    assert np.array_equal(cooled.argmax(axis=1), logits.argmax(axis=1))
    assert np.allclose(cooled, softmax(logits))


def test_a_perfect_score_keeps_the_temperature_near_one() -> None:
    """If all predictions for a few pictures are right, the temperature stays near 1."""
    logits = np.array([[[3.0, -3.0], [-3.0, 3.0]]])
    assert 0.8 < calibration.temperature(logits, np.array([0, 1])) <= 1


def test_views_are_averaged() -> None:
    """A prediction is the mean over the views."""
    views = np.array([[[0.0, 2.0]], [[2.0, 0.0]]])
    assert np.allclose(calibration.answers(views), [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("right", "expected"),
    [([True] * 4, 0.0), ([True, True, True, False], 0.7), ([False, True, True, True], 1.0)],
    ids=["all-right", "the-least-sure-is-wrong", "the-surest-is-wrong"],
)
def test_above_the_threshold_answers_are_right(right: list[bool], expected: float) -> None:
    """Above the threshold at least 99 in 100 are right; it is the lowest such value, or 1 if there
    is no such value.
    """
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    labels = np.where(right, 0, 1)
    assert calibration.threshold(np.stack([confidence, 1 - confidence], axis=1), labels) == expected
