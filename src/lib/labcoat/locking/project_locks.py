"""All locks of a project: which there are, and compile those that are not up to date.

The header of a lock holds the digest of its inputs, which tells without a network whether it is
up to date.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labcoat.core import files, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import suggest_name
from labcoat.locking import (
    compiler,
    lock_header,
    requirements_file,
    sources_beside,
)
from labcoat.locking.inputs import LockInput, find_input, find_sources, list_inputs, lock_source
from labcoat.locking.lock_header import LockState, is_fresh
from labcoat.toolchain import interpreters


def list_locks(project: Project) -> list[Path]:
    """Return the project's locks, each after those that its input includes.

    Raise LabcoatError if there are no locks and no inputs.
    """
    inputs = {
        each.lock: each for each in (*map(find_input, project.locks), *list_inputs(project.root))
    }
    known = [lock for lock, each in inputs.items() if each.exists or lock.exists()]
    if not known:
        raise no_inputs(project.root)
    if missing := next((lock for lock in project.locks[1:] if lock not in known), None):
        raise project.no_lock_on_top(missing)
    ordered: list[Path] = []

    def add(lock: Path) -> None:
        if lock not in ordered:
            for file in inputs[lock].files(missing_ok=True):
                if file in known and file != lock:
                    add(file)
            ordered.append(lock)

    for lock in known:
        add(lock)
    return list(dict.fromkeys(ordered))


def no_inputs(folder: Path) -> LabcoatError:
    """Return the error for a project that has nothing to lock."""
    looked = [path.name for path in find_sources(folder)]
    has_none = f", and {terminal.join_some([f'`{name}`' for name in looked])} list no dependencies"
    return LabcoatError(
        f"`requirements.in` does not exist{has_none if looked else ''}",
        "Create it, with a line for each package that the project uses",
    )


# What is wrong with a lock, by its state.
_STATES: Mapping[LockState, str] = {
    "missing": "does not exist",
    "stale": "is older than its inputs",
    "edited": "was changed after labcoat wrote it",
    "foreign": "was not written by labcoat",
}


def check_locks(project: Project) -> int:
    """Return exit status 0. Raise LabcoatError if a lock is not up to date."""
    for lock in list_locks(project):
        if (source := find_input(lock)).record:
            from labcoat.locking import derived  # slow; only other tools' locks need it

            derived.check_derived(source)
            continue
        state = lock_header.lock_state(lock)
        if state != "fresh":
            raise LabcoatError(f"`{lock.name}` {_STATES[state]}", "Run `make requirements`")
        if lock_header.is_for_other_python(project, lock):
            raise LabcoatError(
                f"`{lock.name}` is for Python {lock_header.locked_python(lock)}, and the project"
                f" uses {interpreters.project_minor(project)}",
                "Run `make requirements`",
            )
        _suggest_renewal(lock)
    return 0


def _suggest_renewal(lock: Path) -> None:
    """Say how to renew a lock of an earlier labcoat, which stays valid."""
    text = requirements_file.read_requirements(lock) if lock.exists() else ""
    if find_input(lock).exists and lock_header.lock_format(text) == 1:
        terminal.print_progress(
            f"`{lock.name}` has the format of an earlier labcoat, for one platform;"
            " `make requirements AGAIN=1` renews it with the same versions"
        )


def make_locks(
    project: Project,
    *,
    upgrade: bool = False,
    packages: Sequence[str] = (),
    again: bool = False,
    stamp: Path | None = None,
) -> int:
    """Compile every lock that is not up to date, and return exit status 0.

    With `upgrade`, compile all of them with the newest versions; with `packages`, all of them with
    the newest versions of these; with `again`, all of them with the same versions. `stamp`, a file
    that make compares with the inputs, is touched at the end. Raise LabcoatError if no lock has one
    of `packages`.
    """
    try:
        return _update_locks(project, stamp, upgrade=upgrade, packages=packages, again=again)
    except OSError as error:
        # Who may only read the project can use what is up to date.
        if files.is_read_only(error) and not (upgrade or packages or again) and _are_fresh(project):
            return 0
        raise


def _are_fresh(project: Project) -> bool:
    return not any(_must_compile(project, lock) for lock in list_locks(project))


def _must_compile(project: Project, lock: Path) -> bool:
    return not is_fresh(lock) or lock_header.is_for_other_python(project, lock)


def _update_locks(
    project: Project, stamp: Path | None, *, upgrade: bool, packages: Sequence[str], again: bool
) -> int:
    files.state_folder(project.state)
    with files.file_lock(project.state / "lock.flock"):
        if packages:
            _check_packages(project, packages)
        forced = bool(upgrade or packages or again)
        if any(find_input(lock).record for lock in list_locks(project)):
            from labcoat.locking import derived  # slow; only other tools' locks need it

            derived.update_records(list_locks(project), packages, upgrade=upgrade)
        for lock in list_locks(project):
            if not find_input(lock).exists or not (forced or _must_compile(project, lock)):
                _suggest_renewal(lock)
                continue
            try:
                compiler.compile_lock(project, lock, upgrade=upgrade, packages=packages)
            except LabcoatError as error:
                if lock in project.locks or not find_input(lock).parts:
                    raise
                _warn_of_optional(lock, error)
        if stamp:
            _write_prerequisites(project, stamp)
            stamp.touch()
    return 0


def _warn_of_optional(lock: Path, error: LabcoatError) -> None:
    """Say why the lock of a group or an extra was not made, which no environment has."""
    terminal.print_warning(
        f"`{lock.name}`, which `make venv` does not need, is not up to date: {error.message}",
        f"{error.hint}{'. ' if error.hint else ''}To leave it out, name the locks to make in"
        " `[tool.labcoat.locks]` of `pyproject.toml`",
    )


def _check_packages(project: Project, packages: Sequence[str]) -> None:
    """Raise LabcoatError if no lock has one of `packages`, names with or without a version."""
    inputs = [each for each in map(find_input, list_locks(project)) if each.exists]
    compiled = [each.lock for each in inputs]
    texts = [requirements_file.read_requirements(lock) for lock in compiled if lock.exists()]
    texts += [text for each in inputs for text in _readable_texts(each)]
    known = {name for text in texts for name in requirements_file.requirement_names(text)}
    for package in packages:
        if requirements_file.requirement_name(package) not in known:
            where = f"Packages are listed in {', '.join(f'`{lock.name}`' for lock in compiled)}"
            raise LabcoatError(
                f"no lock has the package `{package}`", suggest_name(package.lower(), known, where)
            )


def _readable_texts(source: LockInput) -> Iterable[str]:
    """Return the texts of an input; none if one cannot be read, which the locker's run reports."""
    try:
        return source.texts().values()
    except LabcoatError:
        return ()


