"""The lines of inputs that ask for directories, commits and archives, and the files about them.

A lock stays a list of releases: these lines are taken out for the lockers, the dependencies of
their packages are put in, and the sources file beside the lock has the rest.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Literal

from labcoat.core import files, originals, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import recorded_sources
from labcoat.locking.inputs import LockInput
from labcoat.locking.requirement_lines import (
    FileLine,
    OptionLine,
    RequirementLine,
    marker_applies,
    parse_lines,
)
from labcoat.locking.requirements_file import included_files
from labcoat.sources import package_facts, sources_file, stand_ins
from labcoat.sources.asked import Source, is_place, parse_source
from labcoat.sources.planned import SourcePlan
from labcoat.sources.sources_file import LockedSource, build_lock_path, sources_path
from labcoat.toolchain import interpreters

_INPUTS = re.compile(r"^# labcoat-inputs: (sha256:[0-9a-f]{64})$", re.MULTILINE)
_LOCK = re.compile(r"^# labcoat-lock: \d+ (sha256:[0-9a-f]{64})$", re.MULTILINE)
_FORMAT = 1


def is_source_line(line: FileLine) -> bool:
    """Whether a line asks for a package by its place."""
    if isinstance(line, OptionLine):
        return line.option == "--editable" and bool(line.value)
    if isinstance(line, RequirementLine):
        return bool(line.url) and is_place(line.body)
    return is_place(line.text)


def read_source(line: FileLine, root: Path, where: str) -> Source:
    """Return what a line asks for. Raise LabcoatError if it cannot be the same everywhere."""
    if isinstance(line, OptionLine):
        return parse_source(line.value, root, where, editable=True)
    text = line.text
    if isinstance(line, RequirementLine):
        text = line.body
        hashes = [each.removeprefix("sha256:") for each in line.hashes if each[:7] == "sha256:"]
        if hashes and line.url.startswith("http") and "#sha256=" not in line.url:
            text = text.replace(line.url, f"{line.url}#sha256={hashes[0]}")
    return parse_source(text, root, where)


def list_sources(lock_input: LockInput) -> tuple[Source, ...]:
    """Return what the inputs ask for by its place. Raise LabcoatError if one is not valid."""
    root = lock_input.lock.parent
    found = recorded_sources.list_recorded_sources(lock_input)
    for file, text in _asking_texts(lock_input).items():
        is_numbered = lock_input.declared is None or file != lock_input.source
        for line in parse_lines(text):
            if is_source_line(line):
                where = f"{file.name}:{line.number}" if is_numbered else file.name
                found.append(read_source(line, root, where))
    implied = recorded_sources.implied_source(lock_input)
    if implied and not any(each.path == "." for each in found):
        found.append(implied)
    return tuple(found)


def _asking_texts(lock_input: LockInput) -> dict[Path, str]:
    """Return the texts of an input without those of constraints, which ask for nothing."""
    if lock_input.record is not None:  # which has the sources of another tool in its own form
        return {}
    texts = lock_input.texts()
    if lock_input.declared is not None:
        return {lock_input.source: texts[lock_input.source]}
    asking = set(included_files(lock_input.source, constraints=False))
    return {file: text for file, text in texts.items() if file in asking}


def plain_texts(lock_input: LockInput, plan: SourcePlan, folder: Path) -> dict[Path, str]:
    """Return the texts for the lockers: without sources, with what their packages need.

    In `folder` are empty wheels of the sources, for releases that need one of them.
    """
    stand_ins.write_stand_ins(plan.versions, folder / "sources")
    names = {each.name for each in plan.sources}
    texts = {file: _without_sources(text, names) for file, text in lock_input.texts().items()}
    pins = [f"{name}=={version}" for name, version in plan.versions.items()]
    links = [f"--find-links {(folder / 'sources').absolute().as_uri()}"]
    added = "".join(f"{line}\n" for line in [*links, *pins, *plan.requirements])
    source = lock_input.source
    texts[source] = f"{texts[source].rstrip()}\n{added}" if texts[source].strip() else added
    return texts


def _without_sources(text: str, names: Collection[str]) -> str:
    """Return `text` with the lines of sources blanked, so that others keep their numbers.

    `names` are those of the sources: a line that names one alone is answered by it.
    """
    lines = text.splitlines()
    for line in parse_lines(text):
        if is_source_line(line) or (isinstance(line, RequirementLine) and line.name in names):
            at = line.number - 1
            while at < len(lines):
                is_continued = lines[at].endswith("\\")
                lines[at] = ""
                if not is_continued:
                    break
                at += 1
    return "".join(f"{line}\n" for line in lines)


def make_plan(
    project: Project,
    lock_input: LockInput,
    *,
    upgrade: bool = False,
    packages: Sequence[str] = (),
) -> SourcePlan:
    """Return what the files beside the lock will say.

    Raise LabcoatError if a package cannot be fetched or built, or is asked for in two ways.
    """
    asked = list_sources(lock_input)
    if not asked:
        return SourcePlan()
    lock = lock_input.lock
    text = sources_file.read_text(sources_path(lock))
    if text and not _INPUTS.search(text):
        raise LabcoatError(
            f"`{sources_path(lock).name}` was not written by labcoat and would be replaced",
            f"Move it away; `{lock_input.source.name}` says what is in it",
        )
    before = sources_file.parse_sources(text, sources_path(lock).name) if text else ()
    build_lock = sources_file.read_text(build_lock_path(lock))
    from labcoat.sources import source_plan  # slow; only sources need it

    plan = source_plan.plan_sources(
        project,
        asked,
        before,
        build_lock,
        upgrade=upgrade,
        packages=packages,
        is_complete=lock_input.record is not None,
    )
    _check_releases(lock_input, plan, asked)
    if plan.note:
        terminal.print_warning(
            f"the project itself is not installed: {plan.note}",
            "Its dependencies are. Correct `[build-system]` in pyproject.toml, or remove it",
        )
    return plan


def _check_releases(lock_input: LockInput, plan: SourcePlan, asked: Sequence[Source]) -> None:
    """Raise LabcoatError if an input asks for a release of a package that is a source too."""
    names = {each.name: each for each in plan.sources}
    for file, text in _asking_texts(lock_input).items():
        for line in parse_lines(text):
            if (
                isinstance(line, RequirementLine)
                and line.name in names
                and not is_source_line(line)
                and (line.version or re.search(r"[<>=!~]", line.body.partition(";")[0]))
            ):
                place = names[line.name].place
                where = next((each.where for each in asked if each.place == place), "")
                raise LabcoatError(
                    f"`{line.name}` is asked for in two ways: `{line.body}`"
                    f" ({file.name}:{line.number}) and `{place}` ({where})",
                    "Remove one of the two",
                )


def write_sources(lock_input: LockInput, plan: SourcePlan) -> None:
    """Write the sources file and the lock of the builds; remove them where nothing is asked for."""
    lock = lock_input.lock
    sources, build = sources_path(lock), build_lock_path(lock)
    if not plan.sources and not plan.note:
        for path in (sources, build):
            if _INPUTS.search(sources_file.read_text(path)):
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
        if _INPUTS.search(sources_file.read_text(build)):
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
    # What only running setup.py tells is not read for this.
    asked = list_sources(lock_input) if lock_input.computed is None else ()
    text = sources_file.read_text(sources_path(lock))
    found = _INPUTS.search(text)
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
    return "fresh" if found[1] == _digest(lock.parent, asked, known) else "stale"


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
