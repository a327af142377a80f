"""`labcoat status`: locks and levels of isolation on one screen, by names and versions alone."""

import contextlib
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from labcoat.apt import apt_lock
from labcoat.apt.request import find_request
from labcoat.core.errors import LabcoatError, UnavailableError
from labcoat.core.makefiles import read_makefile
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from labcoat.core.terminal import (
    BOLD,
    GREEN,
    YELLOW,
    coloured,
    escape_control,
    name_targets,
    print_error,
)
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
    """Add the projects, such as those of a monorepo."""
    parser.add_argument(
        "folders",
        nargs="*",
        type=Path,
        metavar="FOLDER",
        help="projects to show, instead of this one; their Makefiles are read, not run",
    )


def run(args: Namespace) -> int:
    """Print a line for each lock and level: fresh, stale (why), missing or changed; return 0.

    With folders, print those of each below its name. Raise LabcoatError if one is no directory.
    """
    for folder in args.folders:
        if not folder.is_dir():
            raise LabcoatError(
                f"`{escape_control(str(folder))}` is not a directory",
                "Name the directories of projects",
                status=2,
            )
    for number, folder in enumerate(args.folders):
        print("\n" * bool(number) + coloured(f"{escape_control(str(folder))}:", BOLD, sys.stdout))
        with contextlib.chdir(folder):
            try:
                _print_states(project_at(Path.cwd()))
            except LabcoatError as error:
                print_error(error.message, error.hint)
    if not args.folders:
        _print_states(Project.here())
    return 0


def project_at(root: Path) -> Project:
    """Return the project in `root`, with the settings that its Makefile has as plain text."""
    settings = {
        name: value
        for name, value in read_makefile(root).settings.items()
        if name in DEFAULTS and "$" not in value
    }
    return Project.at(root, {**os.environ, **settings})


def _print_states(project: Project) -> None:
    own = project["OWN"]
    for path in project.locks:
        print(format_line(path.name, lock_state(project, path), own))
    if find_request(project.root) or (project.root / apt_lock.NAME).exists():
        print(format_line(apt_lock.NAME, _system_state(project), own))
    for name in registry.level_names():
        try:
            state = registry.get_level(name).read_state(project)
        except UnavailableError as error:
            state = LevelState("unknown", error.message)
        print(format_line(name, state, own), flush=True)


def lock_state(project: Project, lock: Path) -> LevelState:
    """Return whether a lock is fresh, stale, missing or changed, and why."""
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


def _system_state(project: Project) -> LevelState:
    """Return whether apt.lock is up to date, as far as the project's files tell."""
    from labcoat.container.base_images import system_packages  # slow; few projects need it

    if not (project.root / apt_lock.NAME).exists():
        return LevelState("missing", "run make requirements")
    try:
        system_packages.check_lock(project)
    except LabcoatError as error:
        return LevelState("stale", error.message)
    return LevelState("fresh", "")


def format_line(name: str, state: LevelState, own: str) -> str:
    """Return the line about a lock or a level; `own` are the targets in LABCOAT_OWN."""
    word = coloured(f"{state.kind:<8}", _COLOURS[state.kind], sys.stdout)
    return f"{name:<22}{word} {name_targets(state.about, own)}".rstrip()
