"""The confidence interval of an accuracy, and the significance of a difference between two."""

from math import comb, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return Wilson's score interval for `hits` out of `total`: (lower, upper), each from 0 to 1.

    Unlike the textbook's ± it stays between 0 and 1 and is accurate near them. E. B. Wilson, 1927,
    JASA 22, 209-212. Without pictures it is everything from 0 to 1.
    """
    if not total:
        return 0.0, 1.0
    normal = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, room = hits / total, normal**2 / total
    middle = (share + room / 2) / (1 + room)
    half = sqrt(room * share * (1 - share) + room**2 / 4) / (1 + room)
    return (
        0.0 if hits == 0 else max(0.0, middle - half),
        1.0 if hits == total else min(1.0, middle + half),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the p-value of McNemar's exact, two-sided test.

    The arguments count the pictures that only one of two models predicts correctly. If both models
    were equally good, a coin would decide which. Q. McNemar, 1947, Psychometrika 12, 153-157.
    """
    total = only_first + only_second
    tail = sum(comb(total, hits) for hits in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**total)
