"""How sure one may be of a share that was counted on so many pictures, and of a difference between
two.
"""

from math import comb, sqrt

Z95 = 1.959964  # standard deviations on either side that hold 95% of a normal distribution


def wilson(hits: int, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval for `hits` out of `total`: (lower, upper), each from 0 to 1.

    Unlike the textbook's ± it stays between 0 and 1 and holds near them. E. B. Wilson, 1927, JASA
    22, 209-212.
    """
    share = hits / total
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    middle, shrink = share + z * z / (2 * total), 1 + z * z / total
    return max(0.0, (middle - spread) / shrink), min(1.0, (middle + spread) / shrink)


def mcnemar(only_first: int, only_second: int) -> float:
    """How probable so unequal a number of pictures that only one of two models names rightly is, if
    both were as good.

    The exact, two-sided test: where they differ, a coin decides who is right. Q. McNemar, 1947,
    Psychometrika 12, 153-157.
    """
    total, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(comb(total, count) for count in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**total))
