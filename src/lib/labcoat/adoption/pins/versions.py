"""Find versions for all lines: what is asked for, then imports, then limits for older packages."""

import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from labcoat._vendor.packaging.version import Version
from labcoat.adoption.pins import breaks, index_releases, undeclared_needs
from labcoat.adoption.pins.breaks import Limit
from labcoat.adoption.pins.building import (
    Solution,
    build_for_finals,
    build_for_newest,
    build_sources,
)
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.adoption.pins.lines import Line
from labcoat.adoption.pins.solving import explain_drop, find_named, loosen_lines, texts_of
from labcoat.adoption.pins.uv_search import Attempt, Question, Search
from labcoat.core.errors import LabcoatError
from labcoat.core.records import replace
from labcoat.locking.known_packages import is_popular
from labcoat.locking.locker_output import parse_faults
from labcoat.names.peers import find_missing_peers

_SECONDS = 180  # for the lines
_IMPORTS_SECONDS = 120
_IMPORTS_ATTEMPT = 20
_NO_TIME = "no time was left to look for a version that fits"
_GROUP = 12  # imports that are tried together
_MANY = 120  # packages of a list that has nearly all versions, so that searching finds nothing more


def find_versions(
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
    asked for ran without them. The question's limits are kept to where that
    leaves a solution.
    """
    imports = [line for line in lines if line.wanted.kind == "import"]
    rest = [line for line in lines if line not in imports]
    state = Solution(rest, set(built), alone=frozenset(built))
    listings = dict(known)
    with tempfile.TemporaryDirectory() as folder:
        search = Search(question, Path(folder), time.monotonic() + _SECONDS)
        search = loosen_lines(search, state, listings, only_once=only_once)
        if state.versions is None:
            state.lines += imports
        else:
            search = replace(search, deadline=time.monotonic() + _IMPORTS_SECONDS)
            _add_imports(search, state, imports, listings)
            if not only_once:
                found = state.versions or {}
                needed = [each for each in question.limits if breaks.is_needed(each, found)]
                needed += [
                    Limit(each.package, "", each.describe()) for each in find_missing_peers(found)
                ]
                state.limits = _try_limits(search, state, needed) if needed else []
                _add_limits(search, state, listings)
                if needs := undeclared_needs.find_undeclared_needs(search, state):
                    state.limits = _try_limits(search, state, [*state.limits, *needs])
    return state


def _add_imports(
    search: Search,
    state: Solution,
    imports: Sequence[Line],
    listings: dict[str, PackageReleases | None],
) -> None:
    """Add the imports that have versions beside the other lines, and drop the rest.

    What many use is tried first, and apart: it seldom has none, and what few use may take all the
    time, such as a package with hundreds of pre-releases.
    """
    popular = [line for line in imports if is_popular(line.name)]
    rare = [line for line in imports if line not in popular]
    pending = [
        each[at : at + _GROUP] for each in (popular, rare) for at in range(0, len(each), _GROUP)
    ]
    failed: dict[Line, Attempt] = {}
    while pending and time.monotonic() < search.deadline:
        group = pending.pop(0)
        attempt = _try_imports(search, state, group, failed.get(group[0]))
        if attempt.versions is not None:
            lines = [*state.lines, *group]
            asked = (texts_of(lines), attempt.versions, listings)
            if build_for_finals(search, state, *asked) or build_for_newest(
                search, state, *asked, lines=lines
            ):
                pending.insert(0, group)
                continue
            state.lines += group
            state.versions = attempt.versions
            continue
        faults = parse_faults(attempt.output)
        if build_sources(search.question, state, faults, listings):
            pending.insert(0, group)
            continue
        named = find_named(group, attempt.output)
        if len(group) == 1:
            gone = group[0]
            reason = _NO_TIME if attempt.is_late else explain_drop(search.question, gone, faults)
            state.dropped.append((gone, gone.drop(reason)))
        elif len(named) == 1:
            group.remove(named[0])
            pending.insert(0, group)
            pending.append(named)  # alone, when all that is easy has been found
            if not attempt.is_cached:
                failed[named[0]] = attempt  # for its own sake: the rest of the group is not named
        else:
            middle = len(group) // 2
            pending[:0] = [group[:middle], group[middle:]]
    for line in (each for group in pending for each in group):
        state.dropped.append((line, line.drop(_NO_TIME)))


def _try_imports(
    search: Search, state: Solution, group: Sequence[Line], failed: Attempt | None
) -> Attempt:
    """Return whether imports have versions beside the others, which move for a single one alone.

    With all versions fixed, uv answers at once. To search takes minutes where a list is long.
    `failed` is an earlier attempt of these with fixed versions.
    """
    texts = texts_of([*state.lines, *group])
    pins = _pins_of(state)
    is_alone = len(group) == 1
    seconds = _IMPORTS_ATTEMPT
    attempt = failed or search.attempt(
        [*texts, *pins], state.built, prefer=pins, limit=seconds, is_final=is_alone
    )
    if attempt.versions is not None or attempt.is_late or not is_alone or len(pins) > _MANY:
        return attempt
    return search.attempt(texts, state.built, prefer=pins, limit=seconds)


def _pins_of(state: Solution) -> list[str]:
    """Return the versions found so far, from which uv does not have to search again."""
    return [f"{name}=={version}" for name, version in (state.versions or {}).items()]


def _add_limits(
    search: Search, state: Solution, listings: dict[str, PackageReleases | None]
) -> None:
    """Keep packages below the releases that broke older packages of the solution."""
    refusing = breaks.limits_of_built(state.built)
    state.limits += [each for each in refusing if not _is_kept(each, state, listings)]
    for _ in range(2):  # an older package may come in with the first limits
        texts = texts_of(state.lines) + [each.text for each in state.limits]
        attempt = search.attempt(texts, state.built, prefer=_pins_of(state))
        if attempt.versions is None:
            return
        unknown = breaks.suspects(attempt.versions, attempt.parents) - listings.keys()
        try:
            listings.update(index_releases.fetch_releases(unknown, search.question.before))
        except LabcoatError:
            return
        found = breaks.find_limits(attempt.versions, attempt.parents, listings)
        minor = search.question.minor
        limits = [
            each
            for each in found
            if not _is_kept(each, state, listings) and breaks.exists(each, listings, minor)
        ]
        tried = [*state.limits, *limits]
        if not limits:
            return
        kept = _try_limits(search, state, tried)
        if len(kept) == len(state.limits):
            return
        state.limits = kept


def _is_kept(limit: Limit, state: Solution, listings: Mapping[str, PackageReleases | None]) -> bool:
    """Whether a line, or an earlier limit, keeps the package below the same version or a lower."""
    if any(each.is_within(limit) for each in state.limits):
        return True
    releases = listings.get(limit.name)
    listed = releases.by_version if releases is not None else ()
    above = [Version(limit.below), *(each for each in listed if each >= Version(limit.below))]
    return any(
        not any(line.specifier.contains(each, prereleases=True) for each in above)
        for line in state.lines
        if line.name == limit.name and str(line.specifier)
    )


def _try_limits(search: Search, state: Solution, limits: Sequence[Limit]) -> list[Limit]:
    """Return those of `limits` that leave a solution, the lowest for each package.

    That is all of them, or what remains when they are tried one after the other.
    """
    texts, prefer = texts_of(state.lines), _pins_of(state)
    lowest: list[Limit] = []
    for each in limits:
        if not any(one.name == each.name for one in lowest):
            lowest.append(each)
    limited = [*texts, *(each.text for each in lowest)]
    if search.attempt(limited, state.built, prefer=prefer).versions:
        return lowest
    kept: list[Limit] = []
    done: set[str] = set()
    for each in limits:
        if each.name in done:
            continue
        tried = [*texts_of(state.lines), *(one.text for one in (*kept, each))]
        if search.attempt(tried, state.built, prefer=prefer, limit=_IMPORTS_ATTEMPT).versions:
            kept.append(each)
            done.add(each.name)
        elif _move_again(search, state, each, kept):
            done.add(each.name)
            if each.name not in state.moved:
                kept.append(each)
    return kept


def _move_again(search: Search, state: Solution, limit: Limit, kept: Sequence[Limit]) -> bool:
    """Return whether the lines that were moved before have other versions, which keep to `limit`.

    A solution takes the newest release of what no longer fits, which is too new for others.
    """
    moved = {line: "" for line in state.lines if line.name in state.moved}
    texts = [*texts_of(state.lines, moved), *(each.text for each in (*kept, limit))]
    prefer = _pins_of(state)
    found = moved and search.attempt(texts, state.built, prefer=prefer, limit=_IMPORTS_ATTEMPT)
    if not found or found.versions is None:
        return False
    for line in moved:
        if (version := found.versions.get(line.name)) and not line.specifier.contains(version):
            reasons = (*line.reasons, limit.reason) if line.name == limit.name else line.reasons
            new = line.change("moved", "", specifier=f"=={version}")
            state.lines[state.lines.index(line)] = replace(new, reasons=reasons)
    state.versions = found.versions
    return True
