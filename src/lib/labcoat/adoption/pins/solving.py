"""Loosen lines that contradict each other, as few as possible, until uv finds a solution.

uv keeps the versions that its output file already has where they fit, so that of the lines in a
contradiction only those move that have to.
"""

import re
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from labcoat._vendor.packaging.version import InvalidVersion, Version
from labcoat.adoption.pins.building import (
    Solution,
    build_for_finals,
    build_for_newest,
    build_sources,
)
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.adoption.pins.lines import Line
from labcoat.adoption.pins.uv_search import Question, Search
from labcoat.core import terminal
from labcoat.core.package_names import normalize_name
from labcoat.core.records import replace
from labcoat.locking.locker_output import Fault, parse_faults

_ROUNDS = 60
_CAREFUL = 40  # seconds in which few lines at a time are loosened
_MOST_NAMED = 2  # lines that another contradicts
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")

_NONE: Mapping[Line, str] = MappingProxyType({})


def loosen_lines(
    search: Search,
    state: Solution,
    listings: dict[str, PackageReleases | None],
    *,
    only_once: bool,
) -> Search:
    """Loosen and drop lines until there is a solution, or no time is left.

    Return the search, without what sources say that they need if nothing fits that.

    Those that contradict each other come first. When they have taken long, or are not known, all
    lines are loosened: most lists have versions that fit, if not those recorded.
    """
    freed: dict[Line, str] = {}
    start = time.monotonic()
    for round_ in range(_ROUNDS):
        if round_ == 1:
            terminal.print_progress("looking for versions that fit together")
        texts = texts_of(state.lines, freed)
        attempt = search.attempt(texts, state.built, prefer=_pins(freed))
        state.output = attempt.output
        if attempt.versions is not None:
            asked = (texts, attempt.versions, listings)
            if not only_once and (
                build_for_finals(search, state, *asked)
                or build_for_newest(search, state, *asked, lines=state.lines)
            ):
                continue
            state.brought = attempt.brought
            state.versions = _settle(search, state, freed, attempt.versions)
            return search
        if only_once:
            return search
        now = time.monotonic()
        if now - start > _CAREFUL and _free_all(state, freed):
            continue
        if now <= search.deadline and (
            _give_way(search.question, state, freed, listings, attempt.output)
            or _free_all(state, freed)
        ):
            continue
        if not search.question.needs:
            return search
        # What sources say that they need is old, or written by hand.
        search = replace(search, question=replace(search.question, needs={}))
    return search


def find_named(lines: Sequence[Line], output: str) -> list[Line]:
    """Return those of `lines` whose packages uv's explanation names."""
    text = output.partition("\nhint:")[0]
    words = {normalize_name(word) for word in _WORD.findall(text)}
    return [line for line in lines if line.name in words and not line.is_fixed]


def explain_drop(question: Question, line: Line, faults: Sequence[Fault]) -> str:
    """Return why a line has no version, by the packages at fault."""
    needs = next((fault.name for fault in faults if fault.name != line.name), "")
    if needs:
        return f"needs {needs}, which has no wheel for Python {question.minor}"
    return "no version of it fits the other lines"


def texts_of(lines: Sequence[Line], freed: Mapping[Line, str] = _NONE) -> list[str]:
    """Return what to solve; addresses are left out, for to ask for their needs runs their code."""
    return [
        _free(line, freed[line]) if line in freed else line.text
        for line in lines
        if not line.is_fixed
    ]


def _pins(freed: Mapping[Line, str]) -> list[str]:
    return [f"{one.name}=={one.pinned}" for one in freed if one.pinned is not None]


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
    if build_sources(question, state, faults, listings):
        return True
    named = find_named(state.lines, output)
    tight = [line for line in named if str(line.specifier) and line not in freed]
    limits = [line for line in tight if line.is_limit]
    for loosened in (limits, [line for line in tight if line.pinned is not None], tight):
        if loosened:
            others = [line for line in named if line not in loosened]
            for line in loosened:
                rest = [each for each in loosened if each is not line]
                state.opposed[line.name] = [*others, *rest]
            freed.update(dict.fromkeys(loosened, ""))
            state.built = set(state.alone)  # the rest was built for versions that may be gone now
            return True
    return _drop_one(question, state, named, faults, output)


def _free_all(state: Solution, freed: dict[Line, str]) -> bool:
    """Loosen all lines; return whether any was not loose yet."""
    tight = [line for line in state.lines if str(line.specifier) and not line.is_fixed]
    new = dict.fromkeys(tight, "")
    if new.keys() <= freed.keys():
        return False
    freed.update(new)
    state.built = set(state.alone)
    terminal.print_progress("loosening all versions, since too many contradict each other")
    return True


def _drop_one(
    question: Question,
    state: Solution,
    named: Sequence[Line],
    faults: Sequence[Fault],
    output: str,
) -> bool:
    """Drop the line that a fault comes from, a recorded one rather than a demand.

    Else it is one that uv's conclusion names, and the last one: what sources import and other lists
    have comes after the list.
    """
    if not named:
        return False
    order = ("conda", "freeze", "demand")
    blamed = {fault.name for fault in faults} | {fault.parent for fault in faults}
    conclusion = output.partition("\nhint:")[0].rpartition("because you require")[2]
    concluded = find_named(named, conclusion)

    def priority(line: Line) -> tuple[object, ...]:
        is_aside = line.name not in blamed, line not in concluded
        return order.index(line.wanted.kind), *is_aside, -named.index(line)

    line = min(named, key=priority)
    state.lines.remove(line)
    state.built = set(state.alone)  # the rest was built for what may be gone now
    state.dropped.append((line, line.drop(explain_drop(question, line, faults))))
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
        attempt = search.attempt(texts_of(state.lines, tried), state.built, prefer=_pins(freed))
        if attempt.versions is not None:
            versions = attempt.versions
            freed = tried
            if tried is near:
                break
    before = state.lines
    state.lines = [
        _give_version(line, versions.get(line.name, ""), state.opposed.get(line.name, ()))
        if line in freed
        else line
        for line in before
    ]
    state.moved = {line.name for line in state.lines if line not in before}
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


def _give_version(line: Line, version: str, opposed: Sequence[Line]) -> Line:
    if not version or line.specifier.contains(version, prereleases=True):
        return line  # a marker leaves it out here, or it can stay
    try:
        Version(version)
    except InvalidVersion:
        return line
    asked = line.pinned if line.pinned is not None else str(line.specifier)
    reason = f"{asked} contradicts {_name_lines(opposed)}"
    return replace(line.change("moved", reason, specifier=f"=={version}"))


def _name_lines(lines: Sequence[Line]) -> str:
    """Return the requirements with their places; without any, what a package needs is meant.

    Of a line that was moved before, the version that it has now is what the others contradict.
    """
    asked = [each.text if each.verdict == "moved" else each.wanted.requirement for each in lines]
    texts = [
        f"{text} ({each.wanted.file}:{each.wanted.line})"
        for text, each in zip(asked, lines, strict=True)
    ]
    return terminal.join_some(texts, _MOST_NAMED) if texts else "what other packages need"
