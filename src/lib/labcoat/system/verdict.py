"""What of what packages need a system lacks, as far as that can be told. No I/O."""

from collections.abc import Iterator, Mapping, Sequence

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.system.lenders import Lenders
from labcoat.system.needs import CORE
from labcoat.system.records import MissingLibrary, ObjectNeeds, PackageNeeds

# NVIDIA's driver brings them, and the container runtime adds them to a container that gets a GPU.
_DRIVER = lazy_pattern(r"lib(cuda|cudadebugger|nvcuvid|nvoptix|nvidia-[\w-]+)\.so(\.\d+)*")


class Verdict(Record):
    """What is `missing`, and what only the loading package can know: libraries in `undecided`.

    Those are in packages that it has to do with, and whose code may load them before.
    """

    missing: Sequence[MissingLibrary]
    undecided: Mapping[str, str]


def find_missing(
    packages: Sequence[PackageNeeds], libraries: frozenset[str] = frozenset()
) -> Verdict:
    """Return which libraries the `packages` of one environment do not find.

    What their objects have no place for counts as found if it is among `libraries`.
    """
    own = {package.name: _list_names(package) for package in packages}
    lenders = Lenders(packages)
    required = _reach_required(packages, lenders)
    missing: dict[tuple[str, str, str], MissingLibrary] = {}
    undecided: dict[str, str] = {}
    for package, one, library in _list_needs(packages):
        is_required = one.path in required[package.name]
        found = library in one.places or library in libraries
        version = "" if not found else max(one.lacking.get(library, ()), default="")
        if library in own[package.name]:
            continue  # what loads it gives it the directory
        if not found and lenders.may_have(package, library):
            undecided.setdefault(library, package.name)
        elif not found or version:
            entry = MissingLibrary(library, package.name, one.path, is_required, version)
            key = library, package.name, version
            if key not in missing or is_required > missing[key].is_required:
                missing[key] = entry
    return Verdict([*missing.values()], undecided)


def is_driver(library: str) -> bool:
    """Return whether `library` comes with a driver, which no system package replaces."""
    return _DRIVER.fullmatch(library) is not None


def list_foreign(packages: Sequence[PackageNeeds]) -> Iterator[MissingLibrary]:
    """Yield what the packages' code needs that they do not bring and not every system has."""
    for each in find_missing(packages).missing:
        if each.is_required and not CORE.fullmatch(each.library) and not is_driver(each.library):
            yield each


def _list_names(package: PackageNeeds) -> set[str]:
    damaged = {path.rpartition("/")[2] for path in package.damaged}
    return damaged.union(*(one.names for one in package.objects))


def _list_needs(
    packages: Sequence[PackageNeeds],
) -> Iterator[tuple[PackageNeeds, ObjectNeeds, str]]:
    for package in packages:
        for one in package.objects:
            for library in one.needed:
                yield package, one, library


def _reach_required(packages: Sequence[PackageNeeds], lenders: Lenders) -> dict[str, set[str]]:
    """Return the paths of the objects that the packages' code loads, by package."""
    known = {package.name: package for package in packages}
    found: dict[str, set[str]] = {name: set() for name in known}
    waiting = [(one.name, each) for one in packages for each in one.objects if each.is_root]
    while waiting:
        name, one = waiting.pop()
        if one.path not in found[name]:
            found[name].add(one.path)
            waiting += lenders.list_objects(known[name], one)
    return found
