"""Compile requirements.in to requirements.txt: pinned, with hashes, the same on every machine.

The header of a lock holds the digest of its inputs, which tells without a network whether it is
up to date.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labcoat.core import files, originals, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, check_project_path, suggest_name
from labcoat.locking import (
    derived,
    input_checks,
    lock_header,
    lockers,
    requirements_file,
    resolver,
    seeds,
    setup_run,
    source_lines,
)
from labcoat.locking.contradictions import check_contradictions, check_cycles
from labcoat.locking.inputs import LockInput, find_input, find_sources, list_inputs
from labcoat.locking.lock_header import LockState, is_fresh, lock_source
from labcoat.locking.lockers import LockRequest
from labcoat.locking.requirement_lines import RequirementLine, parse_lines
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
        derived.update_records(list_locks(project), packages, upgrade=upgrade)
        for lock in list_locks(project):
            if not find_input(lock).exists or not (forced or _must_compile(project, lock)):
                _suggest_renewal(lock)
                continue
            try:
                compile_lock(project, lock, upgrade=upgrade, packages=packages)
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
    locks = list_locks(project)
    # Locks that no requirements*.in names are those that only the helper knows.
    chosen = [each.lock for each in map(find_input, locks) if each.declared or each.record]
    inputs = dict.fromkeys(
        file for each in map(find_input, locks) if each.exists for file in each.files()
    )
    inputs.update(dict.fromkeys(chosen))
    inputs.update(
        dict.fromkeys(file for lock in locks for file in source_lines.prerequisites(lock))
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
    check_project_path(project.root)
    if (source := find_input(lock)).record:
        derived.derive_lock(source)
        plan = source_lines.make_plan(project, source, upgrade=upgrade, packages=packages)
        source_lines.write_sources(source, plan)
        return
    before = requirements_file.read_requirements(lock) if lock.exists() else ""
    lock_input = setup_run.resolve_input(project, lock)
    check_cycles(lock_input)
    # What `labcoat init` took over is kept for its --undo, and later edits of the input count.
    is_adopted = originals.has_written(project.state, lock_input.source.name)
    input_checks.check_inputs(project, lock_input, "" if is_adopted else before)
    check_contradictions(lock_input)
    kept = before if seed is None else seed
    locker, _ = lockers.choose_locker(project)
    terminal.print_progress(f"locking {lock_input.source.name} → {lock.name} ({locker})")
    folder = resolver.new_folder(project.state)
    try:
        plan = source_lines.make_plan(project, lock_input, upgrade=upgrade, packages=packages)
        texts = source_lines.plain_texts(lock_input, plan, folder) if plan.sources else None
        prepared = lock_input.prepare(folder, texts)
        request = LockRequest(
            project, lock_input, prepared, upgrade, packages, stand_ins=plan.versions
        )
        seed_text = seeds.format_seed(kept, request.indexes) + seeds.lost_pins(lock)
        resolution = resolver.resolve_lock(request, seed_text, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = resolution.text
    _check_output(text, lock)
    check_nothing_lost(lock_input, before, text)
    header = lock_header.format_header(lock, locker, request.minor, text, resolution.missing)
    _keep_original(project, lock, header + text)
    source_lines.write_sources(lock_input, plan)
    files.write_file(lock, header + text)
    _print_changes(lock, kept, text)
    for platform, releases in resolution.missing.items():
        terminal.print_progress(f"no wheel for {platform}: {', '.join(releases)}")


def _keep_original(project: Project, lock: Path, text: str) -> None:
    """Keep what the lock replaces if it is somebody else's, for `labcoat init --undo`."""
    is_foreign = lock_header.lock_state(lock) == "foreign"
    originals.record_replacement(
        project.state, project.root, lock, text.encode(), always=is_foreign
    )


def check_nothing_lost(lock_input: LockInput, before: str, after: str) -> None:
    """Raise LabcoatError if a requirements.txt of the user has packages that the new lock lacks.

    Beside a requirements.in, it was written for labcoat; beside other files it may be the only
    place that names them.
    """
    if lock_input.declared is None or lock_header.has_header(before):
        return
    names = requirements_file.requirement_names(before)
    lost = sorted(names - requirements_file.requirement_names(after))
    if lost:
        lock, source = lock_input.lock.name, lock_input.source.name
        raise LabcoatError(
            f"`{lock}` has packages that `{source}` does not need: {terminal.join_some(lost)}",
            f"Add them to `{source}` or remove `{lock}`; or run `mv {lock} requirements.in`, and"
            " labcoat locks that instead",
        )


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
        if not any(each.startswith("sha256:") for each in line.hashes):
            raise LabcoatError(
                f"`{line.body}` has no SHA-256 hash",
                "Only releases of a package index that gives SHA-256 hashes can be locked",
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
