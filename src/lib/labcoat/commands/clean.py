"""Remove what labcoat made, and nothing else."""

import os
import sys

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project


def make(project: Project, *, everything: bool = False) -> int:
    """Remove labcoat's state and what LABCOAT_CLEAN names; with `everything`, the environments and the image too.

    Raises Failure, removing nothing, where LABCOAT_CLEAN names a place outside the project.
    """
    named = [project.root / name for name in project["CLEAN"].split()]
    for path in named:
        if project.root.resolve() not in path.parent.resolve().joinpath(path.name).parents:
            raise LabcoatError(
                f"LABCOAT_CLEAN names {path}, which is not inside the project.",
                "Name files and folders below the project's own.",
            )
    for path in [*named, project.state]:
        if os.path.lexists(path):
            print(
                f"removing {os.path.relpath(path.parent.resolve() / path.name, project.root)}",
                file=sys.stderr,
            )
            files.remove_path(path)
    if everything:
        from labcoat.commands import notebook
        from labcoat.levels import level

        notebooks = notebook.of(project)
        for each in (
            [project]
            if notebooks is project or not notebooks.requirements.exists()
            else [project, notebooks]
        ):
            for one in level.all_levels():
                one.remove(each)
    return 0
