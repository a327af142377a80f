"""Fit each line to one Python: as it is where a wheel exists, else with the nearest release."""

import sys
from collections.abc import Mapping, Sequence

from labcoat._vendor.packaging.version import Version
from labcoat.adoption.pins import sources
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.adoption.pins.lines import Line
from labcoat.adoption.plan import Decision, Verdict
from labcoat.core.records import replace
from labcoat.locking import wheel_platforms
from labcoat.locking.known_packages import distribution_name
from labcoat.toolchain.package_index import ListedFile

_MANY_LATER = 3  # releases without a wheel: the authors have stopped making them

Known = Mapping[str, PackageReleases | None]


def other_names(lines: Sequence[Line]) -> list[str]:
    """Return what the packages of `lines` may be called instead, to look for these too."""
    return [found for line in lines if (found := distribution_name(line.name))]


def is_served(line: Line, known: Known, minor: str) -> bool:
    """Return whether Python `minor` gets a wheel of a version that `line` asks for."""
    releases = known.get(line.name)
    if line.is_fixed or releases is None or not releases.has_wheels:
        return True  # no Python makes a difference
    return bool(_wanted(line, releases, minor))


def find_nearest(line: Line, known: Known, minors: Sequence[str]) -> list[str]:
    """Return those of `minors` with the release that is nearest to what `line` asks for.

    All of them, if one has what it asks for, or none has any.
    """
    releases = known.get(line.name)
    if line.is_fixed or releases is None:
        return list(minors)
    reference = _reference(line, releases)
    here = {minor: releases.installable(minor) for minor in minors}
    if any(_wanted(line, releases, minor) for minor in minors) or not any(here.values()):
        return list(minors)
    best = nearest_version(reference, sorted({each for found in here.values() for each in found}))
    return [minor for minor, found in here.items() if best in found]


def _wanted(line: Line, releases: PackageReleases, minor: str) -> list[Version]:
    """Return the versions that the line asks for and `minor` can install, oldest first."""
    if line.pinned is not None:  # also if it was yanked
        exact = [each for each in releases.by_version if line.specifier.contains(each, True)]
        return [each for each in exact if releases.has_wheel(each, minor)]
    here = releases.installable(minor)
    stable = [each for each in here if line.specifier.contains(each, prereleases=False)]
    return stable or [each for each in here if line.specifier.contains(each, prereleases=True)]


def fit_line(line: Line, known: Known, minor: str) -> Line | Decision:
    """Return the line as Python `minor` can have it, or the decision to drop it.

    A package that is not in `known` was not looked up, and stays.
    """
    if line.is_fixed or line.name not in known:
        return line
    line = _right_name(line, known, minor) or line
    releases = known[line.name]
    if releases is None:
        return line.drop("the package index has no package of this name")
    if line.before and (version := releases.newest_before(line.before)):
        reason = f"the newest when conda built it, {line.before[:10]}"
        line = line.change("moved", reason, specifier=f"=={version}")
    if not (wanted := _wanted(line, releases, minor)):
        return _fit_release(line, releases, minor)
    if _is_abandoned(line, releases, wanted[-1]):
        built = _fit_source(line, releases, minor)
        newest = next(iter(_source_versions(line, releases, minor)), None)
        if not isinstance(built, Line) or newest is None:
            return line
        # A locker would else go back to older sources, which may fail to build.
        verdict: Verdict = "added" if line.verdict == "added" else "moved"
        return built.change(verdict, "only old releases have one", specifier=f">={newest}")
    return line


def _is_abandoned(line: Line, releases: PackageReleases, newest: Version) -> bool:
    """Whether only old releases of a package have wheels at all, of which any will do for a line.

    `newest` is the last one with a wheel.
    """
    later = [each for each in releases.by_version if each > newest and not each.is_prerelease]
    if str(line.specifier) or len(later) < _MANY_LATER:
        return False
    files = [file for each in later for file in releases.by_version[each]]
    return not any(file.name.endswith(".whl") for file in files)


def _fit_release(line: Line, releases: PackageReleases, minor: str) -> Line | Decision:
    """Return a line that asks for what has no wheel: moved, built, or dropped."""
    here = [each for each in releases.installable(minor) if not each.is_prerelease]
    if here and here[-1] >= _reference(line, releases):
        return _move(line, releases, here, minor)
    # Building what is asked for is nearer to it than an older release.
    source = next(iter(_source_versions(line, releases, minor)), None)
    if here and (source is None or source <= here[-1]):
        return _move(line, releases, here, minor)
    built = _fit_source(line, releases, minor)
    if here and not isinstance(built, Line):
        return _move(line, releases, here, minor)
    if isinstance(built, Line):
        return built
    return _explain_no_wheel(line, releases, built, minor)


