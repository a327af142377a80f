"""How sure one may be of a share that was counted on so many pictures."""

from math import sqrt

Z95 = 1.959964  # standard deviations on either side that hold 95% of a normal distribution


def wilson(hits: int, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval for `hits` out of `total`: (lower, upper), each from 0 to 1.

    Unlike the textbook's ± it stays between 0 and 1 and holds near them. E. B. Wilson, 1927, JASA 22, 209-212.
    """
    share = hits / total
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    middle, shrink = share + z * z / (2 * total), 1 + z * z / total
    return max(0.0, (middle - spread) / shrink), min(1.0, (middle + spread) / shrink)
