"""Paths by the hundred thousand: a whole tree's are asked as one text, since a call for each would take ten times as long."""

from collections.abc import Iterable, Sequence

_END = "\0"  # in no path
_TAIL = 3  # characters; the shortest ending that is asked for


def ending(paths: Sequence[str], endings: Iterable[str]) -> list[str]:
    """Those of `paths` that end, in small letters, with any of `endings`, which have three characters or more."""
    written = {path[-_TAIL:] for path in paths}  # few (.py, .md), and they rule out nearly all endings
    tails = {each.lower()[-_TAIL:] for each in written}
    return holding(paths, [each + _END for each in endings if each[-_TAIL:] in tails])


def holding(paths: Sequence[str], parts: Iterable[str]) -> list[str]:
    """Those of `paths` in which any of `parts` stands, in small letters; a NUL stands at each path's end."""
    parts = tuple(parts)
    if not parts:
        return []
    together = _END.join(["", *paths, ""])
    small = together.lower()
    if len(small) != len(together):  # some letters are two when they are small
        return [path for path in paths if any(part in path.lower() + _END for part in parts)]
    found: dict[int, str] = {}
    for part in parts:
        at = small.find(part)
        while at >= 0:
            start = together.rfind(_END, 0, at + 1) + 1
            end = together.find(_END, start)
            found[start] = together[start:end]
            at = small.find(part, end)
    return [found[start] for start in sorted(found)]
