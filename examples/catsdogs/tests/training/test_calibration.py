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
    [
        ([True] * 299, (0.0, 0.99)),
        ([True] * 298, (0.0, 0.98)),
        ([True] * 299 + [False], ("the last right one", 0.99)),
        ([False] + [True] * 299, (0.0, 0.98)),
        ([True] * 29, (0.0, 0.9)),
        ([True] * 28, (1.0, 0.0)),
        ([], (1.0, 0.0)),
    ],
    ids=["299", "298", "299-and-a-mistake", "the-surest-is-wrong", "29", "28", "none"],
)
def test_a_promise_takes_a_number_of_right_predictions(
    right: list[bool], expected: tuple[float | str, float]
) -> None:
    """99 in 100 takes 299 right predictions without a mistake; fewer promise less, or nothing. The
    threshold is the lowest that keeps the promise.
    """
    confidence = np.linspace(0.99, 0.6, len(right))
    shares = np.stack([confidence, 1 - confidence], axis=1)
    found = calibration.sure(shares, np.where(right, 0, 1).astype(int))
    lowest = confidence[298] if isinstance(expected[0], str) else expected[0]
    assert (found.threshold, found.promise) == (lowest, expected[1])
    assert found.held_out == len(right)
    assert calibration.faultless(0.99) == 299
    assert calibration.faultless(0.9) == 29


def test_the_next_hundred_keep_it_too() -> None:
    """The probability is that of a beta-binomial distribution; ten mistakes in 1,695 are enough for
    the bound of 99 in 100, but not for the next hundred.
    """
    from scipy.stats import betabinom

    hits, totals = np.array([299, 1685]), np.array([299, 1695])
    found = calibration.next_keep(0.99, hits, totals)
    assert found == pytest.approx(betabinom.cdf(1, 100, totals - hits + 0.5, hits + 0.5))
    assert (calibration.at_least(hits, totals) >= 0.99).all()
    assert found[0] > calibration.CONFIDENCE > found[1]


def test_equal_confidences_stay_together() -> None:
    """The threshold does not divide predictions with the same confidence."""
    shares = np.array([[0.9, 0.1]] * 300 + [[0.8, 0.2]] * 20)
    labels = np.array([0] * 300 + [0] * 10 + [1] * 10)
    assert calibration.sure(shares, labels) == calibration.Sure(0.9, 0.99, 320)


def test_a_promise_is_kept_on_other_pictures() -> None:
    """The share of right predictions above the threshold is what was promised, or more, for 95 of
    100 models.
    """
    random = np.random.default_rng(0)
    others = random.beta(8, 0.3, 100_000)  # the probabilities of the first class
    missed = 0
    for _ in range(100):
        first = random.beta(8, 0.3, 1500)
        labels = (random.random(1500) > first).astype(int)
        sure = calibration.sure(np.stack([first, 1 - first], axis=1), labels)
        confidence = np.maximum(others, 1 - others)
        missed += confidence[confidence >= sure.threshold].mean() < sure.promise
    assert missed <= 8
