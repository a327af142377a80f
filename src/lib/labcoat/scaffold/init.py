"""`labcoat init`: plan what a repository needs for `make venv`, write it, and undo it.

Each part plans its files in one ChangeSet, which is then shown or written as a whole.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from labcoat.core import files, originals
from labcoat.core.changes import ChangeSet, PlannedChange
from labcoat.core.originals import UndoneFile
from labcoat.core.project import Project
from labcoat.scaffold.development_lists import plan_development
from labcoat.scaffold.dockerfile import BESIDE_NOTE, TEMPLATES, installs_itself, missing_files
from labcoat.scaffold.ignore_files import plan_dockerignore, plan_gitignore
from labcoat.scaffold.makefile import include_line, plan_makefile, plan_own_file
from labcoat.scaffold.other_language import refuse_other_language
from labcoat.scaffold.requirements_in import DEFAULT, Wishes, plan_requirements
from labcoat.toolchain import own_install


def plan_project(project: Project, wishes: Wishes = DEFAULT) -> ChangeSet:
    """Return what `init_project` would write. Raise LabcoatError if the project cannot have it."""
    own_install.refuse_inside(project.venv, "venv")
    refuse_other_language(project.root)
    include = include_line(project.root, own_install.include_file())
    return plan_changes(project.root, include, project, wishes)


def init_project(
    project: Project,
    wishes: Wishes = DEFAULT,
    show: Callable[[Sequence[str]], object] = len,
) -> Sequence[PlannedChange]:
    """Write what is missing, and return the changes; call `show` with the reasons before.

    Raise LabcoatError, writing nothing, if a Makefile has no lasting way to find this labcoat.
    """
    with files.directory_lock(project.root):
        changes = plan_project(project, wishes)
        show(changes.notes)
        return changes.write(project.state)


def undo_project(project: Project) -> Sequence[UndoneFile]:
    """Put back what `init_project` and the first lock replaced, and return each file."""
    with files.directory_lock(project.root):
        return originals.undo_steps(project.root, project.state)


def plan_changes(
    root: Path, include: str, project: Project | None = None, wishes: Wishes = DEFAULT
) -> ChangeSet:
    """Return the changes of the files in `root`, whose Makefile gets the line `include`."""
    changes = ChangeSet(root)
    plan_makefile(changes, include)
    plan_requirements(changes, project, wishes)
    plan_development(changes, project or Project(root), takes=wishes.dev)
    plan_gitignore(changes)
    plan_own_file(changes)
    for template, name in missing_files(root).items():
        changes.plan(name, (TEMPLATES / template).read_text(encoding="utf-8"), "written")
    plan_dockerignore(changes, own_install.include_file())
    if installs_itself(root) and any(changes):
        changes.notes.append(BESIDE_NOTE)
    return changes
