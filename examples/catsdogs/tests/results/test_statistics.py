"""Confidence intervals and p-values, compared with published figures."""

import pytest

from catsdogs.results.statistics import mcnemar, wilson


@pytest.mark.parametrize(
    ("hits", "total", "expected"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
    ids=str,
)
def test_wilson(hits: int, total: int, expected: tuple[float, float]) -> None:
    """The intervals of Newcombe, 1998, Statistics in Medicine 17, 857-872, table I, method 3."""
    assert wilson(hits, total) == pytest.approx(expected, abs=6e-5)


def test_without_pictures_nothing_is_known() -> None:
    """A class without pictures in a part has an interval from 0 to 1."""
    assert wilson(0, 0) == (0, 1)


def test_the_interval_stays_between_0_and_1() -> None:
    """Even if all predictions are right, the interval does not exceed 1."""
    low, high = wilson(50, 50)
    assert low < 1
    assert high == pytest.approx(1)
    assert high <= 1


@pytest.mark.parametrize(
    ("only_first", "only_second", "expected"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (2, 10, 0.0386), (1, 9, 0.0215)],
    ids=str,
)
def test_mcnemar(only_first: int, only_second: int, expected: float) -> None:
    """The p-value is twice the tail of a fair coin's tosses, whichever model is better."""
    assert mcnemar(only_first, only_second) == pytest.approx(expected, abs=1e-4)
    assert mcnemar(only_second, only_first) == mcnemar(only_first, only_second)
