"""`labcoat init`: plan what a repository needs for `make venv`, write it, and undo it.

Each part plans its files in one ChangeSet, which is then shown or written as a whole.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from labcoat.core import files, originals
from labcoat.core.changes import ChangeSet, PlannedChange
from labcoat.core.git import git_root
from labcoat.core.originals import UndoneFile
from labcoat.core.project import Project
from labcoat.lint.repository.git_view import GitView
from labcoat.lint.repository.unshared import SHARED_NAME, UnsharedFile, find_unshared
from labcoat.scaffold.development_lists import plan_development
from labcoat.scaffold.dockerfile import BESIDE_NOTE, TEMPLATES, installs_itself, missing_files
from labcoat.scaffold.ignore_files import own_paths, plan_dockerignore, plan_gitignore
from labcoat.scaffold.makefile import include_line, plan_makefile, plan_own_file
from labcoat.scaffold.other_language import refuse_other_language
from labcoat.scaffold.requirements_in import DEFAULT, Wishes, plan_requirements
from labcoat.toolchain import own_install


def plan_project(
    project: Project, wishes: Wishes = DEFAULT, *, is_written: bool = False
) -> ChangeSet:
    """Return what `init_project` would write. Raise LabcoatError if the project cannot have it.

    If it `is_written` then, raise OSError before a long search if nothing can be written here.
    """
    own_install.refuse_inside(project.venv, "venv")
    refuse_other_language(project.root)
    include = include_line(project.root, own_install.include_file())
    return plan_changes(project.root, include, project, wishes, is_written=is_written)


def init_project(
    project: Project,
    wishes: Wishes = DEFAULT,
    show: Callable[[Sequence[str]], object] = len,
) -> Sequence[PlannedChange]:
    """Write what is missing, and return the changes; call `show` with the reasons before.

    Raise LabcoatError, writing nothing, if a Makefile has no lasting way to find this labcoat.
    """
    with files.directory_lock(project.root):
        changes = plan_project(project, wishes, is_written=True)
        show(changes.notes)
        return changes.write(project.state)


def undo_project(project: Project) -> Sequence[UndoneFile]:
    """Put back what `init_project` and the first lock replaced, and return each file."""
    with files.directory_lock(project.root):
        return originals.undo_steps(project.root, project.state)


def plan_changes(
    root: Path,
    include: str,
    project: Project | None = None,
    wishes: Wishes = DEFAULT,
    *,
    is_written: bool = False,
) -> ChangeSet:
    """Return the changes of the files in `root`, whose Makefile gets the line `include`.

    With `is_written`, raise OSError before a long search if nothing can be written there.
    """
    changes = ChangeSet(root)
    plan_makefile(changes, include)
    plan_own_file(changes)
    plan_gitignore(changes)
    for template, name in missing_files(root).items():
        changes.plan(name, (TEMPLATES / template).read_text(encoding="utf-8"), "written")
    plan_dockerignore(changes, own_install.include_file())
    # Last, because the search for versions takes longest: what fails at once comes before it.
    if is_written and any(changes):
        _check_writable(root, (project or Project(root)).state)
    plan_requirements(changes, project, wishes)
    plan_development(changes, project or Project(root), takes=wishes.dev)
    if installs_itself(root) and any(changes):
        changes.notes.append(BESIDE_NOTE)
    return changes


def find_unshared_files(project: Project) -> list[UnsharedFile]:
    """Return the files of an adopted project that git ignores, so that no clone gets them.

    The lock counts before it is there, and so does a copy of labcoat.
    """
    root = project.root
    if git_root(root) is None:
        return []
    names = sorted(each.name for each in root.iterdir() if SHARED_NAME.fullmatch(each.name.lower()))
    locks = [f"{name.removesuffix('.in')}.txt" for name in names if name.endswith(".in")]
    own = [
        os.path.relpath(project.requirements, root),
        *own_paths(root, own_install.include_file()),
    ]
    return find_unshared(GitView(root), [*names, *locks, *filter(originals.is_inside, own)])


def _check_writable(root: Path, state: Path) -> None:
    files.require_writable(root)
    if os.path.lexists(state):
        files.require_writable(files.state_folder(state))
