"""What is missing, in words: the library, the package that needs it, and what to do about it."""

from collections.abc import Iterable, Iterator, Sequence

from labcoat.core.terminal import join_some
from labcoat.system.debian import find_package
from labcoat.system.records import MissingLibrary, PackageNeeds
from labcoat.system.verdict import Verdict, is_driver

_FAMILY = len("libQt6")  # of libraries that belong together: another's Qt is of no use


def list_required(verdict: Verdict) -> list[MissingLibrary]:
    """Return what an import misses, sorted. Drivers come with the machine, not with a package."""
    found = [one for one in verdict.missing if one.is_required and not is_driver(one.library)]
    return sorted(found, key=lambda one: (one.package, one.library, one.version))


def describe_missing(one: MissingLibrary, suite: str) -> str:
    """Return what is missing, such as `libgomp.so.1, which is missing: libgomp1 has it`.

    `suite` is the release of Debian, empty on other systems.
    """
    if one.version:
        return f"{one.version} of {one.library}, which is older here"
    package = find_package(one.library, suite)
    where = f": Debian's package {package} has it" if package else ""
    return f"{one.library}, which is missing{where}"


def list_packages(missing: Iterable[MissingLibrary], suite: str) -> tuple[str, ...]:
    """Return the packages of Debian's `suite` that have what is `missing`, sorted.

    Libraries that lack a version are left out: their package is installed, and too old.
    """
    found = {find_package(one.library, suite) for one in missing if not one.version}
    return tuple(sorted(found - {""}))


def describe_remedy(packages: Sequence[str], *, is_image: bool) -> str:
    """Return what to do for these packages of Debian, as the end of a sentence."""
    if is_image:
        lines = "the line" if len(packages) == 1 else "the lines"
        return f"add {lines} {', '.join(f'`{name}`' for name in packages)} to `apt.txt`"
    return f"run `sudo apt install {' '.join(packages)}`"


def list_notes(verdict: Verdict, packages: Sequence[PackageNeeds], suite: str) -> Iterator[str]:
    """Yield what is no error: plugins' libraries, drivers, damaged files, what cannot be told."""
    own = {name[:_FAMILY] for each in packages for one in each.objects for name in one.names}
    optional = {
        one.library: find_package(one.library, suite)
        for one in verdict.missing
        if not one.is_required and not one.version and one.library[:_FAMILY] not in own
    }
    if known := [f"{name} ({package})" for name, package in sorted(optional.items()) if package]:
        yield f"missing for optional parts of packages: {join_some(known)}"
    if drivers := sorted({one.library for one in verdict.missing if is_driver(one.library)}):
        yield f"not compared, because the GPU's driver brings them: {join_some(drivers)}"
    if verdict.undecided:
        listed = [f"{name} ({package})" for name, package in sorted(verdict.undecided.items())]
        yield f"cannot tell whether packages load these from each other: {join_some(listed)}"
    for package in packages:
        for path, reason in package.damaged.items():
            yield f"{path} of {package.name} {reason}"
