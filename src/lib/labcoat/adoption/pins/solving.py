"""Loosen lines that contradict each other, as few as possible, until uv finds a solution.

uv keeps the versions that its output file already has where they fit, so that of the lines in a
contradiction only those move that have to.
"""

import re
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from labcoat._vendor.packaging.specifiers import SpecifierSet
from labcoat._vendor.packaging.version import InvalidVersion, Version
from labcoat.adoption.pins import index_releases, sources
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.adoption.pins.lines import Line
from labcoat.adoption.plan import Decision
from labcoat.core import process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.locking import requirements_file
from labcoat.locking.locker_output import Fault, parse_faults
from labcoat.locking.requirement_lines import normalize_name
from labcoat.toolchain import index_config, interpreters, tool_env

_SECONDS = 240  # for all attempts
_ATTEMPT = 90
_ROUNDS = 60
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Question:
    """What to solve for: a Python, and releases that were uploaded before (ISO 8601), or all."""

    minor: str
    before: str = ""


@dataclass(frozen=True)
class Attempt:
    """What uv found: the version of each package, or None and its `output`."""

    versions: Mapping[str, str] | None
    output: str = ""


@dataclass
class Solution:
    """The `lines` that have a solution, those `dropped`, and the packages that must be built.

    `versions` is None, and `output` says why, if no solution was found.
    """

    lines: list[Line]
    built: set[str]
    dropped: list[tuple[Line, Decision]] = field(default_factory=list)
    versions: Mapping[str, str] | None = None
    output: str = ""


def solve(
    question: Question,
    lines: Sequence[Line],
    built: Collection[str],
    known: Mapping[str, PackageReleases | None],
    *,
    only_once: bool = False,
) -> Solution:
    """Return the lines, loosened until there is a solution for this machine.

    What is in `built` has no wheel and is left out of the search, with all that it needs. With
    `only_once`, nothing is loosened.
    """
    state = Solution(list(lines), set(built))
    freed: dict[Line, str] = {}
    listings = dict(known)
    deadline = time.monotonic() + _SECONDS
    with tempfile.TemporaryDirectory() as folder:
        search = _Search(question, Path(folder), deadline)
        for round_ in range(_ROUNDS):
            if round_ == 1:
                terminal.print_progress("looking for versions that fit together")
            attempt = search.attempt(_texts(state.lines, freed), state.built, freed)
            state.output = attempt.output
            if attempt.versions is not None:
                state.versions = _settle(search, state, freed, attempt.versions)
                return state
            if only_once or time.monotonic() > deadline:
                return state
            if not _give_way(question, state, freed, listings, attempt.output):
                return state
    return state


def _texts(lines: Sequence[Line], freed: Mapping[Line, str]) -> list[str]:
    """Return what to solve; addresses are left out, for to ask for their needs runs their code."""
    return [
        _free(line, freed[line]) if line in freed else line.text
        for line in lines
        if not line.is_fixed
    ]


def _free(line: Line, specifier: str) -> str:
    return line.change(line.verdict, "", specifier=specifier).text


@dataclass(frozen=True)
class _Search:
    question: Question
    folder: Path
    deadline: float

    def attempt(
        self, texts: Sequence[str], built: Collection[str], freed: Mapping[Line, str]
    ) -> Attempt:
        """Ask uv for versions of `texts` without those `built`; the `freed` prefer their pins."""
        asked, excluded = self.folder / "wanted.txt", self.folder / "excluded.txt"
        output = self.folder / "versions.txt"
        asked.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        excluded.write_text("".join(f"{name}\n" for name in sorted(built)), encoding="utf-8")
        pins = [f"{one.name}=={one.pinned}\n" for one in freed if one.pinned is not None]
        output.write_text("".join(pins), encoding="utf-8")
        own = interpreters.own_interpreter().executable
        command: list[str | Path] = [tool_env.uv_program(), "pip", "compile", "--quiet"]
        command += ["--python", own, "--python-version", self.question.minor]
        command += ["--no-header", "--no-annotate", "--only-binary", ":all:"]
        command += ["--exclude-newer", self.question.before] if self.question.before else []
        command += ["--excludes", excluded] if built else []
        command += ["--output-file", output, asked]
        try:
            done = process.run_process(
                command,
                index_config.installer_environment(),
                self.folder,
                show=process.show_none,
                limit=_ATTEMPT,
            )
        except LabcoatError as error:
            return Attempt(None, error.message)
        if done.status:
            return Attempt(None, done.output)
        return Attempt(requirements_file.pinned_versions(output.read_text(encoding="utf-8")))


