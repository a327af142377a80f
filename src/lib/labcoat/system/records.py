"""What packages need of a system, as program.py lists it, and what of that is missing. No I/O."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from labcoat.core.package_names import normalize_name
from labcoat.system.needs import CORE

# NVIDIA's driver brings them, and the container runtime adds them to a container that gets a GPU.
_DRIVER = re.compile(r"lib(cuda|cudadebugger|nvcuvid|nvoptix|nvidia-[\w-]+)\.so(\.\d+)*")


@dataclass(frozen=True)
class ObjectNeeds:
    """One shared object of a package.

    The package's code loads it if it `is_root`. `places` are the files that the loader of a level
    found for what is `needed`, `lacking` the symbol versions that those do not have.
    """

    path: str
    name: str
    needed: Sequence[str]
    rpath: Sequence[str]
    runpath: Sequence[str]
    wanted: Mapping[str, Sequence[str]]
    is_root: bool
    places: Mapping[str, str] = field(default_factory=dict)
    lacking: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The names that it can be needed by."""
        return frozenset({self.path.rpartition("/")[2], self.name} - {""})


@dataclass(frozen=True)
class PackageNeeds:
    """The shared objects of one package. `damaged` are paths and what is wrong with them."""

    name: str
    version: str
    tags: Sequence[str]
    objects: Sequence[ObjectNeeds]
    damaged: Mapping[str, str]

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "PackageNeeds":
        """Return one of the packages that program.py lists. Raise KeyError or TypeError."""
        return cls(
            normalize_name(found["name"]),
            found["version"],
            found["tags"],
            [ObjectNeeds(**one) for one in found["objects"]],
            found["damaged"],
        )

    def to_json(self) -> dict[str, Any]:
        """Return what from_json reads, without what is so on one level only."""
        found = asdict(self)
        for one in found["objects"]:
            del one["places"], one["lacking"]
        return found


@dataclass(frozen=True)
class SystemSurvey:
    """What the packages of one level need, and what its system has.

    `libraries` are the names of those that any object finds there.
    """

    os_release: str
    machine: int
    libraries: frozenset[str]
    packages: Sequence[PackageNeeds]

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "SystemSurvey":
        """Return what program.py printed. Raise KeyError or TypeError for anything else."""
        return cls(
            found["os_release"],
            found["machine"],
            frozenset([*found["libraries"], *found["besides"]]),
            [PackageNeeds.from_json(one) for one in found["packages"]],
        )


@dataclass(frozen=True)
class MissingLibrary:
    """A library that an object of a package needs and the loader does not find.

    If `version` is not empty, the library is there, but without that symbol version. It
    `is_required` if the code of some package loads the object.
    """

    library: str
    package: str
    path: str
    is_required: bool
    version: str = ""


@dataclass(frozen=True)
class Verdict:
    """What is `missing`, and what only the loading package can know: libraries in `undecided`.

    Those are elsewhere in the environment, and its code may load them before.
    """

    missing: Sequence[MissingLibrary]
    undecided: Mapping[str, str]


def find_missing(
    packages: Sequence[PackageNeeds], libraries: frozenset[str] = frozenset()
) -> Verdict:
    """Return which libraries the `packages` of one environment do not find.

    What their objects have no place for counts as found if it is among `libraries`.
    """
    owners = {name: one for package in packages for one in package.objects for name in one.names}
    own = {package.name: _list_names(package) for package in packages}
    damaged = {path.rpartition("/")[2] for package in packages for path in package.damaged}
    required = _reach_required(packages, owners)
    missing: dict[tuple[str, str, str], MissingLibrary] = {}
    undecided: dict[str, str] = {}
    for package, one, library in _list_needs(packages):
        is_required = one.path in required[package.name]
        found = library in one.places or library in libraries
        version = "" if not found else max(one.lacking.get(library, ()), default="")
        if library in own[package.name]:
            continue  # what loads it gives it the directory
        if not found and (library in owners or library in damaged):
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


def _reach_required(
    packages: Sequence[PackageNeeds], owners: Mapping[str, ObjectNeeds]
) -> dict[str, set[str]]:
    """Return the paths of the objects that the packages' code loads, by package."""
    homes = {id(one): package.name for package in packages for one in package.objects}
    found: dict[str, set[str]] = {package.name: set() for package in packages}
    waiting = [one for package in packages for one in package.objects if one.is_root]
    while waiting:
        one = waiting.pop()
        reached = found[homes[id(one)]]
        if one.path not in reached:
            reached.add(one.path)
            waiting += [owners[library] for library in one.needed if library in owners]
    return found
