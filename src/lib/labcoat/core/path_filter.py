"""Paths by the hundred thousand: a whole tree's are asked as one text, since a call for each would take ten times as long."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

END = "\0"  # stands after each path, and in none
_TAIL = 3  # characters; the shortest ending that is asked for


def filter_paths(
    paths: Sequence[str], parts: Iterable[str] = (), endings: Iterable[str] = ()
) -> list[str]:
    """Those of `paths` in which, in small letters, any of `parts` stands, or that end with any of `endings`.

    An ending has three characters or more.
    """
    written = set(
        map(itemgetter(slice(-_TAIL, None)), paths)
    )  # few (.py, .md), and they rule out nearly all endings
    tails = {each.lower()[-_TAIL:] for each in written}
    wanted = [*parts, *(each + END for each in endings if each[-_TAIL:] in tails)]
    if not wanted:
        return []
    together = END.join(["", *paths, ""])
    small = together.lower()
    if len(small) != len(together):  # some letters are two when they are small
        return [path for path in paths if any(part in path.lower() + END for part in wanted)]
    found: dict[int, str] = {}
    for part in wanted:
        at = small.find(part)
        while at >= 0:
            start = together.rfind(END, 0, at + 1) + 1
            end = together.find(END, start)
            found[start] = together[start:end]
            at = small.find(part, end)
    return [found[start] for start in sorted(found)]
