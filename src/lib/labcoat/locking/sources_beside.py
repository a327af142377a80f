"""The files about sources beside a lock: written, compared with the inputs, and listed."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from labcoat.core import files, originals
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.locking.inputs import LockInput
from labcoat.locking.recorded_sources import implied_source
from labcoat.locking.requirement_lines import marker_applies
from labcoat.locking.source_lines import list_sources
from labcoat.sources import package_facts, sources_file
from labcoat.sources.asked import Source
from labcoat.sources.planned import SourcePlan
from labcoat.sources.sources_file import LockedSource, build_lock_path, sources_path
from labcoat.toolchain import interpreters

_LOCK = lazy_pattern(r"^# labcoat-lock: \d+ (sha256:[0-9a-f]{64})$", re.MULTILINE)
_FORMAT = 1


def write_sources(lock_input: LockInput, plan: SourcePlan) -> None:
    """Write the sources file and the lock of the builds; remove them where nothing is asked for."""
    lock = lock_input.lock
    sources, build = sources_path(lock), build_lock_path(lock)
    if not plan.sources and not plan.note:
        for path in (sources, build):
            if sources_file.inputs_digest(sources_file.read_text(path)):
                path.unlink()
        return
    body = "".join(f"{each.line}\n" for each in plan.sources)
    asked = list_sources(lock_input)
    digest = _digest(lock_input.lock.parent, asked, plan.sources)
    use = f" --build-constraint {build.name}" if plan.build_lock else ""
    name = lock_input.source.name
    header = [
        f"# Made by labcoat. {'Change' if lock_input.record else 'Edit'} {name}, then run make"
        " requirements.",
        f"# labcoat-inputs: {digest}",
        f"# labcoat-lock: {_FORMAT} {_body_digest(body)}",
        *(
            [f"# The project itself is left out: {' '.join(plan.note.split())}"]
            if plan.note
            else []
        ),
        f"# What is not a release of an index. Without labcoat, after {lock.name}:",
        "#",
        f"#    pip install --no-deps{use} -r {sources.name}",
        "#",
    ]
    originals.write_undoable(sources, "".join(f"{line}\n" for line in header) + body)
    if not plan.build_lock:
        if sources_file.inputs_digest(sources_file.read_text(build)):
            build.unlink()
        return
    tools = _without_header(plan.build_lock)
    header = [
        f"# Made by labcoat. What builds the packages in {sources.name}, for --build-constraint.",
        f"# labcoat-inputs: {digest}",
        f"# labcoat-lock: {_FORMAT} {_body_digest(tools)}",
    ]
    originals.write_undoable(build, "".join(f"{line}\n" for line in header) + tools)


def _without_header(text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("#"))


def sources_state(lock_input: LockInput) -> Literal["fresh", "stale", "edited"]:
    """Return whether the sources file is up to date: fresh, stale or edited.

    Raise LabcoatError if an input has a line that is not valid.
    """
    lock = lock_input.lock
    # Nothing runs for this: of what only running setup.py tells, the project itself is known.
    if lock_input.computed is None:
        asked = list_sources(lock_input)
    else:
        implied = implied_source(lock_input)
        asked = (implied,) if implied else ()
    text = sources_file.read_text(sources_path(lock))
    found = sources_file.inputs_digest(text)
    if not asked:
        return "stale" if found else "fresh"
    if not found:
        return "stale"
    build = sources_file.read_text(build_lock_path(lock))
    for each in (text, build):
        said = _LOCK.search(each)
        if each and (not said or said[1] != _body_digest(each)):
            return "edited"
    try:
        known = sources_file.parse_sources(text, sources_path(lock).name)
    except LabcoatError:
        return "edited"
    return "fresh" if found == _digest(lock.parent, asked, known) else "stale"


def prerequisites(lock: Path) -> list[Path]:
    """Return the files that make compares: a change of one may make the lock stale."""
    known = sources_file.read_sources(lock)
    own = [path for path in (sources_path(lock), build_lock_path(lock)) if path.exists()]
    defining = [
        file
        for each in known
        if each.kind == "local"
        for file in package_facts.defining_files(lock.parent / each.path)
    ]
    archives = [lock.parent / each.path for each in known if each.kind == "file"]
    return [*own, *defining, *archives] if known else []


def _digest(root: Path, asked: Sequence[Source], locked: Iterable[LockedSource]) -> str:
    """Return the digest of what decides the sources file: the lines, and what directories say."""
    places = [(each.kind, each.path) for each in asked] + [
        (each.kind, each.path) for each in locked
    ]
    paths = {path for kind, path in places if kind == "local"}
    archives = {path for kind, path in places if kind == "file"}
    said = [f"{each.kind} {each.text}" for each in asked]
    for path in sorted(paths):
        said += [path, *package_facts.describe_definition(root / path)]
    for path in sorted(archives):
        said += [path, files.text_digest((root / path).read_bytes())]
    return files.text_digest("\n".join(said).encode())


def _body_digest(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    said = "\n".join(line for line in lines if line and not line.startswith("#"))
    return files.text_digest(said.encode())


def list_applying(project: Project, locks: Sequence[Path]) -> dict[LockedSource, Path]:
    """Return the sources of `locks` that apply to the project's Python, each with its lock."""
    if not any(sources_path(lock).exists() for lock in locks):
        return {}
    environment = interpreters.marker_environment(project)
    from labcoat.sources import source_install  # slow; only sources need it

    return source_install.applying_sources(
        locks, lambda marker: marker_applies(marker, environment)
    )


def beside(locks: Iterable[Path]) -> list[Path]:
    """Return the paths of the files about sources beside `locks`, whether or not they exist."""
    return [path for lock in locks for path in (sources_path(lock), build_lock_path(lock))]
