"""`labcoat clean`: remove what labcoat made, and nothing else."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from labcoat.core import files, originals
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import OF_LOCKS
from labcoat.core.terminal import print_progress


def add_arguments(parser: ArgumentParser) -> None:
    """Add whether to remove environments and the image."""
    parser.add_argument("--all", action="store_true", help="also the environments and the image")


def run(args: Namespace) -> int:
    """Remove labcoat's state and LABCOAT_CLEAN; with --all, the environments and the image too.

    Raise LabcoatError, and remove nothing, if LABCOAT_CLEAN names a path outside the project.
    """
    project = Project.here(ignored=OF_LOCKS)
    named = [project.root / name for name in project["CLEAN"].split()]
    for path in named:
        if project.root.resolve() not in path.parent.resolve().joinpath(path.name).parents:
            raise LabcoatError(
                f"LABCOAT_CLEAN names {path}, which is outside the project",
                "Name files and directories inside the project",
            )
    for path in [*named, *_state_files(project)]:
        if os.path.lexists(path):
            shown = os.path.relpath(path.parent.resolve() / path.name, project.root)
            print_progress(f"removing {shown}")
            files.remove_path(path)
    if args.all:
        _remove_levels(project)
    return 0


def _state_files(project: Project) -> list[Path]:
    """Return what of labcoat's state goes: all but what `labcoat init --undo` needs."""
    if project.state.is_symlink() or not originals.has_record(project.state):
        return [project.state]
    kept = {originals.FOLDER, ".gitignore"}
    return sorted(path for path in project.state.iterdir() if path.name not in kept)


def _remove_levels(project: Project) -> None:
    from labcoat.levels import registry
    from labcoat.scaffold.notebook_lock import notebook_project

    notebooks = notebook_project(project)
    projects = [project]
    if notebooks is not project and notebooks.requirements.exists():
        projects.append(notebooks)
    for one in projects:
        for each in registry.all_levels():
            each.remove(one)
