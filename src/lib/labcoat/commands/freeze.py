"""`labcoat freeze`: add manually installed packages to requirements.in and the lock."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.core.terminal import print_progress, print_warning
from labcoat.inventory import inventory
from labcoat.inventory.environment_changes import EnvironmentChanges, find_changes
from labcoat.levels import sources
from labcoat.levels.registry import get_level
from labcoat.locking import (
    compiler,
    derived,
    lock_header,
    project_locks,
    requirements_edit,
    requirements_file,
    source_edit,
    sources_beside,
)
from labcoat.locking.inputs import find_input
from labcoat.locking.requirement_lines import same_version
from labcoat.toolchain import interpreters


def add_arguments(parser: ArgumentParser) -> None:
    """Add the level, and whether to change anything."""
    parser.add_argument("--in", dest="level", default="venv", metavar="LEVEL", help="venv or conda")
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would change; change nothing"
    )


def run(args: Namespace) -> int:
    """Write what changed in the environment since it was made to requirements.in and the locks.

    Packages from a path in the repository, a commit or an archive are asked for as that; others
    are named and left out, and their dependencies kept.
    Raise LabcoatError, and change nothing, if there is no environment, or requirements.in does not
    allow an installed version.
    """
    project, chosen = Project.here(), get_level(args.level)
    folder = chosen.site_packages(project)
    if folder is None:
        raise LabcoatError(
            f"no environment to freeze at IN={args.level}",
            f"Run `make {args.level}`, install packages, then run `make freeze`"
            if args.level in {"venv", "conda"}
            else "Use IN=venv or IN=conda",
        )
    locked = _locked_versions(project)
    found = find_changes(
        sources.without_installed(project, inventory.read_distributions(folder), folder),
        locked,
        frozenset(source_edit.required_names(project)),
        chosen.preinstalled_packages(project),
        chosen.recorded_pins(project),
    )
    asked = sources.frozen_lines(project, found.foreign, folder)
    found = found.ask_for(asked)
    packages = [f"{one.name}=={one.version}" for one in (*found.requested, *found.moved)]
    if found and (owned := derived.owned_error(project, packages)):
        for line in found.lines(locked):
            print(f"would be {line}")
        raise owned
    if not found and not found.foreign:
        print_progress("nothing to freeze: every installed package is locked")
    elif found and not args.dry_run:
        _write_changes(project, found, locked)
    for line in found.lines(locked):
        print(f"would be {line}" if args.dry_run else line)
    for one in found.foreign:
        if one.name in asked:
            continue
        print_warning(
            f"{one.name} {one.version} is not added: it comes from {one.origin}, where"
            " others cannot get it",
            "`make venv` would uninstall it. Move it into the repository, or ask for a release or a"
            " commit of it in requirements.in",
        )
    return 0


def _locked_versions(project: Project) -> dict[str, str]:
    """Return what the locks pin for this machine."""
    return requirements_file.locked_versions(
        project.locks, interpreters.marker_environment(project)
    )


def _write_changes(project: Project, found: EnvironmentChanges, locked: Mapping[str, str]) -> None:
    """Write inputs and locks; if anything fails, restore them."""
    inputs = source_edit.editable_sources(project)
    written = [*inputs, *project.locks, *sources_beside.beside(project.locks)]
    before = {file: file.read_bytes() for file in written if file.exists()}
    known = source_edit.required_names(project) | source_edit.included_names(inputs[0])
    change = source_edit.SourceChange(
        [*(one.name for one in found.requested if one.name not in known), *found.asked.values()],
        (*found.removed, *found.asked),
        {one.name: one.version for one in found.moved},
    )
    try:
        for at, source in enumerate(inputs):
            text, each = before.get(source, b""), replace(change, added=() if at else change.added)
            edited = source_edit.edit_source(project, source, text, each)
            if edited != text:
                files.write_file(source, edited)
        _compile_locks(project, found, locked)
        _check_versions(project, found)
    except BaseException:
        for file in written:
            if file in before:
                files.write_file(file, before[file])
            else:
                file.unlink(missing_ok=True)
        raise


def _compile_locks(project: Project, found: EnvironmentChanges, locked: Mapping[str, str]) -> None:
    in_use = (*found.requested, *found.dependencies, *found.moved)
    versions = {**locked, **{one.name: one.version for one in in_use}}
    with files.file_lock(files.state_folder(project.state) / "lock.flock"):
        for lock in project_locks.list_locks(project):
            is_current = lock_header.is_fresh(lock) and not found.moved
            if find_input(lock).exists and not is_current:
                text = requirements_file.read_requirements(lock) if lock.exists() else ""
                seed = requirements_edit.pin_versions(text, versions)
                compiler.compile_lock(project, lock, seed=seed)


def _check_versions(project: Project, found: EnvironmentChanges) -> None:
    """Raise LabcoatError if the new lock has other versions than those in use."""
    locked, source = _locked_versions(project), find_input(project.requirements).source.name
    for one in (*found.requested, *found.dependencies, *found.moved):
        if not same_version(locked.get(one.name, one.version), one.version):
            raise LabcoatError(
                f"{one.name} {one.version} is installed, but {source} needs {locked[one.name]}",
                f"Change the requirement of {one.name} or of what needs it,"
                f" or install {one.name}=={locked[one.name]}",
            )
