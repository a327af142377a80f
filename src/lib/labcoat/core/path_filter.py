"""Filter many paths as one text: a call for each path would take ten times as long."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

END = "\0"  # follows each path, and is in none
_TAIL = 3  # characters of the shortest ending


def filter_paths(
    paths: Sequence[str], parts: Iterable[str] = (), endings: Iterable[str] = ()
) -> list[str]:
    """Return those of `paths` that contain one of `parts`, or end with one of `endings`.

    Case does not count. An ending has three characters or more.
    """
    written = set(
        map(itemgetter(slice(-_TAIL, None)), paths)
    )  # few (.py, .md), and they exclude nearly all endings
    tails = {each.lower()[-_TAIL:] for each in written}
    wanted = [*parts, *(each + END for each in endings if each[-_TAIL:] in tails)]
    if not wanted:
        return []
    together = END.join(["", *paths, ""])
    small = together.lower()
    if len(small) != len(together):  # some letters become two in lower case
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
