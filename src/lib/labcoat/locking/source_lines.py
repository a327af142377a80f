"""The lines of inputs that ask for directories, commits and archives, and the files about them.

A lock stays a list of releases: these lines are taken out for the lockers, the dependencies of
their packages are put in, and the sources file beside the lock has the rest.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from labcoat.core import process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import recorded_sources
from labcoat.locking.inputs import LockInput
from labcoat.locking.requirement_lines import (
    FileLine,
    OptionLine,
    RequirementLine,
    parse_lines,
)
from labcoat.locking.requirements_file import included_files
from labcoat.sources import installable, sources_file, stand_ins
from labcoat.sources.asked import Source, is_place, parse_source
from labcoat.sources.planned import SourcePlan
from labcoat.sources.sources_file import build_lock_path, sources_path


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
    if text and not sources_file.inputs_digest(text):
        raise LabcoatError(
            f"`{sources_path(lock).name}` was not written by labcoat and would be replaced",
            f"Move it away; `{lock_input.source.name}` says what is in it",
        )
    before = sources_file.parse_sources(text, sources_path(lock).name) if text else ()
    build_lock = sources_file.read_text(build_lock_path(lock))
    from labcoat.sources import source_plan  # slow; only sources need it

    try:
        plan = source_plan.plan_sources(
            project,
            asked,
            before,
            build_lock,
            upgrade=upgrade,
            packages=packages,
            is_complete=lock_input.record is not None,
        )
    except LabcoatError as error:
        raise LabcoatError(error.message, _name_line(error, lock_input)) from error
    _check_releases(lock_input, plan, asked)
    if plan.note:
        terminal.print_warning(
            f"the project itself is not installed: {plan.note}",
            f"Its dependencies are. Correct {_name_builder(lock_input)}",
        )
    return plan


def _name_builder(lock_input: LockInput) -> str:
    """Return what says how the project itself is built."""
    if installable.has_build_system(lock_input.lock.parent):
        return "`[build-system]` in pyproject.toml, or remove it"
    return "setup.py"


def _name_line(error: LabcoatError, lock_input: LockInput) -> str:
    """Return the hint of an error about an address, with the line that asks for it."""
    for file, text in _asking_texts(lock_input).items():
        for line in parse_lines(text):
            address = re.search(r"\w+://[^\s#;]+?(?=(?:@[^\s/@]+)?(?:[\s#;]|$))", line.text)
            if address and f"`{process.redact(address[0])}`" in error.message:
                return f"{file.name}:{line.number} asks for it. {error.hint}"
    return error.hint


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
