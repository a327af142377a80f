"""Compile requirements.in to requirements.txt: pinned, with hashes, the same on every machine.

The header of a lock holds the digest of its inputs, which tells without a network whether it is
up to date.
"""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, suggest_name
from labcoat.locking import lock_header, requirements_file
from labcoat.locking.lock_header import is_fresh, lock_source
from labcoat.locking.lockers import locker_command
from labcoat.locking.requirement_lines import RequirementLine, parse_lines
from labcoat.toolchain import index_config, interpreters
from labcoat.toolchain.installer_errors import explain_installer_error

# Options that say where packages come from. pip accepts them abbreviated (--extra), and with the
# value attached (-ihttps://…).
_SOURCE_OPTION = re.compile(r"(?:^|\s)(--?(?:i|f|t|ex)[a-z-]*)")


def list_locks(project: Project) -> list[Path]:
    """Return the project's locks, each after those that its input includes.

    Raise LabcoatError if there are no locks and no inputs.
    """
    inputs = sorted(project.root.glob("requirements*.in"))
    chosen = dict.fromkeys([*project.locks, *(path.with_suffix(".txt") for path in inputs)])
    known = [lock for lock in chosen if lock_source(lock).exists() or lock.exists()]
    if not known:
        raise LabcoatError(
            "`requirements.in` does not exist",
            "Create it, with a line for each package that the project uses",
        )
    if missing := next((lock for lock in project.locks[1:] if lock not in known), None):
        raise project.no_lock_on_top(missing)
    ordered: list[Path] = []

    def add(lock: Path) -> None:
        if lock not in ordered:
            for file in requirements_file.included_files(lock_source(lock), missing_ok=True):
                if file in known and file != lock:
                    add(file)
            ordered.append(lock)

    for lock in known:
        add(lock)
    return list(dict.fromkeys(ordered))


def check_locks(project: Project) -> int:
    """Return exit status 0. Raise LabcoatError if a lock is not up to date."""
    for lock in list_locks(project):
        if not is_fresh(lock):
            state = "is older than its inputs" if lock.exists() else "does not exist"
            raise LabcoatError(f"`{lock.name}` {state}", "Run `make requirements`")
    return 0


def make_locks(
    project: Project,
    *,
    upgrade: bool = False,
    packages: Sequence[str] = (),
    stamp: Path | None = None,
) -> int:
    """Compile every lock that is not up to date, and return exit status 0.

    With `upgrade`, compile all of them with the newest versions; with `packages`, all of them with
    the newest versions of these. `stamp`, a file that make compares with the inputs, is touched at
    the end. Raise LabcoatError if no lock has one of `packages`.
    """
    files.state_folder(project.state)
    with files.file_lock(project.state / "lock.flock"):
        if packages:
            _check_packages(project, packages)
        for lock in list_locks(project):
            if lock_source(lock).exists() and (upgrade or packages or not is_fresh(lock)):
                compile_lock(project, lock, upgrade=upgrade, packages=packages)
        if stamp:
            _write_prerequisites(project, stamp)
            stamp.touch()
    return 0


def _check_packages(project: Project, packages: Sequence[str]) -> None:
    """Raise LabcoatError if no lock has one of `packages`, names with or without a version."""
    compiled = [lock for lock in list_locks(project) if lock_source(lock).exists()]
    listed = {
        file
        for lock in compiled
        for file in (lock, *requirements_file.included_files(lock_source(lock), missing_ok=True))
        if file.exists()
    }
    known = {
        name
        for file in listed
        for name in requirements_file.requirement_names(requirements_file.read_requirements(file))
    }
    for package in packages:
        if requirements_file.requirement_name(package) not in known:
            where = f"Packages are listed in {', '.join(f'`{lock.name}`' for lock in compiled)}"
            raise LabcoatError(
                f"no lock has the package `{package}`", suggest_name(package.lower(), known, where)
            )


def _write_prerequisites(project: Project, stamp: Path) -> None:
    """Write the inputs of all locks as prerequisites of `stamp`, for the make include to read."""
    sources = [lock_source(lock) for lock in list_locks(project) if lock_source(lock).exists()]
    inputs = dict.fromkeys(
        file for source in sources for file in requirements_file.included_files(source)
    )
    names = [os.path.relpath(file, project.root).replace(" ", "\\ ") for file in inputs]
    lines = [f"{stamp}: {' '.join(names)}", *(f"{name}:" for name in names)]
    files.write_file(project.state / "inputs.mk", "\n".join(lines) + "\n")


