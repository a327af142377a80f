"""What is a virtual environment: the files that only environments have.

`pyvenv.cfg` (venv, virtualenv 20 and newer, uv), `bin/activate_this.py` and `lib/python*/orig-prefix.txt` (virtualenv
16), `conda-meta/history` (conda, mamba, pixi).
"""

import os
import re
from collections.abc import Container, Iterable
from pathlib import Path

from labcoat.core.path_filter import filter_paths

NAMES = ("pyvenv.cfg", "activate_this.py", "orig-prefix.txt", "history")
_PLAIN = (
    "pyvenv.cfg",
    "conda-meta/history",
    "bin/activate_this.py",
)  # below the environment, where they are always the same
_MARKER = re.compile(
    r"(?:^|(?P<root>.+)/)"
    r"(?:pyvenv\.cfg|(?:bin|Scripts)/activate_this\.py|lib/python[^/]*/orig-prefix\.txt|conda-meta/history)",
    re.DOTALL,
)


def environment_of(path: str) -> str | None:
    """The environment whose marker is at `path`, relative like `path`; None where it is no marker, or at the root."""
    found = _MARKER.fullmatch(path)
    return found["root"] if found else None


def at_root(paths: Container[str]) -> str | None:
    """The marker among `paths` that makes the root itself an environment, as `python -m venv .` does; None for none."""
    return next((marker for marker in _PLAIN if marker in paths), None)


def environments(paths: Iterable[str]) -> dict[str, str]:
    """The environments whose markers are among `paths`, each with its marker; the outermost of nested ones."""
    found: dict[str, str] = {}
    for path in filter_paths(list(paths), endings=NAMES):
        root = environment_of(path)
        if root is not None and not any(root.startswith(f"{known}/") for known in found):
            found.setdefault(root, path)
    return {
        root: marker
        for root, marker in found.items()
        if not any(root.startswith(f"{other}/") for other in found)
    }


def marker_in(folder: Path) -> str | None:
    """The marker that `folder` has, relative to it; None where it is no environment."""
    for marker in _PLAIN:
        if os.path.lexists(folder / marker):
            return marker
    return next(
        (
            path.relative_to(folder).as_posix()
            for path in folder.glob("lib/python*/orig-prefix.txt")
        ),
        None,
    )
