"""What packages need of a system, as program.py lists it. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from labcoat.core.package_names import normalize_name
from labcoat.core.records import Record, as_dict, field


class ObjectNeeds(Record):
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


class PackageNeeds(Record):
    """The shared objects of one package. `damaged` are paths and what is wrong with them.

    It `requires` other packages, in `extras` too. If it needs what it does not bring, its `imports`
    are top-level modules that code imports which may load libraries. `modules` are its own.
    """

    name: str
    version: str
    tags: Sequence[str]
    objects: Sequence[ObjectNeeds]
    damaged: Mapping[str, str]
    requires: Sequence[str] = ()
    extras: Sequence[str] = ()
    imports: Sequence[str] = ()
    modules: Sequence[str] = ()

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "PackageNeeds":
        """Return one of the packages that program.py lists. Raise KeyError or TypeError."""
        return cls(
            normalize_name(found["name"]),
            found["version"],
            found["tags"],
            [ObjectNeeds(**one) for one in found["objects"]],
            found["damaged"],
            [normalize_name(one) for one in found["requires"]],
            [normalize_name(one) for one in found["extras"]],
            found["imports"],
            found["modules"],
        )

    def to_json(self) -> dict[str, Any]:
        """Return what from_json reads, without what is so on one level only."""
        found = as_dict(self)
        found["objects"] = [as_dict(one) for one in self.objects]
        for one in found["objects"]:
            del one["places"], one["lacking"]
        return found


class SystemSurvey(Record):
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


class MissingLibrary(Record):
    """A library that an object of a package needs and the loader does not find.

    If `version` is not empty, the library is there, but without that symbol version. It
    `is_required` if the code of some package loads the object.
    """

    library: str
    package: str
    path: str
    is_required: bool
    version: str = ""
