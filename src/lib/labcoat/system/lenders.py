"""Which packages of an environment may load libraries for each other. No I/O.

The loader takes a library that the process has already loaded, whoever did. A package may do that
for another if the other requires or imports it, or if a third, with code that is loaded, requires
both: PyTorch loads what NVIDIA's packages need of each other.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labcoat.system.records import ObjectNeeds, PackageNeeds


class Lenders:
    """The libraries of all packages of one environment, by the names they can be needed by."""

    def __init__(self, packages: Sequence[PackageNeeds]) -> None:
        self._packages = {package.name: package for package in packages}
        self._owners: dict[str, dict[str, ObjectNeeds | None]] = defaultdict(dict)
        self._homes: dict[str, list[str]] = defaultdict(list)
        self._closures: dict[str, frozenset[str]] = {}
        for package in packages:
            for path in package.damaged:
                self._owners[path.rpartition("/")[2]][package.name] = None
            for one in package.objects:
                for name in one.names:
                    self._owners[name][package.name] = one
            for module in package.modules:
                self._homes[module].append(package.name)
        loading = [one for one in packages if any(each.is_root for each in one.objects)]
        self._groups = [frozenset({one.name, *one.requires}) for one in loading]

    def list_objects(
        self, package: PackageNeeds, one: ObjectNeeds
    ) -> Iterator[tuple[str, ObjectNeeds]]:
        """Yield each object that loading `one` of `package` loads too, after its package's name."""
        for library in one.needed:
            owners = self._owners.get(library, {})
            place = one.places.get(library, "")
            for name in self._order_owners(package, owners):
                found = owners[name]
                if found and (_is_at(found, place) or self._may_lend(name, package)):
                    yield name, found
                    break

    def may_have(self, package: PackageNeeds, library: str) -> bool:
        """Return whether another package may load `library`, or its damaged file, for this one."""
        return any(self._may_lend(name, package) for name in self._owners.get(library, ()))

    @staticmethod
    def _order_owners(package: PackageNeeds, owners: dict[str, ObjectNeeds | None]) -> list[str]:
        return sorted(owners, key=lambda name: name != package.name)

    def _may_lend(self, owner: str, package: PackageNeeds) -> bool:
        return (
            owner == package.name
            or owner in self._close(package)
            or any(owner in group and package.name in group for group in self._groups)
        )

    def _close(self, package: PackageNeeds) -> frozenset[str]:
        """Return the packages that `package` leads to: they may be optional."""
        if package.name not in self._closures:
            found: set[str] = set()
            waiting = [package]
            while waiting:
                one = waiting.pop()
                imported = (name for module in one.imports for name in self._homes.get(module, ()))
                for name in {*one.requires, *one.extras, *imported} - found:
                    found.add(name)
                    if name in self._packages:
                        waiting.append(self._packages[name])
            self._closures[package.name] = frozenset(found)
        return self._closures[package.name]


def _is_at(one: ObjectNeeds, place: str) -> bool:
    """Return whether `one` is the file `place`; its path may be relative to site-packages."""
    return place == one.path or place.endswith(f"/{one.path}")
