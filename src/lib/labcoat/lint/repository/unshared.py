"""Files that everybody needs to use labcoat in a clone, and that git leaves out of commits."""

from collections.abc import Iterable
from typing import NamedTuple

from labcoat.core.patterns import lazy_pattern
from labcoat.core.terminal import join_some
from labcoat.lint.repository.git_view import GitView

# What `labcoat init` and the targets write for everybody, and what decides the environment.
SHARED_NAME = lazy_pattern(
    r"(?:(?:.*[-_.])?requirements(?:[-_.].*)?\.(?:in|txt)|\.python-version|pyproject\.toml"
    r"|(?:gnu)?makefile|labcoat\.mk|(?:labcoat\.)?dockerfile(?:\.dockerignore)?|\.dockerignore"
    r"|install-lock\.sh|apt\.(?:txt|lock)|image\.lock\.yaml|\.gitignore)",
)


class UnsharedFile(NamedTuple):
    """The path of an ignored file that is not tracked, and the pattern that ignores it.

    `source` is the ignore file with the pattern in its line `line`.
    """

    path: str
    source: str
    line: int
    pattern: str


def find_unshared(view: GitView, paths: Iterable[str]) -> list[UnsharedFile]:
    """Return those of `paths`, relative to the root, that `git add` leaves out, in their order.

    They need not exist. The user's own ignore settings count too.
    """
    paths = list(dict.fromkeys(paths))
    decided = view.deciding_patterns(paths, personal=True)
    ignored = [each for each in paths if each in decided and decided[each][2][:1] != "!"]
    return [UnsharedFile(path, *decided[path]) for path in ignored if not _is_tracked(view, path)]


def name_patterns(unshared: Iterable[UnsharedFile]) -> str:
    """Return the patterns with their places, for a message."""
    places = (f"`{each.pattern}` in {each.source}:{each.line}" for each in unshared)
    return join_some(list(dict.fromkeys(places)))


def _is_tracked(view: GitView, path: str) -> bool:
    return path in view.tracked_set or any(each.startswith(f"{path}/") for each in view.tracked)