def compile_lock(
    project: Project,
    lock: Path,
    *,
    upgrade: bool = False,
    packages: Sequence[str] = (),
    seed: str | None = None,
) -> None:
    """Resolve the input of `lock` and replace the lock.

    Versions that the present lock pins, or `seed`, the text of a lock, are kept where they still
    fit. Raise LabcoatError, and leave the lock unchanged, if there is no solution or no index, if
    an input names an index, or if the lock was written manually and asks for more than its input.
    """
    before = requirements_file.read_requirements(lock) if lock.exists() else ""
    _check_inputs(lock, before)
    folder = project.state / "locking"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    output = folder / lock.name
    kept = before if seed is None else seed
    if pins := _format_seed(kept):
        output.write_text(pins, encoding="utf-8")
    locker = project["LOCKER"]
    terminal.print_progress(f"locking {lock_source(lock).name} → {lock.name} ({locker})")
    try:
        source = Path(os.path.relpath(lock_source(lock), project.root))
        command = locker_command(project, source, output, upgrade=upgrade, packages=packages)
        outcome = process.run_process(
            command, index_config.installer_environment(), project.root, show=process.show_none
        )
        if outcome.status:
            raise explain_installer_error(
                outcome.output, f"cannot lock `{source.name}`", project.state / "lock.log"
            )
        text = output.read_text(encoding="utf-8")
        _check_output(text, lock)
        header = lock_header.format_header(lock, locker, interpreters.project_minor(project))
        files.write_file(lock, header + text)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _print_changes(lock, kept, text)


def _check_inputs(lock: Path, text: str) -> None:
    """Raise LabcoatError if the inputs of `lock` cannot be locked, or its `text` would be lost."""
    source = lock_source(lock)
    inputs = {
        file: requirements_file.read_requirements(file)
        for file in requirements_file.included_files(source)
    }
    for file, written in inputs.items():
        lines = requirements_file.requirement_texts(written)
        if found := next(filter(None, map(_SOURCE_OPTION.search, lines)), None):
            raise LabcoatError(
                f"`{file.name}` names a package index or folder with `{found[1]}`",
                "Remove it, and set PIP_INDEX_URL or UV_DEFAULT_INDEX: a lock works with any index",
            )
    if lost := requirements_file.unlisted_requirements(text, "\n".join(inputs.values())):
        raise LabcoatError(
            f"`{lock.name}` asks for more than `{source.name}` and would be replaced: "
            f"{terminal.join_some(lost)}",
            f"Add the rest to `{source.name}`, as `labcoat init` does, or remove it from"
            f" `{lock.name}`",
        )


def _format_seed(text: str) -> str:
    """Return the pins of a lock for a locker to keep, without options and names of other files.

    Locks that labcoat did not write give no hashes: theirs may be those of some files only.
    """
    keeps_hashes = lock_header.has_header(text)
    lines = []
    for pin in requirements_file.parse_pins(text):
        line = f"{pin.name}=={pin.version}" + (f" ; {pin.marker}" if pin.marker else "")
        hashes = [f"--hash=sha256:{each}" for each in sorted(pin.hashes)] if keeps_hashes else []
        lines.append(" \\\n    ".join([line, *hashes]) + "\n")
    return "".join(lines)


def _check_output(text: str, lock: Path) -> None:
    """Raise LabcoatError if a line of a compiled lock is not a release with a hash."""
    for line in parse_lines(text):
        if not isinstance(line, RequirementLine) or not line.version:
            raise LabcoatError(
                f"`{process.redact(line.text)}` is not a package index release and cannot be locked"
                " with a hash",
                f"Ask for it by name and version in `{lock_source(lock).name}`, or import it from"
                " its directory without installing it",
            )
        if not line.hashes:
            raise LabcoatError(
                f"`{line.body}` has no hash",
                "Only releases of a package index can be locked. Ask for one by its version",
            )


def _print_changes(lock: Path, before: str, after: str) -> None:
    """Print the versions that changed, a line each, to standard error."""
    old = requirements_file.pinned_versions(before)
    new = requirements_file.pinned_versions(after)
    for name in sorted(old.keys() | new.keys()):
        if old and old.get(name) != new.get(name):
            print(
                f"  {name} {old.get(name, '(new)')} → {new.get(name, '(removed)')}",
                file=sys.stderr,
            )
    packages = "1 package" if len(new) == 1 else f"{len(new)} packages"
    print(f"{lock.name}: {packages}", file=sys.stderr)
