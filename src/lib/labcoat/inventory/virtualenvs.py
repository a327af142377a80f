"""Recognize virtual environments by marker files that only environments have.

They are `pyvenv.cfg` (venv, virtualenv 20 and newer, uv), `bin/activate_this.py` and
`lib/python*/orig-prefix.txt` (virtualenv 16), and `conda-meta/history` (conda, mamba, pixi).
"""

import os
import re
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from labcoat.core.path_filter import filter_paths
from labcoat.core.patterns import lazy_pattern

NAMES = ("pyvenv.cfg", "activate_this.py", "orig-prefix.txt", "history")
# Markers with the same path in every environment.
_FIXED = ("pyvenv.cfg", "conda-meta/history", "bin/activate_this.py")
_MARKER = lazy_pattern(
    r"(?:^|(?P<root>.+)/)"
    r"(?:pyvenv\.cfg|(?:bin|Scripts)/activate_this\.py"
    r"|lib/python[^/]*/orig-prefix\.txt|conda-meta/history)",
    re.DOTALL,
)
# What a program has beside `bin` and `lib` if its folder became an environment: `python -m venv .`.
_OF_PROGRAM = lazy_pattern(
    r"[^/]+\.(?:py|ipynb)|(?:[^/]+[._-])?Dockerfile(?:\.[^/]*)?|Makefile|pyproject\.toml|package\.json"
)


def environment_of(path: str) -> str | None:
    """Return the environment whose marker `path` is; None if it is not a marker, or at the root."""
    found = _MARKER.fullmatch(path)
    return found["root"] if found else None


def find_root_marker(paths: Container[str]) -> str | None:
    """Return the marker that makes the root itself an environment (`python -m venv .`), or None."""
    return next((marker for marker in _FIXED if marker in paths), None)


def environments(paths: Iterable[str]) -> dict[str, str]:
    """Return the environments whose markers are among `paths`, with their markers."""
    return split_environments(list(paths))[0]


def split_environments(
    paths: Sequence[str], beside: Iterable[str] = ()
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the environments whose markers are among `paths`, and those in a program's folder.

    Each has its marker; of nested ones it is the outermost. A program is known by its files, which
    may be among the paths `beside`. The folder of the repository, an empty text, is one always.
    """
    found = _find_roots(paths)
    shared = _with_program(found, (*paths, *beside)) if found else set()
    top = find_root_marker(paths)
    own = {root: marker for root, marker in found.items() if root not in shared}
    others = {root: marker for root, marker in found.items() if root in shared}
    return own, ({"": top} if top else {}) | others


def _with_program(roots: Iterable[str], paths: Iterable[str]) -> set[str]:
    """Return those of `roots` that have a file of a program beside the environment's own."""
    wanted = set(roots)
    found = (path.rpartition("/") for path in paths)
    return {root for root, _, name in found if root in wanted and _OF_PROGRAM.fullmatch(name)}


def _find_roots(paths: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in filter_paths(paths, endings=NAMES):
        root = environment_of(path)
        if root is not None and not any(root.startswith(f"{known}/") for known in found):
            found.setdefault(root, path)
    return {
        root: marker
        for root, marker in found.items()
        if not any(root.startswith(f"{other}/") for other in found)
    }


def marker_in(folder: Path) -> str | None:
    """Return the marker in `folder`, relative to it; None if it is not an environment."""
    for marker in _FIXED:
        if os.path.lexists(folder / marker):
            return marker
    return next(
        (
            path.relative_to(folder).as_posix()
            for path in folder.glob("lib/python*/orig-prefix.txt")
        ),
        None,
    )
