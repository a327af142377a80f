"""Lock and levels of isolation on one screen: fresh, stale (why), missing, changed by hand."""

import os
import sys

from labcoat.core.errors import Unavailable
from labcoat.core.project import Project
from labcoat.levels import level
from labcoat.levels.level import State
from labcoat.locking import compiler

_COLOURS = {
    "fresh": "32",
    "stale": "33",
    "changed": "33",
    "missing": "2",
    "unknown": "2",
    "other": "0",
}


def make(project: Project) -> int:
    """Print a line for the lock and each level of isolation. Exit status 0, since being stale is no failure."""
    for path in project.locks:
        print(_line(path.name, _lock(path)))
    for name in level.names():
        try:
            state = level.named(name).state(project)
        except Unavailable as failure:
            state = State("unknown", failure.what)
        print(_line(name, state), flush=True)
    return 0


def _lock(path: os.PathLike[str]) -> State:
    from pathlib import Path

    file = Path(path)
    if not file.exists():
        wanted = compiler.source(file)
        return State(
            "missing",
            f"{'' if wanted.exists() else f'write {wanted.name}, and '}make requirements makes it",
        )
    if not compiler.is_fresh(file):
        return State("stale", f"{compiler.source(file).name} has changed")
    return State("fresh", "")


def _line(name: str, state: State) -> str:
    word = f"{state.kind:<8}"
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        word = f"\033[{_COLOURS[state.kind]}m{word}\033[0m"
    return f"{name:<22}{word} {state.about}".rstrip()
