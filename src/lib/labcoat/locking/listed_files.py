"""The files that an index lists of a package: which versions they are of, and who can use them."""

import re
from collections.abc import Iterable
from functools import lru_cache

from labcoat._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from labcoat._vendor.packaging.version import InvalidVersion, Version
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.locking import wheel_platforms
from labcoat.toolchain.package_index import ListedFile

_SDIST = lazy_pattern(r"\.(?:tar\.gz|zip|tar\.bz2|tgz|tar\.xz)$")


def group_files(name: str, listed: Iterable[ListedFile]) -> dict[Version, list[ListedFile]]:
    """Return the wheels and sdists of `name` by version, the oldest version first.

    Read from the names of the files alone: packaging checks each tag, and a package may have
    thousands of wheels.
    """
    texts: dict[str, list[ListedFile]] = {}
    for file in listed:
        if text := _version_text(normalize_name(name), file.name):
            texts.setdefault(text, []).append(file)
    found: dict[Version, list[ListedFile]] = {}
    for text, files in texts.items():
        try:
            found.setdefault(Version(text.replace("_", "-")), []).extend(files)
        except (InvalidVersion, ValueError):
            continue
    return dict(sorted(found.items()))


def _version_text(name: str, file: str) -> str:
    """Return the version in a file's name; empty if it is not of the package."""
    if file.endswith(".whl"):
        parts = file.split("-")
        return parts[1] if len(parts) >= 5 else ""
    if not _SDIST.search(file):
        return ""
    stem = _SDIST.sub("", file)
    # A name may have dashes: what follows as many parts as the package's name has is the version.
    parts = re.split(r"[-_.]", stem)
    count = name.count("-") + 1
    if normalize_name("-".join(parts[:count])) != name:
        return ""
    rest = re.match(rf"(?:[^-_.]+[-_.]){{{count}}}(.+)", stem)
    return rest[1] if rest else ""


def is_installable(file: ListedFile, minor: str) -> bool:
    """Whether Python `minor` can install `file`, a wheel, on this machine."""
    if not file.name.endswith(".whl"):
        return False
    suffix = "-".join(file.name.removesuffix(".whl").rsplit("-", 3)[1:])
    return _fits_machine(suffix, minor) and allows_python(file, minor)


@lru_cache(maxsize=65536)
def _fits_machine(suffix: str, minor: str) -> bool:
    try:
        found = wheel_platforms.wheel_tags(f"name-{suffix}.whl")
    except ValueError:
        return False
    return not found.isdisjoint(wheel_platforms.supported_tags(minor))


def allows_python(file: ListedFile, minor: str) -> bool:
    """Whether the index says that `file` is for Python `minor`, or says nothing."""
    return not file.requires_python or _allows(file.requires_python, minor)


@lru_cache(maxsize=4096)
def _allows(requires: str, minor: str) -> bool:
    try:
        # No release of a minor version is that new; a patch release is seldom asked for.
        return SpecifierSet(requires).contains(f"{minor}.99")
    except InvalidSpecifier:
        return True