def _right_name(line: Line, known: Known, minor: str) -> Line | None:
    """Return the line with the name that its author meant; None if it is right as it is."""
    releases = known.get(line.name)
    if releases is not None and releases.installable(minor):
        return None
    name = distribution_name(line.name)
    other = known.get(name) if name else None
    if other is None or not other.installable(minor):
        return None
    pinned = line.pinned
    exists = pinned is not None and pinned in other.by_version
    keeps = exists or (pinned is None and not _is_placeholder(releases))
    specifier = str(line.specifier) if keeps else ""
    why = "is not on the package index" if releases is None else "has no wheel for it"
    reason = f"`{line.name}` {why}; the package is {name}"
    return line.change("renamed", reason, name=name, specifier=specifier)


def _is_placeholder(releases: PackageReleases | None) -> bool:
    return releases is not None and not releases.has_wheels


def _fit_source(line: Line, releases: PackageReleases, minor: str) -> Line | Decision:
    """Return a line whose package has no wheel at all: kept if its sdist can be built.

    What has the name of a module of Python is an old copy of that, such as `logging` for Python 2.
    """
    if line.name in sys.stdlib_module_names:
        return line.drop("Python has it; the package index has an old copy")
    for version in _source_versions(line, releases, minor):
        sdist = releases.sdist(version, minor)
        if sdist is None:
            continue
        if obstacle := sources.find_obstacle(sdist, line):
            return line.drop(f"only a source exists, and it {obstacle}")
        built = replace(line, reasons=(*line.reasons, sources.BUILT))
        if line.specifier.contains(version, prereleases=True):
            return built
        return built.change("moved", "the nearest release", specifier=f"=={version}")
    return line.drop(f"has neither a wheel nor a source (.tar.gz, .zip) for Python {minor}")


def find_source(line: Line, known: Known, minor: str) -> ListedFile | None:
    """Return the source that `line` would be built from."""
    releases = known.get(line.name)
    versions = _source_versions(line, releases, minor) if releases else []
    return releases.sdist(versions[0], minor) if releases and versions else None


def _source_versions(line: Line, releases: PackageReleases, minor: str) -> list[Version]:
    """Return the versions with a source, the nearest to what is asked for first."""
    have = [each for each in releases.by_version if releases.sdist(each, minor)]
    asked = [each for each in have if line.specifier.contains(each, prereleases=True)]
    stable = [each for each in asked if not each.is_prerelease]
    if asked:
        return [(stable or asked)[-1]]
    return [nearest_version(_reference(line, releases), have)] if have else []


def _move(
    line: Line, releases: PackageReleases, here: Sequence[Version], minor: str
) -> Line | Decision:
    reference = _reference(line, releases)
    to = nearest_version(reference, here)
    if line.pinned is not None and line.pinned not in releases.by_version:
        reason = f"{line.pinned} is not on the package index"
    else:
        asked = f"{line.pinned}" if line.pinned is not None else f"{line.specifier}"
        is_outgrown = releases.is_outgrown(reference)
        what = "does not run on" if is_outgrown else "has no wheel for"
        reason = f"{asked} {what} Python {minor}"
    return replace(line.change("moved", reason, specifier=f"=={to}"), asked=line)


def _reference(line: Line, releases: PackageReleases) -> Version:
    """Return the version that a line is about: the pin, else the newest that it allows."""
    if line.pinned is not None:
        return line.pinned
    allowed = [
        each for each in releases.by_version if line.specifier.contains(each, prereleases=True)
    ]
    numbers = [one.version.removesuffix(".*") for one in line.specifier]
    return allowed[-1] if allowed else max(map(Version, numbers), default=Version("0"))


def nearest_version(reference: Version, versions: Sequence[Version]) -> Version:
    """Return the nearest newer one of `versions`, which are in order; else the newest."""
    return next((each for each in versions if each >= reference), versions[-1])


def _explain_no_wheel(
    line: Line, releases: PackageReleases, built: Decision, minor: str
) -> Line | Decision:
    """Return the line for another platform, or the decision to drop what has wheels elsewhere.

    `built` is the decision to drop it since it cannot be built.
    """
    stable = {
        each: [one for one in releases.installable(each) if not one.is_prerelease]
        for each in wheel_platforms.MINORS
    }
    minors = [each for each in stable if stable[each]]
    platforms = releases.platforms(minor)
    marker = wheel_platforms.platform_marker(platforms)
    if marker and not line.marker:
        here = f"Python {minor} on " if minors else ""
        reason = f"has wheels for {here}{' and '.join(platforms)} only"
        return line.change(line.verdict, reason, marker=marker)
    if minors:
        names = wheel_platforms.format_minors(minors)
        return line.drop(f"has wheels for Python {names} only, not {minor}")
    if line.marker:
        return line
    if any(releases.sdist(each, minor) for each in releases.by_version):
        return built
    return line.drop(f"has no wheel for {wheel_platforms.this_platform()}")
