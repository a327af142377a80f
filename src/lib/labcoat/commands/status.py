"""`labcoat status`: locks and levels of isolation on one screen, by names and versions alone."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from labcoat.core.errors import LabcoatError, UnavailableError
from labcoat.core.project import Project
from labcoat.core.terminal import GREEN, YELLOW, coloured, name_targets
from labcoat.levels import registry
from labcoat.levels.level import LevelState
from labcoat.locking import lock_header
from labcoat.locking.inputs import find_input

_DIM, _PLAIN = "2", "0"
# The word and the reason for each state of a lock.
_LOCK_STATES = {
    "fresh": ("fresh", ""),
    "stale": ("stale", "{source} has changed"),
    "edited": ("changed", "edited since labcoat wrote it"),
    "foreign": ("stale", "not written by labcoat"),
    "missing": ("missing", "run make requirements"),
}
_COLOURS = {
    "fresh": GREEN,
    "stale": YELLOW,
    "changed": YELLOW,
    "missing": _DIM,
    "unknown": _DIM,
    "other": _PLAIN,
}


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Print a line for each lock and level: fresh, stale (why), missing or changed; return 0."""
    project = Project.here()
    for path in project.locks:
        print(_line(path.name, _lock_state(project, path)))
    for name in registry.level_names():
        try:
            state = registry.get_level(name).read_state(project)
        except UnavailableError as error:
            state = LevelState("unknown", error.message)
        print(_line(name, state), flush=True)
    return 0


def _lock_state(project: Project, lock: Path) -> LevelState:
    try:
        source = find_input(lock)
        if not lock.exists():
            first = "" if source.exists else f"write {source.source.name}, then "
            return LevelState("missing", f"{first}run make requirements")
        kind, about = _LOCK_STATES[lock_header.lock_state(lock)]
        if kind == "fresh" and lock_header.is_for_other_python(project, lock):
            return LevelState("stale", f"it is for Python {lock_header.locked_python(lock)}")
        return LevelState(kind, about.format(source=source.source.name))
    except LabcoatError as error:
        return LevelState("unknown", error.message)


def _line(name: str, state: LevelState) -> str:
    word = coloured(f"{state.kind:<8}", _COLOURS[state.kind], sys.stdout)
    return f"{name:<22}{word} {name_targets(state.about)}".rstrip()
