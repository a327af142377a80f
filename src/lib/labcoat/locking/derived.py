"""Derive requirements*.txt from the lock of another tool, and compare the two.

Nothing is resolved. The header says what a file is derived from:

    # Made by labcoat from uv.lock. Change that with uv, then run make requirements.
    # labcoat-inputs: sha256:…
    # labcoat-lock: 2 sha256:…
    # labcoat-derived: uv.lock sha256:…
    # Left out: mine (it comes from the directory `libs/mine`)
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.core import files, originals, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.project_files.lock_of_record import SETTING, is_chosen, list_records, lock_tool
from labcoat.core.records import replace
from labcoat.core.settings import time_limit
from labcoat.locking import (
    index_comments,
    index_options,
    lock_header,
    recorded_sources,
    requirements_file,
)
from labcoat.locking.inputs import MAIN, LockInput, find_input
from labcoat.locking.other_locks import owners, staleness
from labcoat.locking.other_locks.reader import read_lock_bytes, read_other_lock
from labcoat.locking.other_locks.requirements import (
    Derived,
    DerivedPin,
    derive_requirements,
    first_difference,
    read_pins,
)
from labcoat.locking.other_locks.uv_export import export_uv_lock
from labcoat.toolchain import tool_env

_DERIVED = lazy_pattern(r"^# labcoat-derived: (\S+) (sha256:[0-9a-f]{64})$", re.MULTILINE)


def derive_lock(source: LockInput) -> None:
    """Write `source.lock` from the lock of another tool.

    Raise LabcoatError, and leave the file unchanged, if that lock cannot be read, is older than
    what it was made from, or lacks hashes, or if a file of the user's has more packages, unless
    LABCOAT_LOCK_FROM says that the lock counts.
    """
    record, lock = _record(source), source.lock
    staleness.check_current(record, lock.parent)
    terminal.print_progress(f"deriving {lock.name} from {record.name}")
    _announce_choice(lock.parent, record)
    before = requirements_file.read_requirements(lock) if lock.exists() else ""
    derived = _derive(source)
    pins = _export(source, derived) or derived.pins
    named = index_comments.match_indexes(lock.parent, derived.indexes)
    others = (each for each in derived.indexes if each[0].partition(" ")[0] not in named)
    derived = replace(derived, indexes=tuple(others))
    body = index_comments.write_comments("".join(map(str, pins)), named)
    _check_nothing_lost(source, before, body)
    text = _format_header(source, derived, body) + body
    is_foreign = bool(before) and not _DERIVED.search(before)
    originals.write_undoable(lock, text, always=is_foreign)
    for line in describe_changes(before, body):
        print(line, file=sys.stderr)
    count = len({pin.name for pin in pins})
    print(f"{lock.name}: {count} package{'s' * (count != 1)}", file=sys.stderr)
    _warn(source, derived)


def find_lost(lock: Path) -> list[str]:
    """Return the packages of a file of the user's that it loses when it is derived.

    Raise LabcoatError if it, or the lock of the other tool, cannot be read.
    """
    source = find_input(lock)
    if source.record is None:
        return []
    before = requirements_file.read_requirements(lock)
    return lock_header.find_lost(before, "".join(map(str, _derive(source).pins)))


def update_records(locks: Sequence[Path], packages: Sequence[str], *, upgrade: bool) -> None:
    """Check the locks of other tools that `locks` are derived from; with `upgrade`, renew them.

    With `packages`, only these get new versions. Raise LabcoatError if one is older than what it
    was made from, or its tool is not installed or fails.
    """
    sources = [each for each in map(find_input, locks) if each.record]
    for record, folder in dict.fromkeys((_record(each), each.lock.parent) for each in sources):
        if upgrade or packages:
            _upgrade(record, folder, packages)
        else:
            staleness.check_current(record, folder)


def _upgrade(record: Path, folder: Path, packages: Sequence[str]) -> None:
    command = owners.upgrade_command(record, packages)
    shown = shlex.join(command) or owners.lock_command(record)
    program = shutil.which(command[0]) if command else None
    if program is None and command[:1] == ["uv"]:
        program = str(tool_env.uv_program())
    if program is None:
        raise LabcoatError(
            f"`{record.name}` belongs to {owners.owner_name(record)}, which labcoat cannot run",
            f"Run `{shown}`, then `make requirements`",
        )
    terminal.print_progress(f"running `{shown}`")
    outcome = process.run_process([program, *command[1:]], os.environ, folder, limit=time_limit())
    if outcome.status:
        raise LabcoatError(f"`{shown}` failed with status {outcome.status}")


def owned_error(project: Project, packages: Sequence[str]) -> LabcoatError | None:
    """Return the error for adding `packages` where another tool owns the lock; None where none."""
    record = find_input(project.requirements).record
    if record is None:
        return None
    return LabcoatError(
        f"`{record.name}` belongs to {owners.owner_name(record)}, and"
        f" `{project.requirements.name}` is derived from it",
        f"Run `{owners.add_command(record, packages)}`, then `make venv`",
    )


def check_derived(source: LockInput) -> None:
    """Raise LabcoatError if `source.lock` is not what the other tool's lock says.

    The message names the first package that differs. No network is needed.
    """
    record, lock = _record(source), source.lock
    staleness.check_current(record, lock.parent)
    hint = "Run `make requirements`"
    if not lock.exists():
        raise LabcoatError(f"`{lock.name}` does not exist", hint)
    text = requirements_file.read_requirements(lock)
    python = read_other_lock(record, lock.parent).requires_python
    pins = _derive(source).pins
    if difference := first_difference(read_pins(text), pins, record.name, python):
        raise LabcoatError(f"`{lock.name}` differs from `{record.name}`: {difference}", hint)
    state = lock_header.lock_state(lock)
    if state == "foreign":
        raise LabcoatError(
            f"`{lock.name}` does not say that it is derived from `{record.name}`", hint
        )
    if state == "edited":
        raise LabcoatError(f"`{lock.name}` was changed after labcoat wrote it", hint)
    if state != "fresh":
        raise LabcoatError(f"`{lock.name}` was derived from another `{record.name}`", hint)


def derived_from(lock: Path) -> tuple[str, str] | None:
    """Return the name and the digest of the lock that `lock` was derived from; None if of none."""
    found = _DERIVED.search(requirements_file.read_requirements(lock)) if lock.exists() else None
    return (found[1], found[2]) if found else None


def python_of(lock: Path) -> str:
    """Return the Pythons that a derived `lock` is for, as specifiers; empty if it is not derived.

    Raise LabcoatError if the lock of record cannot be read.
    """
    record = find_input(lock).record
    return read_other_lock(record, lock.parent).requires_python if record else ""


def describe_record(lock: Path) -> list[str]:
    """Return notes for the proof: what `lock` was derived from, and what it could not take over."""
    found = derived_from(lock)
    if found is None:
        return []
    name, digest = found
    record = find_input(lock).record
    state = ""
    if record is None or record.name != name:
        state = ", which does not count any more"
    elif digest != files.text_digest(read_lock_bytes(record)):
        state = ", which has changed since"
    text = requirements_file.read_requirements(lock)
    left_out = re.findall(r"^# Left out: (.*)$", text, re.MULTILINE)
    note = f"derived from {name} ({digest.removeprefix('sha256:')[:12]}){state}"
    return [note, *(f"left out: {each}" for each in left_out)]


def describe_changes(before: str, after: str) -> Iterator[str]:
    """Yield a line for each version that differs between the texts of two locks."""
    old, new = map(requirements_file.pinned_versions, (before, after))
    for name in sorted(old.keys() | new.keys()) if old else ():
        if old.get(name) != new.get(name):
            yield f"  {name} {old.get(name, '(new)')} → {new.get(name, '(removed)')}"


def _record(source: LockInput) -> Path:
    assert source.record is not None  # noqa: S101  # the caller asks for derived locks only
    return source.record


def _with_main(source: LockInput) -> bool:
    return source.lock.stem == MAIN or not source.parts


def _derive(source: LockInput) -> Derived:
    lock = read_other_lock(_record(source), source.lock.parent)
    return derive_requirements(lock, source.parts, with_main=_with_main(source))


def _export(source: LockInput, derived: Derived) -> tuple[DerivedPin, ...]:
    """Return what the lock's own tool exports, where labcoat has it; empty where not."""
    if lock_tool(_record(source).name) != "uv":
        return ()
    folder = source.lock.parent
    lock = read_other_lock(_record(source), folder)
    text = export_uv_lock(lock, folder, source.parts, with_main=_with_main(source))
    if text is None:
        return ()
    local = {name for name, _ in derived.left_out}
    return tuple(pin for pin in read_pins(text) if pin.name not in local)