def _give_way(
    question: Question,
    state: Solution,
    freed: dict[Line, str],
    listings: dict[str, PackageReleases | None],
    output: str,
) -> bool:
    """Build, loosen or drop what the output blames; return whether anything has changed."""
    faults = parse_faults(output)
    if _build_sources(question, state, faults, listings):
        return True
    text = output.partition("\nhint:")[0]
    words = {normalize_name(word) for word in _WORD.findall(text)}
    named = [line for line in state.lines if line.name in words and not line.is_fixed]
    tight = [line for line in named if str(line.specifier) and line not in freed]
    limits = [line for line in tight if line.is_limit]
    for loosened in (limits, [line for line in tight if line.pinned is not None], tight):
        if loosened:
            freed.update(dict.fromkeys(loosened, ""))
            return True
    return _drop_one(question, state, named, faults)


def _build_sources(
    question: Question,
    state: Solution,
    faults: Sequence[Fault],
    listings: dict[str, PackageReleases | None],
) -> bool:
    """Add to `built` what is blamed, has no wheel in the versions asked for, and can be built."""
    unknown = [fault.name for fault in faults if fault.name not in listings]
    if unknown:
        try:
            listings.update(index_releases.fetch_releases(unknown, question.before))
        except LabcoatError:
            return False
    found = False
    for fault in faults:
        releases = listings.get(fault.name)
        if releases is None or fault.name in state.built:
            continue
        asked = SpecifierSet(fault.specifier)
        fits = [each for each in releases.by_version if asked.contains(each, prereleases=True)]
        if not fits or any(releases.has_wheel(each, question.minor) for each in fits):
            continue
        sdist = releases.sdist(fits[-1], question.minor)
        if sdist is not None and not sources.find_obstacle(sdist):
            state.built.add(fault.name)
            state.lines = [_restore(line, fault.name) for line in state.lines]
            found = True
    return found


def _restore(line: Line, name: str) -> Line:
    """Return the line of a package that is built with the version that it asked for at first."""
    if line.name != name or line.asked is None:
        return line
    return replace(line.asked, reasons=(*line.asked.reasons, sources.BUILT))


def _drop_one(
    question: Question, state: Solution, named: Sequence[Line], faults: Sequence[Fault]
) -> bool:
    """Drop the line that a fault comes from, an import rather than a demand."""
    order = ("import", "conda", "freeze", "demand")
    blamed = {fault.name for fault in faults} | {fault.parent for fault in faults}
    choice = sorted(
        named, key=lambda line: (order.index(line.wanted.kind), line.name not in blamed)
    )
    if not choice:
        return False
    line = choice[0]
    needs = next((fault.name for fault in faults if fault.name != line.name), "")
    why = f"needs {needs}, which" if needs else "it"
    state.lines.remove(line)
    state.dropped.append((line, line.drop(f"{why} has no wheel for Python {question.minor}")))
    return True


def _settle(
    search: _Search, state: Solution, freed: Mapping[Line, str], versions: Mapping[str, str]
) -> Mapping[str, str]:
    """Give the freed lines their versions: near to what they asked for, if that has a solution."""
    moved = [line for line in freed if line in state.lines and not _is_met(line, versions)]
    near = dict(freed)
    for line in moved:
        near[line] = _near_range(line)
    for tried in [near, *({**freed, line: near[line]} for line in moved if len(moved) > 1)]:
        if time.monotonic() > search.deadline or not any(tried[line] for line in moved):
            break
        attempt = search.attempt(_texts(state.lines, tried), state.built, freed)
        if attempt.versions is not None:
            versions = attempt.versions
            freed = tried
            if tried is near:
                break
    state.lines = [
        _give_version(line, versions.get(line.name, "")) if line in freed else line
        for line in state.lines
    ]
    return versions


def _is_met(line: Line, versions: Mapping[str, str]) -> bool:
    version = versions.get(line.name)
    return version is None or line.specifier.contains(version, prereleases=True)


def _near_range(line: Line) -> str:
    """Return the versions from a line's pin to its next major release; nothing without a pin."""
    pin = line.pinned
    if pin is None:
        return ""
    upper = f"{pin.major + 1}" if pin.major else f"0.{pin.minor + 1}"
    return f">={pin.public},<{pin.epoch}!{upper}" if pin.epoch else f">={pin.public},<{upper}"


def _give_version(line: Line, version: str) -> Line:
    if not version or line.specifier.contains(version, prereleases=True):
        return line  # a marker leaves it out here, or it can stay
    try:
        Version(version)
    except InvalidVersion:
        return line
    asked = line.pinned if line.pinned is not None else str(line.specifier)
    reason = f"{asked} contradicts another line"
    return replace(line.change("moved", reason, specifier=f"=={version}"))
