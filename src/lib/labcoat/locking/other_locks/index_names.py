"""Which of a lock's indexes is the usual one, and which is another."""

from collections import Counter
from collections.abc import Callable, Iterable


def other_index(addresses: Iterable[str]) -> Callable[[str], str]:
    """Return a function that returns an address unless it is the one of most packages.

    Empty stands for the tool's default, and is never another one.
    """
    counted = Counter(addresses).most_common(1)
    usual = counted[0][0] if counted else ""
    return lambda address: "" if address == usual else address
