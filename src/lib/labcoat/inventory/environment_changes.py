"""What changed in an environment since it was made, compared with its locks."""

from collections.abc import Mapping, Sequence

from labcoat.core.records import Record, field, replace
from labcoat.inventory.inventory import INSTALLERS, Distribution
from labcoat.locking.requirement_lines import same_version


class EnvironmentChanges(Record):
    """Packages of an environment that its locks do not explain.

    `requested` were installed by name, `dependencies` came with them, `moved` are locked at another
    version. `removed` are names in a requirements.in that are gone, `needed` other locked packages
    that are gone but still needed. `foreign` came from a path, an address or a repository, which no
    lock can hold; `asked` are the lines that ask for such packages in an input, by name.
    """

    requested: tuple[Distribution, ...]
    dependencies: tuple[Distribution, ...]
    moved: tuple[Distribution, ...]
    foreign: tuple[Distribution, ...]
    removed: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.requested or self.dependencies or self.moved or self.removed or self.asked)

    def ask_for(self, asked: Mapping[str, str]) -> "EnvironmentChanges":
        """Return the changes with lines for foreign packages, which bring what they need."""
        required = {name for one in self.foreign if one.name in asked for name in one.requires}
        brought = [one for one in self.requested if one.name in required and not one.requested]
        return replace(
            self,
            asked=asked,
            requested=tuple(one for one in self.requested if one not in brought),
            dependencies=(*self.dependencies, *brought),
        )

    def lines(self, locked: Mapping[str, str]) -> list[str]:
        """Return a line for each package; `locked` are the versions in the locks."""
        groups = (("added", self.requested), ("added as a dependency", self.dependencies))
        return [
            *(f"{title}: {one.name} {one.version}" for title, group in groups for one in group),
            *(f"added: {line}" for line in self.asked.values()),
            *(f"moved: {one.name} {one.version} (was {locked[one.name]})" for one in self.moved),
            *(f"removed: {name} {locked[name]}" for name in self.removed),
            *(
                f"missing, but needed by other packages: {name}; `make venv` reinstalls it"
                for name in self.needed
            ),
        ]


def find_changes(
    installed: Sequence[Distribution],
    locked: Mapping[str, str],
    inputs: frozenset[str] = frozenset(),
    builtin: frozenset[str] = frozenset(),
    created_from: Mapping[str, str] | None = None,
) -> EnvironmentChanges:
    """Compare `installed` with `locked` (name to version) and `inputs`, names in requirements.in.

    A package at the version that the environment was `created_from` (by default `locked`) has not
    changed, whatever the locks say since then. Packages that the environment came with (`builtin`)
    and installers such as pip are not part of what the project needs.
    """
    created_from = locked if created_from is None else created_from
    changed = [
        one
        for one in installed
        if one.origin or not same_version(created_from.get(one.name), one.version)
    ]
    known = [one for one in changed if one.name in locked or one.name not in INSTALLERS | builtin]
    new = [one for one in known if one.name not in locked and not one.origin]
    required = {name for one in new for name in one.requires}
    # Where the installer writes no REQUESTED files (conda, old pip), what nothing requires counts.
    requested = [one for one in new if one.requested or one.name not in required]
    gone = sorted((created_from.keys() & locked.keys()) - {one.name for one in installed})
    still_required = {name for one in installed for name in one.requires}
    return EnvironmentChanges(
        requested=tuple(requested),
        dependencies=tuple(one for one in new if one not in requested),
        moved=tuple(
            one
            for one in known
            if one.name in locked
            and not same_version(locked[one.name], one.version)
            and not one.origin
        ),
        foreign=tuple(one for one in known if one.origin),
        removed=tuple(name for name in gone if name in inputs),
        needed=tuple(name for name in gone if name not in inputs and name in still_required),
    )
