"""Find which choices decide a result, in few runs, also where several do together.

Outputs are equal if all the choices that decide are pinned, whatever else is pinned. So each answer
leaves some of the sets of choices: those within the pinned ones if the outputs were equal, the
others if not. The next question is the one that parts what is left into halves, by how often a
choice decides.
"""

import math
from collections.abc import Callable, Mapping
from itertools import combinations

from labcoat.core.records import Record

Choices = frozenset[str]


class Deciding(Record):
    """What a search found.

    `sets` are the sets of choices that may be the one that decides, the likeliest first. `pinned`
    is the smallest set with which the outputs were equal.
    """

    sets: tuple[Choices, ...]
    pinned: Choices

    @property
    def certain(self) -> Choices:
        """The choices that take part in any case."""
        return frozenset.intersection(*self.sets) if self.sets else frozenset()

    @property
    def possible(self) -> Choices:
        """The choices that may take part."""
        return frozenset().union(*self.sets)


def find_deciding(
    weights: Mapping[str, float],
    is_equal: Callable[[Choices], bool],
    can_ask: Callable[[Choices], bool],
) -> Deciding:
    """Return which choices decide, knowing that with all of them pinned outputs are equal.

    `weights` say how often each choice decides. `is_equal` compares the outputs with some choices
    pinned, `can_ask` says whether there are runs left for that.
    """
    subsets = [
        frozenset(one) for size in range(1, len(weights) + 1) for one in combinations(weights, size)
    ]
    chances = {one: math.prod(weights[name] for name in one) for one in subsets}
    pinned = frozenset(weights)
    asked = {pinned}
    while chances and chances.keys() != {pinned}:
        total = sum(chances.values())
        # One that leaves all or nothing tells nothing new, unless it confirms the last set.
        useful = {
            one: share
            for one in subsets
            if one not in asked and can_ask(one)
            for share in [sum(chances[each] for each in chances if each <= one) / total]
            if share and (share < 1 or chances.keys() == {one})
        }
        if not useful:
            break
        question = min(useful, key=lambda one: (round(abs(useful[one] - 0.5), 6), len(one)))
        asked.add(question)
        equal = is_equal(question)
        if equal and len(question) < len(pinned):
            pinned = question
        chances = {one: chance for one, chance in chances.items() if (one <= question) == equal}
    return Deciding(tuple(sorted(chances, key=lambda one: -chances[one])), pinned)
