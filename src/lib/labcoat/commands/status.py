"""Lock and levels of isolation on one screen: fresh, stale (why), missing, changed by hand."""

import os
import sys

from labcoat.core.errors import UnavailableError
from labcoat.core.project import Project
from labcoat.levels import level
from labcoat.levels.level import LevelState
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
    for name in level.level_names():
        try:
            state = level.get_level(name).state(project)
        except UnavailableError as failure:
            state = LevelState("unknown", failure.message)
        print(_line(name, state), flush=True)
    return 0


def _lock(path: os.PathLike[str]) -> LevelState:
    from pathlib import Path

    file = Path(path)
    if not file.exists():
        wanted = compiler.lock_source(file)
        return LevelState(
            "missing",
            f"{'' if wanted.exists() else f'write {wanted.name}, and '}make requirements makes it",
        )
    if not compiler.is_fresh(file):
        return LevelState("stale", f"{compiler.lock_source(file).name} has changed")
    return LevelState("fresh", "")


def _line(name: str, state: LevelState) -> str:
    word = f"{state.kind:<8}"
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        word = f"\033[{_COLOURS[state.kind]}m{word}\033[0m"
    return f"{name:<22}{word} {state.about}".rstrip()
