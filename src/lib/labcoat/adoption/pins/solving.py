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
from labcoat.adoption.pins.uv_search import Question, Search
from labcoat.adoption.plan import Decision
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.locking.locker_output import Fault, parse_faults
from labcoat.locking.requirement_lines import normalize_name

_SECONDS = 120  # for all attempts, and again for the imports
_IMPORTS_ATTEMPT = 20
_GROUP = 12  # imports that are tried together
_ROUNDS = 60
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


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
    `only_once`, nothing is loosened. Imports give way to all other lines: what was recorded or
    asked for ran without them.
    """
    imports = [line for line in lines if line.wanted.kind == "import"]
    state = Solution([line for line in lines if line not in imports], set(built))
    listings = dict(known)
    with tempfile.TemporaryDirectory() as folder:
        search = Search(question, Path(folder), time.monotonic() + _SECONDS)
        _solve_lines(search, state, listings, only_once=only_once)
        if state.versions is None:
            state.lines += imports
        else:
            search = replace(search, deadline=time.monotonic() + _SECONDS)
            _add_imports(search, state, imports, listings)
    return state


def _solve_lines(
    search: Search,
    state: Solution,
    listings: dict[str, PackageReleases | None],
    *,
    only_once: bool,
) -> None:
    """Loosen and drop lines until there is a solution, or no time is left."""
    freed: dict[Line, str] = {}
    for round_ in range(_ROUNDS):
        if round_ == 1:
            terminal.print_progress("looking for versions that fit together")
        attempt = search.attempt(_texts(state.lines, freed), state.built, freed)
        state.output = attempt.output
        if attempt.versions is not None:
            state.versions = _settle(search, state, freed, attempt.versions)
            return
        if only_once or time.monotonic() > search.deadline:
            return
        if not _give_way(search.question, state, freed, listings, attempt.output):
            return


def _add_imports(
    search: Search,
    state: Solution,
    imports: Sequence[Line],
    listings: dict[str, PackageReleases | None],
) -> None:
    """Add the imports that have versions beside the other lines, and drop the rest."""
    pending = [list(imports[at : at + _GROUP]) for at in range(0, len(imports), _GROUP)]
    while pending and time.monotonic() < search.deadline:
        group = pending.pop(0)
        texts = _texts([*state.lines, *group], {})
        attempt = search.attempt(texts, state.built, {}, limit=_IMPORTS_ATTEMPT)
        if attempt.versions is not None:
            state.lines += group
            state.versions = attempt.versions
            continue
        faults = parse_faults(attempt.output)
        if _build_sources(search.question, state, faults, listings):
            pending.insert(0, group)
            continue
        named = _named(group, attempt.output)
        if len(group) == 1 or len(named) == 1:
            gone = (named or group)[0]
            group.remove(gone)
            state.dropped.append((gone, gone.drop(_why_not(search.question, gone, faults))))
            pending[:0] = [group] if group else []
        else:
            middle = len(group) // 2
            pending[:0] = [group[:middle], group[middle:]]
    for line in (each for group in pending for each in group):
        state.dropped.append((line, line.drop("no time was left to look for a version that fits")))


def _named(lines: Sequence[Line], output: str) -> list[Line]:
    """Return those of `lines` whose packages uv's explanation names."""
    text = output.partition("\nhint:")[0]
    words = {normalize_name(word) for word in _WORD.findall(text)}
    return [line for line in lines if line.name in words and not line.is_fixed]


def _why_not(question: Question, line: Line, faults: Sequence[Fault]) -> str:
    needs = next((fault.name for fault in faults if fault.name != line.name), "")
    if needs:
        return f"needs {needs}, which has no wheel for Python {question.minor}"
    return "no version of it fits the other lines"


def _texts(lines: Sequence[Line], freed: Mapping[Line, str]) -> list[str]:
    """Return what to solve; addresses are left out, for to ask for their needs runs their code."""
    return [
        _free(line, freed[line]) if line in freed else line.text
        for line in lines
        if not line.is_fixed
    ]


def _free(line: Line, specifier: str) -> str:
    return line.change(line.verdict, "", specifier=specifier).text


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
    named = _named(state.lines, output)
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
    """Drop the line that a fault comes from, a recorded one rather than a demand."""
    order = ("conda", "freeze", "demand")
    blamed = {fault.name for fault in faults} | {fault.parent for fault in faults}
    choice = sorted(
        named, key=lambda line: (order.index(line.wanted.kind), line.name not in blamed)
    )
    if not choice:
        return False
    line = choice[0]
    state.lines.remove(line)
    state.dropped.append((line, line.drop(_why_not(question, line, faults))))
    return True


def _settle(
    search: Search, state: Solution, freed: Mapping[Line, str], versions: Mapping[str, str]
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
