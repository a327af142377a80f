"""Temperature and threshold, on logits whose truth is known."""

import numpy as np
import pytest

from catsdogs.training import calibration
from catsdogs.training.head import softmax


def drawn(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and classes drawn with just the probabilities that they say."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (count, 3))
    labels = np.array([random.choice(3, p=shares) for shares in softmax(logits)])
    return logits, labels


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_is_found(factor: float) -> None:
    """Logits that are so many times too large or too small are found to be that, and the answers
    stay the same.
    """
    logits, labels = drawn(4000)
    assert calibration.temperature(factor * logits[np.newaxis], labels) == pytest.approx(
        factor, rel=0.1
    )
    cooled = calibration.answers(factor * logits[np.newaxis], factor)
    assert np.array_equal(cooled.argmax(axis=1), logits.argmax(axis=1))
    assert np.allclose(cooled, softmax(logits))


def test_a_perfect_score_is_no_reason_for_certainty() -> None:
    """Where few pictures are all named rightly, the temperature stays near 1."""
    logits = np.array([[[3.0, -3.0], [-3.0, 3.0]]])
    assert 0.8 < calibration.temperature(logits, np.array([0, 1])) <= 1


def test_views_are_averaged() -> None:
    """The answer is the mean of what is said of each view."""
    views = np.array([[[0.0, 2.0]], [[2.0, 0.0]]])
    assert np.allclose(calibration.answers(views), [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("right", "expected"),
    [([True] * 4, 0.0), ([True, True, True, False], 0.7), ([False, True, True, True], 1.0)],
    ids=["all-right", "the-least-sure-is-wrong", "the-surest-is-wrong"],
)
def test_above_the_threshold_answers_are_right(right: list[bool], expected: float) -> None:
    """From the threshold on at least 99 in 100 are right; it is as low as can be, and 1 where there
    is none.
    """
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    labels = np.where(right, 0, 1)
    assert calibration.threshold(np.stack([confidence, 1 - confidence], axis=1), labels) == expected
