"""Compile requirements.in to requirements.txt: pinned, with hashes, the same on every machine."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import files, originals, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, check_project_path
from labcoat.locking import (
    input_checks,
    lock_header,
    lockers,
    requirements_file,
    resolver,
    seeds,
    setup_run,
    source_lines,
    sources_beside,
)
from labcoat.locking.contradictions import check_contradictions, check_cycles
from labcoat.locking.inputs import LockInput, find_input
from labcoat.locking.lock_header import lock_source
from labcoat.locking.lockers import LockRequest
from labcoat.locking.requirement_lines import RequirementLine, parse_lines
from labcoat.toolchain import searched_indexes

_MOST_LACKING = 6  # releases that a line names; the header of the lock has all


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
        from labcoat.locking import derived  # slow; only other tools' locks need it

        derived.derive_lock(source)
        plan = source_lines.make_plan(project, source, upgrade=upgrade, packages=packages)
        sources_beside.write_sources(source, plan)
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
    _name_replaced_record(lock, lock_input, before)
    terminal.print_progress(f"locking {lock_input.source.name} → {lock.name} ({locker})")
    searched_indexes.warn_of_searched(project.root)
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
    sources_beside.write_sources(lock_input, plan)
    files.write_file(lock, header + text)
    _print_changes(lock, kept, text)
    for platform, releases in resolution.missing.items():
        shown = terminal.join_some(list(releases), _MOST_LACKING)
        terminal.print_progress(f"no wheel for {platform}: {shown}")


def _name_replaced_record(lock: Path, lock_input: LockInput, before: str) -> None:
    """Warn if `lock`, with the text `before`, was derived from a lock that counts no more."""
    if "# labcoat-derived: " not in before:
        return
    from labcoat.locking import derived  # slow; only other tools' locks need it

    if found := derived.derived_from(lock):
        terminal.print_warning(
            f"`{lock_input.source.name}` takes the place of `{found[0]}`",
            f"If it should not, remove it, or set LABCOAT_LOCK_FROM to {found[0]}",
        )


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
    if lock_input.declared is not None and (lost := lock_header.find_lost(before, after)):
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
    """Print the versions that changed, a line each, to standard error.

    A list of the user's that becomes a lock lacked most of its packages: these are not new.
    """
    old = requirements_file.pinned_versions(before)
    new = requirements_file.pinned_versions(after)
    was_lock = lock_header.has_header(before) or "--hash=" in before
    for name in sorted(old.keys() | new.keys() if was_lock else old):
        if old and old.get(name) != new.get(name):
            print(
                f"  {name} {old.get(name, '(new)')} → {new.get(name, '(removed)')}",
                file=sys.stderr,
            )
    packages = "1 package" if len(new) == 1 else f"{len(new)} packages"
    print(f"{lock.name}: {packages}", file=sys.stderr)
