"""`labcoat freeze`: add manually installed packages to requirements.in and the lock."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.terminal import print_progress, print_warning
from labcoat.inventory import inventory
from labcoat.inventory.environment_changes import EnvironmentChanges, find_changes
from labcoat.levels.registry import get_level
from labcoat.locking import compiler, lock_header, requirements_edit, requirements_file
from labcoat.toolchain import interpreters

_BOM = "\ufeff"  # Windows editors put a byte order mark before the first line


def add_arguments(parser: ArgumentParser) -> None:
    """Add the level, and whether to change anything."""
    parser.add_argument("--in", dest="level", default="venv", metavar="LEVEL", help="venv or conda")
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would change; change nothing"
    )


def run(args: Namespace) -> int:
    """Write what changed in the environment since it was made to requirements.in and the locks.

    Packages from a path or a repository are named and left out; their dependencies are kept.
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
        inventory.read_distributions(folder),
        locked,
        frozenset(_requirement_names(_sources(project))),
        chosen.preinstalled_packages(project),
        chosen.recorded_pins(project),
    )
    if not found and not found.foreign:
        print_progress("nothing to freeze: every installed package is locked")
    elif found and not args.dry_run:
        _write_changes(project, found, locked)
    for line in found.lines(locked):
        print(f"would be {line}" if args.dry_run else line)
    for one in found.foreign:
        print_warning(
            f"{one.name} {one.version} is not added: it comes from {one.origin}, and a lock holds"
            " only releases of a package index",
            "`make venv` would uninstall it. Write a release of it to requirements.in, or put its"
            " directory on PYTHONPATH",
        )
    return 0


def _locked_versions(project: Project) -> dict[str, str]:
    """Return what the locks pin for this machine."""
    return requirements_file.locked_versions(project.locks, interpreters.project_minor(project))


def _sources(project: Project) -> list[Path]:
    """Return the locks' inputs and what they include with -r.

    Raise LabcoatError if one cannot be read.
    """
    chains = (
        requirements_file.included_files(lock_header.lock_source(lock), constraints=False)
        for lock in project.locks
        if lock_header.lock_source(lock).exists()
    )
    found = {file.resolve(): file for chain in chains for file in chain}
    # A lock among them, as in requirements-dev.in with `-r requirements.txt`, is not an input.
    return [
        file
        for file in found.values()
        if lock_header.lock_source(file) == file or not lock_header.lock_source(file).exists()
    ]


def _requirement_names(sources: Iterable[Path]) -> set[str]:
    return {
        name
        for source in sources
        for name in requirements_file.requirement_names(requirements_file.read_requirements(source))
    }


def _read_exactly(file: Path) -> str:
    """Return a file's text with its line ends and its byte order mark."""
    return file.read_bytes().decode("utf-8")


def _write_changes(project: Project, found: EnvironmentChanges, locked: Mapping[str, str]) -> None:
    """Write inputs and locks; if anything fails, restore them."""
    main = lock_header.lock_source(project.requirements)
    sources = list(dict.fromkeys([main, *_sources(project)]))
    before = {file: _read_exactly(file) for file in [*sources, *project.locks] if file.exists()}
    try:
        for source in sources:
            _edit_source(source, before.get(source, ""), found, is_main=source == main)
        _compile_locks(project, found, locked)
        _check_versions(project, found)
    except BaseException:
        for file in [*sources, *project.locks]:
            if file in before:
                files.write_file(file, before[file])
            else:
                file.unlink(missing_ok=True)
        raise


def _edit_source(source: Path, text: str, found: EnvironmentChanges, *, is_main: bool) -> None:
    added: list[str] = []
    if is_main:
        chain = (
            requirements_file.included_files(source, constraints=False) if source.exists() else ()
        )
        known = _requirement_names(chain)
        added = [one.name for one in found.requested if one.name not in known]
    moved = {one.name: one.version for one in found.moved}
    mark = _BOM if text.startswith(_BOM) else ""
    edited = requirements_edit.add_requirements(text.removeprefix(mark), added, moved)
    edited = mark + requirements_edit.remove_requirements(edited, found.removed)
    if edited != text:
        files.write_file(source, edited)


def _compile_locks(project: Project, found: EnvironmentChanges, locked: Mapping[str, str]) -> None:
    in_use = (*found.requested, *found.dependencies, *found.moved)
    versions = {**locked, **{one.name: one.version for one in in_use}}
    with files.file_lock(files.state_folder(project.state) / "lock.flock"):
        for lock in compiler.list_locks(project):
            is_current = lock_header.is_fresh(lock) and not found.moved
            if lock_header.lock_source(lock).exists() and not is_current:
                text = requirements_file.read_requirements(lock) if lock.exists() else ""
                seed = requirements_edit.pin_versions(text, versions)
                compiler.compile_lock(project, lock, seed=seed)


def _check_versions(project: Project, found: EnvironmentChanges) -> None:
    """Raise LabcoatError if the new lock has other versions than those in use."""
    locked = _locked_versions(project)
    for one in (*found.requested, *found.dependencies, *found.moved):
        if locked.get(one.name, one.version) != one.version:
            raise LabcoatError(
                f"{one.name} {one.version} is installed, but requirements.in needs"
                f" {locked[one.name]}",
                f"Change the requirement of {one.name} or of what needs it,"
                f" or install {one.name}=={locked[one.name]}",
            )
