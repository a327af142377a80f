"""Simplify the markers of a lock for the one Python minor version that it is for.

uv writes `numpy==2.4.6 ; python_full_version < '3.12'` where a lock holds for Python 3.11 alone.
"""

from functools import lru_cache
from typing import Any

# Values of one minor version: the first and the last release.
_FIRST, _LAST = "0", "9999"


@lru_cache(maxsize=256)  # most lines of a lock have the same one
def fold_marker(marker: str, minor: str, systems: tuple[str, ...] = ()) -> str | None:
    """Return `marker` (PEP 508) without what is the same for every release of Python `minor`.

    `systems` are the values of `sys.platform` that count: that it is one of them always holds.
    Empty if it always holds, None if it never does. A marker that is not valid is returned as is.
    """
    if not marker or marker == _full_marker(minor, systems):
        return ""
    from labcoat._vendor.packaging.markers import Marker  # slow; many a lock has no other marker

    try:
        parsed: Any = Marker(marker)._markers  # packaging has no public tree
    except (ValueError, RecursionError):
        return marker
    folded = _fold_list(parsed, minor, systems)
    if isinstance(folded, bool):
        return "" if folded else None
    return folded


def _full_marker(minor: str, systems: tuple[str, ...]) -> str:
    """Return the marker that uv writes for a package that every one of `systems` needs."""
    major, _, last = minor.partition(".")
    either = " or ".join(f"sys_platform == '{each}'" for each in sorted(systems))
    terms = f"({either})" if len(systems) > 1 else either
    return f"python_full_version < '{major}.{int(last) + 1}' and {terms}"


def _fold_list(parts: Any, minor: str, systems: tuple[str, ...]) -> "str | bool":
    """Fold a list of terms joined by `and` and `or`, as packaging parses it."""
    if isinstance(parts, tuple):
        return _fold_term(parts, minor)
    groups: list[list[str | bool]] = [[]]
    for part in parts:
        if part == "or":
            groups.append([])
        elif part != "and":
            groups[-1].append(_fold_list(part, minor, systems))
    alternatives = [_join_terms(group) for group in groups]
    if any(each is True for each in alternatives):
        return True
    kept = list(dict.fromkeys(each for each in alternatives if isinstance(each, str)))
    if systems and {f'sys_platform == "{system}"' for system in systems} <= set(kept):
        return True
    return " or ".join(kept) if kept else False


def _join_terms(group: "list[str | bool]") -> "str | bool":
    """Return the conjunction of `group`, whose terms are folded."""
    if any(each is False for each in group):
        return False
    kept = dict.fromkeys(each for each in group if isinstance(each, str))
    words = [f"({each})" if " or " in each and len(kept) > 1 else each for each in kept]
    return " and ".join(words) if words else True


def _fold_term(term: Any, minor: str) -> "str | bool":
    text = " ".join(part.serialize() for part in term)
    names = {str(term[0]), str(term[2])} & {"python_version", "python_full_version"}
    if not names:
        return text
    from labcoat._vendor.packaging.markers import Marker

    marker = Marker(text)
    results = {
        marker.evaluate({"python_version": minor, "python_full_version": f"{minor}.{patch}"})
        for patch in (_FIRST, _LAST)
    }
    return text if len(results) > 1 else results.pop()
