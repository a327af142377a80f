"""The Debian packages of an image, compared with apt.lock."""

from collections.abc import Iterator

from labcoat.apt.apt_lock import AptLock, AptPackage
from labcoat.core.records import Record, field


class DebianPackages(Record):
    """What dpkg lists, and the paths of verified packages that changed or are gone.

    Without dpkg all of it is empty. `versions` are those of installed packages, by name; of two
    architectures, the image's counts.
    """

    architecture: str = ""
    distribution: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


def compare_packages(lock: AptLock, found: DebianPackages) -> Iterator[tuple[str, str]]:
    """Yield each locked package that the image has not, and each changed file, with what is wrong.

    Files that two builds need not share, such as caches, belong to no package.
    """
    locked = lock.packages.get(found.architecture, ())
    if found.architecture and found.architecture not in lock.dates:
        yield "apt.lock", f"has no packages for {found.architecture}"
    for each in locked or (() if found.architecture else lock.all_packages()):
        version = found.versions.get(each.name)
        if version is None:
            yield each.name, f"{each.version} is locked in apt.lock but not installed"
        elif version != each.version:
            yield each.name, f"is {version}, and {each.version} is locked in apt.lock"
    for path in found.changed:
        yield path, "is not as its Debian package has it"


def installed_of_lock(lock: AptLock, found: DebianPackages) -> list[AptPackage]:
    """Return the packages of apt.lock that the image has, sorted by name."""
    locked = lock.packages.get(found.architecture, ())
    return sorted(each for each in locked if found.versions.get(each.name) == each.version)
