"""Filter many paths at once: to look for each name in each path would take ten times as long."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

END = "\0"  # follows each path, and is in none
_TAIL = 3  # characters of the shortest ending
_tail_of = itemgetter(slice(-_TAIL, None))


def filter_paths(
    paths: Sequence[str], parts: Iterable[str] = (), endings: Iterable[str] = ()
) -> list[str]:
    """Return those of `paths` that contain one of `parts`, or end with one of `endings`.

    Case does not count. An ending has three characters or more.
    """
    wanted = {*_find_ending(paths, endings), *_find_containing(paths, tuple(parts))}
    return [path for path in paths if path in wanted] if wanted else []


def _find_ending(paths: Sequence[str], endings: Iterable[str]) -> Iterable[str]:
    by_tail: dict[str, tuple[str, ...]] = {}
    for each in endings:
        by_tail[_tail_of(each)] = (*by_tail.get(_tail_of(each), ()), each)
    # The tails of paths are few (.py, .md), and they exclude nearly all endings.
    tails = {
        tail: by_tail[_tail_of(tail.lower())]
        for tail in set(map(_tail_of, paths))
        if _tail_of(tail.lower()) in by_tail
    }
    ended = zip(paths, map(_tail_of, paths), strict=True) if tails else ()
    return (path for path, tail in ended if tail in tails and path.lower().endswith(tails[tail]))


def _find_containing(paths: Sequence[str], parts: Sequence[str]) -> Iterable[str]:
    """Yield paths from one text of all of them, in which Python finds a part quickly."""
    if not parts:
        return
    together = END.join(["", *paths, ""])
    small = together.lower()
    if len(small) != len(together):  # some letters become two in lower case
        yield from (path for path in paths if any(part in f"{END}{path.lower()}" for part in parts))
        return
    for part in parts:
        at = small.find(part)
        while at >= 0:
            start = together.rfind(END, 0, at + 1) + 1
            end = together.find(END, start)
            yield together[start:end]
            at = small.find(part, end)