def _lost(source: LockInput, derived: Derived) -> list[tuple[str, str]]:
    """Return what is left out and does not stand in the sources file either."""
    known = recorded_sources.recorded_names(source)
    return [each for each in derived.left_out if each[0] not in known]


def _announce_choice(folder: Path, record: Path) -> None:
    others = [name for name in list_records(folder) if name != record.name]
    if (folder / f"{MAIN}.in").exists():
        others.append(f"{MAIN}.in")
    if others:
        terminal.print_progress(
            f"{record.name} counts, not {', '.join(others)}; {SETTING} chooses another"
        )


def _check_nothing_lost(source: LockInput, before: str, after: str) -> None:
    """Raise LabcoatError if a file that labcoat did not write has packages that it would lose."""
    record = _record(source)
    if is_chosen(record.name):
        return
    if lost := lock_header.find_lost(before, after):
        raise LabcoatError(
            f"`{source.lock.name}` has packages that `{record.name}` does not need:"
            f" {terminal.join_some(lost)}",
            f"Set {SETTING} to {record.name} if they are not needed, or add them with"
            f" `{owners.add_command(record, lost)}`",
        )


def _format_header(source: LockInput, derived: Derived, body: str) -> str:
    record = _record(source)
    digest = files.text_digest(read_lock_bytes(record))
    return "".join(
        f"{line}\n"
        for line in (
            f"# Made by labcoat from {record.name}. Change that with"
            f" {owners.owner_name(record)}, then run make requirements.",
            f"# labcoat-inputs: {source.digest()}",
            f"# labcoat-lock: {lock_header.FORMAT} {lock_header.body_digest(body)}",
            f"# labcoat-derived: {record.name} {digest}",
            *(f"# Left out: {name} ({cause})" for name, cause in _lost(source, derived)),
            *(f"# From another index: {release}" for release, _ in derived.indexes),
            "#",
        )
    )


def _warn(source: LockInput, derived: Derived) -> None:
    lock = source.lock.name
    for name, cause in _lost(source, derived):
        terminal.print_warning(f"{name} is not in `{lock}`: {cause}, which has no hash of a file")
    by_index: dict[str, list[str]] = {}
    for release, index in derived.indexes:
        by_index.setdefault(index, []).append(release)
    for index, releases in by_index.items():
        packages = [release.partition(" ")[0] for release in releases]
        table = index_options.suggest_table(index, packages=packages) if "://" in index else ""
        terminal.print_warning(
            f"{terminal.join_some(releases)} in `{lock}` may not be on your package index:"
            f" `{_record(source).name}` has it from {process.redact(index)}",
            f"Write to pyproject.toml: {table}" if table else "",
        )
    if derived.without_wheel:
        names = " ".join(release.partition(" ")[0] for release in derived.without_wheel)
        terminal.print_warning(
            f"no wheel in `{_record(source).name}`: {terminal.join_some(derived.without_wheel)}",
            f'LABCOAT_NO_BINARY="{names}" allows building them',
        )