def _write_prerequisites(project: Project, stamp: Path) -> None:
    """Write the inputs of all locks as prerequisites of `stamp`, for the make include to read."""
    from labcoat.core.project_files.uv_sources import inherited_files  # slow

    locks = list_locks(project)
    # Locks that no requirements*.in names are those that only the helper knows.
    chosen = [each.lock for each in map(find_input, locks) if each.declared or each.record]
    inputs = dict.fromkeys(
        file for each in map(find_input, locks) if each.exists for file in each.files()
    )
    inputs.update(dict.fromkeys(chosen))
    inputs.update(dict.fromkeys(inherited_files(project.root)))
    inputs.update(
        dict.fromkeys(file for lock in locks for file in sources_beside.prerequisites(lock))
    )
    names = [os.path.relpath(file, project.root).replace(" ", "\\ ") for file in inputs]
    lines = [f"{stamp}: {' '.join(names)}", *(f"{name}:" for name in names)]
    files.write_file(project.state / "inputs.mk", "\n".join(lines) + "\n")


def suggest_variant(project: Project) -> str:
    """Return a hint if the only lock is that of a variant, such as requirements-dev.txt."""
    stem = project.requirements.stem
    found = sorted(project.root.glob(f"{stem}-*.txt"))
    if project["VARIANT"] or len(found) != 1 or lock_source(project.requirements).exists():
        return ""
    variant = found[0].stem.removeprefix(f"{stem}-")
    return f"`make venv LABCOAT_VARIANT={variant}` installs `{found[0].name}`"
