"""What has to be built, since a solution needs it and no wheel of it exists.

uv takes wheels alone. Without them it goes back to what does not need such a package: to a release
candidate, or to a release of years ago.
"""

import time
from collections.abc import Mapping, Sequence

from labcoat._vendor.packaging.specifiers import SpecifierSet
from labcoat._vendor.packaging.version import Version
from labcoat.adoption.pins import index_releases, sources
from labcoat.adoption.pins.breaks import Limit
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.adoption.pins.lines import Line
from labcoat.adoption.pins.source_needs import find_source_needs
from labcoat.adoption.pins.uv_search import Question, Search
from labcoat.adoption.plan import Decision
from labcoat.core.errors import LabcoatError
from labcoat.core.records import MutableRecord, field, replace
from labcoat.locking.locker_output import Fault, parse_faults

_SECONDS = 20  # for one attempt
_MANY = 20  # newer releases that a line allows
_MOST_BUILT = 4  # rounds of building for one line


class Solution(MutableRecord):
    """The `lines` that have a solution, those `dropped`, and the packages that must be built.

    `versions` is None, and `output` says why, if no solution was found. `brought` are the packages
    that others need, without the imports. `opposed` are the lines that uv named with each loosened
    package, and `moved` those that got another version for it. Of those `judged`, a newer release
    has been looked for; `outdated` says why some cannot have it. Those `alone` have to be built
    whatever else is in the solution.
    """

    lines: list[Line]
    built: set[str]
    dropped: list[tuple[Line, Decision]] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    versions: Mapping[str, str] | None = None
    output: str = ""
    brought: frozenset[str] = frozenset()
    opposed: dict[str, list[Line]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    judged: set[str] = field(default_factory=set)
    outdated: dict[str, str] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()


def build_for_finals(
    search: Search,
    state: Solution,
    texts: Sequence[str],
    versions: Mapping[str, str],
    listings: dict[str, PackageReleases | None],
) -> bool:
    """Return whether what only a source has is built now, since a solution has pre-releases.

    uv takes the next release candidate where a final release needs such a package; pip-tools and
    pip do not.
    """
    pins = [f"{name}=={each}" for name, each in versions.items() if not Version(each).is_prerelease]
    if len(pins) == len(versions):
        return False
    finals = replace(search, finals=True).attempt(texts, state.built, prefer=pins)
    faults = parse_faults(finals.output) if finals.versions is None else []
    return bool(faults) and build_sources(search.question, state, faults, listings)


def build_for_newest(  # noqa: PLR0913 - what was tried
    search: Search,
    state: Solution,
    texts: Sequence[str],
    versions: Mapping[str, str],
    listings: dict[str, PackageReleases | None],
    *,
    lines: Sequence[Line],
) -> bool:
    """Return whether what only a source has is built now, since a line has a far older release.

    That is a release of an earlier major version than the newest that the line allows, or one with
    `_MANY` newer ones. A resolver goes back to it silently where the newer ones need a package
    without wheels. `texts` are what was asked for the `lines`.
    """
    for line in lines:
        newest = _find_newer(search, line, versions, listings)
        if newest is None or line.name in state.judged or time.monotonic() > search.deadline:
            continue
        state.judged.add(line.name)
        asked = [*texts, f"{line.name}>={newest}"]
        trial = replace(state, lines=list(state.lines), built=set(state.built))
        for _ in range(_MOST_BUILT):
            attempt = replace(search, finals=True).attempt(asked, trial.built, limit=_SECONDS)
            if attempt.versions is not None:
                break
            faults = parse_faults(attempt.output)
            if not build_sources(search.question, trial, faults, listings):
                state.outdated |= _explain(search, line, newest, faults, listings)
                break
        if attempt.versions is not None and trial.built != state.built:
            state.lines, state.built = trial.lines, trial.built
            return True
    return False


def _find_newer(
    search: Search,
    line: Line,
    versions: Mapping[str, str],
    listings: Mapping[str, PackageReleases | None],
) -> Version | None:
    """Return the least version to ask for in place of a far older release; None for a near one.

    That is the first number of the newest release that the line allows, or that release itself.
    """
    releases = listings.get(line.name)
    if line.is_fixed or releases is None or line.name not in versions:
        return None
    found = Version(versions[line.name])
    newer = [
        each
        for each in releases.installable(search.question.minor)
        if each > found and not each.is_prerelease and line.specifier.contains(each)
    ]
    if newer and (newer[-1].epoch, newer[-1].major) > (found.epoch, found.major):
        return Version(f"{newer[-1].epoch}!{newer[-1].major}")
    return newer[-1] if len(newer) >= _MANY else None


def _explain(
    search: Search,
    line: Line,
    newest: Version,
    faults: Sequence[Fault],
    listings: Mapping[str, PackageReleases | None],
) -> dict[str, str]:
    """Return why the line has an older release, if a package that has to be compiled is why."""
    minor = search.question.minor
    for fault in faults:
        releases = listings.get(fault.name)
        asked = SpecifierSet(fault.specifier)
        fits = [each for each in releases.by_version if asked.contains(each)] if releases else []
        if fits and releases and not any(releases.has_wheel(each, minor) for each in fits):
            return {
                line.name: f"an old release: {line.name} {newest} and later need {fault.name}"
                f"{fault.specifier}, which has no wheel for Python {minor} and cannot be built here"
            }
    return {}


def build_sources(
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
        if sdist is None or sources.find_obstacle(sdist):
            continue
        needs = find_source_needs(sdist, question, listings)
        if not needs.obstacle:
            state.built |= {fault.name, *needs.built}
            state.lines = [_restore(line, fault.name) for line in state.lines]
            found = True
    return found


def _restore(line: Line, name: str) -> Line:
    """Return the line of a package that is built with the version that it asked for at first."""
    if line.name != name or line.asked is None:
        return line
    return replace(line.asked, reasons=(*line.asked.reasons, sources.BUILT))
