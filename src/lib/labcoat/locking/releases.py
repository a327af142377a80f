"""Why no release of a package can be installed, by the files that the index lists."""

from collections.abc import Iterable, Mapping

from labcoat._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from labcoat._vendor.packaging.version import Version
from labcoat.core.records import Record
from labcoat.locking import listed_files, wheel_platforms
from labcoat.locking.wheel_platforms import MINORS, PROJECT_MINORS
from labcoat.toolchain.package_index import ListedFile

_LIMITS = "LABCOAT_COOLDOWN or LABCOAT_AS_OF"
_Releases = Mapping[Version, list[ListedFile]]


class Obstacle(Record):
    """Why a package cannot be locked or installed.

    `kind` is version, age, prerelease, yanked, python, source, tag or platform; `reason` is a
    sentence about `release`, a name with a version or a name alone. `minors` are the Pythons that
    could install it on this machine, oldest first; `other_version` is the newest that this Python
    can, whatever was asked for; `marker` limits it to where it exists; `has_source` says whether it
    can be built here.
    """

    kind: str
    release: str
    reason: str
    minors: tuple[str, ...] = ()
    other_version: str = ""
    marker: str = ""
    has_source: bool = False
    nearest: tuple[str, ...] = ()


def find_obstacle(  # noqa: PLR0913
    name: str,
    specifier: str,
    listed: Iterable[ListedFile],
    minor: str,
    *,
    is_built: bool = False,
    before: str = "",
) -> Obstacle | None:
    """Return why Python `minor` can install no release of `name` here; None if it can.

    `specifier` says which releases were asked for (PEP 440). With `is_built`, the package may be
    built from source. Releases that were uploaded after `before` (ISO 8601) do not count.
    """
    # The newest version first.
    releases = dict(reversed(listed_files.group_files(name, listed).items()))
    if not releases:
        return Obstacle("version", name, "has no files on the package index")
    asked = _parse_specifier(specifier)
    wanted = [version for version in releases if asked.contains(version, prereleases=True)]
    return (
        _find_version_obstacle(name, specifier, releases, wanted, before)
        or _find_python_obstacle(name, releases, _usable(releases, wanted, asked), minor)
        or (None if is_built else _find_wheel_obstacle(name, releases, wanted, asked, minor))
    )


def _parse_specifier(text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return SpecifierSet()


def _usable(releases: _Releases, wanted: list[Version], asked: SpecifierSet) -> list[Version]:
    """Return the versions in `wanted` that are not yanked, or asked for by their number."""
    if any(each.operator in {"==", "==="} for each in asked):
        return wanted
    return [version for version in wanted if any(file.yanked is None for file in releases[version])]


def _find_version_obstacle(
    name: str, specifier: str, releases: _Releases, wanted: list[Version], before: str
) -> Obstacle | None:
    asked = _parse_specifier(specifier)
    if not wanted:
        near = tuple(map(str, _nearest_versions(asked, releases)))
        newest = next((each for each in releases if not each.is_prerelease), next(iter(releases)))
        return Obstacle(
            "version", f"{name}{specifier}", "", other_version=str(newest), nearest=near
        )
    if before and not any(file.uploaded for version in wanted for file in releases[version]):
        reason = f"has no upload time on the package index, which {_LIMITS} needs"
        return Obstacle("age", f"{name} {wanted[0]}", reason)
    if before and all(
        min((file.uploaded or "" for file in releases[version]), default="") > before
        for version in wanted
    ):
        reason = f"is younger than {_LIMITS} allows"
        return Obstacle("age", f"{name} {wanted[0]}", reason)
    if not _usable(releases, wanted, asked):
        why = next((file.yanked for file in releases[wanted[0]] if file.yanked), "")
        return Obstacle(
            "yanked",
            f"{name} {wanted[0]}",
            "was withdrawn (yanked) by its authors" + (f": {why}" if why else ""),
        )
    if all(version.is_prerelease for version in wanted) and not all(
        version.is_prerelease for version in releases
    ):
        return Obstacle("prerelease", f"{name} {wanted[0]}", "is a pre-release, the only match")
    return None


def _nearest_versions(asked: SpecifierSet, releases: _Releases) -> list[Version]:
    """Return up to two versions beside the one that `asked` names, the older first."""
    numbers = [each.version.removesuffix(".*") for each in asked]
    try:
        named = max(map(Version, numbers))
    except ValueError:
        return []
    older = [version for version in releases if version < named][:1]
    newer = [version for version in reversed(list(releases)) if version > named][:1]
    return [*older, *newer]


def _find_python_obstacle(
    name: str, releases: _Releases, usable: list[Version], minor: str
) -> Obstacle | None:
    if any(
        listed_files.allows_python(file, minor) for version in usable for file in releases[version]
    ):
        return None
    version = usable[0]
    wanted = next(file.requires_python for file in releases[version])
    return Obstacle(
        "python",
        f"{name} {version}",
        f"needs Python {wanted}, and the project uses {minor}",
        _project_pythons(releases, usable),
        _newest_for(releases, minor),
    )


def _pythons(releases: _Releases, versions: Iterable[Version]) -> tuple[str, ...]:
    """Return the Pythons that can install a wheel of one of `versions` on this machine."""
    files = [file for version in versions for file in releases[version]]
    return tuple(
        minor for minor in MINORS if any(listed_files.is_installable(file, minor) for file in files)
    )


def _project_pythons(releases: _Releases, versions: Iterable[Version]) -> tuple[str, ...]:
    """Return those of them that a project may use."""
    found = _pythons(releases, versions)
    return tuple(minor for minor in found if minor in PROJECT_MINORS)


def _newest_for(releases: _Releases, minor: str) -> str:
    """Return the newest version of which Python `minor` can install a wheel here; else nothing."""
    return next(
        (
            str(version)
            for version, files in releases.items()
            if not version.is_prerelease
            and any(
                file.yanked is None and listed_files.is_installable(file, minor) for file in files
            )
        ),
        "",
    )


def _find_wheel_obstacle(
    name: str, releases: _Releases, wanted: list[Version], asked: SpecifierSet, minor: str
) -> Obstacle | None:
    usable = [
        version
        for version in _usable(releases, wanted, asked)
        if any(listed_files.allows_python(file, minor) for file in releases[version])
    ]
    files = [file for version in usable for file in releases[version]]
    if any(listed_files.is_installable(file, minor) for file in files):
        return None
    pythons = _project_pythons(releases, usable)
    # The newest that some Python of a project could install here says more than the newest of all.
    version = next((each for each in usable if _project_pythons(releases, [each])), usable[0])
    wheels = [file.name for file in releases[version] if file.name.endswith(".whl")]
    has_source = any(
        not file.name.endswith(".whl") and listed_files.allows_python(file, minor) for file in files
    )
    other, release = _newest_for(releases, minor), f"{name} {version}"
    if not wheels:
        return Obstacle("source", release, "has no wheel", (), other, has_source=has_source)
    if here := _pythons(releases, [version]):
        reason = (
            f"has wheels for Python {wheel_platforms.format_minors(list(here))} only,"
            f" and the project uses {minor}"
        )
        return Obstacle("tag", release, reason, pythons, other, has_source=has_source)
    platforms = wheel_platforms.wheel_platforms(wheels)
    names = " and ".join(filter(None, [", ".join(platforms[:-1]), platforms[-1]]))
    reason = f"has wheels for {names} only, and this machine is {wheel_platforms.this_platform()}"
    marker = wheel_platforms.platform_marker(platforms)
    return Obstacle("platform", release, reason, (), other, marker, has_source)
