"""What environments hold, against their lock and each other: data in, differences out."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labcoat.inventory import strip, wheels
from labcoat.inventory.inventory import Contents, Inventory
from labcoat.inventory.wheels import Wheel
from labcoat.locking.requirements_file import Pin


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the lock or another environment has it. `kind` is one of KINDS."""

    level: str
    kind: str
    package: str
    path: str = ""
    detail: str = ""

    def __str__(self) -> str:
        said = KINDS[self.kind].format(package=self.package, path=self.path, detail=self.detail)
        return f"{self.level}: {said}"


KINDS = {
    "missing": "{package} {detail} is locked and not there",
    "added": "{package} {detail} is there and not locked",
    "version": "{package} {detail}",
    "twice": "{package} is there more than once: {detail}",
    "edited": "{path} of {package} was edited",
    "removed": "{path} of {package} was removed",
    "stray": "{path} belongs to no package",
    "interpreter": "{detail}",
    "differs": "{path} of {package} is not the one in {detail}",
    "run": "{path}: {detail}",
    "result": "{path} is not the one of {detail}",
    "changed": "{detail}",
}


@dataclass(frozen=True)
class InstalledEnvironment:
    """One level of isolation: what it holds, what it should, and whether it holds nothing else (a person's own Python may)."""

    level: str
    inventory: Inventory
    pins: Mapping[str, Pin]
    is_isolated: bool = True

    @property
    def locked(self) -> dict[str, Contents]:
        """What is there and locked at this version."""
        found = {one.name: one for one in reversed(self.inventory.distributions)}
        return {
            name: found[name]
            for name, pin in self.pins.items()
            if name in found and found[name].version == pin.version
        }


def compare_names(held: InstalledEnvironment) -> Iterator[Difference]:
    """What is missing, added, twice there, or there at another version."""
    there = held.inventory.distributions
    versions = {one.name: one.version for one in reversed(there)}
    for name, pin in held.pins.items():
        if name not in versions:
            yield Difference(held.level, "missing", name, detail=pin.version)
        elif versions[name] != pin.version:
            yield Difference(
                held.level, "version", name, detail=f"is {versions[name]}, locked is {pin.version}"
            )
    if not held.is_isolated:
        return
    for name, count in Counter(one.name for one in there).items():
        if count > 1:
            listed = ", ".join(one.version for one in there if one.name == name)
            yield Difference(held.level, "twice", name, detail=listed)
    for one in there:
        # Conda puts its own tools in each environment; pip does not ask what those are.
        if one.name not in held.pins and one.installer != "conda":
            yield Difference(held.level, "added", one.name, detail=one.version)


def match_wheels(
    held: InstalledEnvironment, known: Mapping[str, Sequence[Wheel]]
) -> dict[str, Wheel]:
    """The wheel that each package was installed from, where it is among those `known` by package."""
    found = {}
    for name, one in held.locked.items():
        candidates = known.get(name, ())
        # Where no known wheel has these tags, they may have been edited: then it is one that fits this Python and platform.
        own = [wheel for wheel in candidates if wheels.is_wheel_of(wheel, one.tags)]
        fitting = own or [
            wheel for wheel in candidates if wheels.wheel_fits(wheel, held.inventory.python)
        ]
        if wheel := wheels.nearest_wheel(one.files, fitting):
            found[name] = wheel
    return found


def compare_contents(
    held: InstalledEnvironment, known: Mapping[str, Wheel]
) -> Iterator[Difference]:
    """Files that are not as the wheels in `known` have them, or, where the wheel is not known, not as RECORD has them."""
    owners = _owners(held, known)
    for name, one in held.locked.items():
        if not one.has_record:
            yield Difference(held.level, "removed", name, path="RECORD")
            continue
        for path in one.stray:
            yield Difference(held.level, "stray", name, path=path)
        found = (
            _against_wheel(held.level, one, known[name], owners)
            if name in known
            else _against_record(held.level, one, owners)
        )
        stripped = held.inventory.stripped
        yield from (
            each
            for each in found
            if each.kind != "removed" or not strip.is_stripped(each.path, stripped)
        )
    if held.is_isolated:
        for path in held.inventory.stray:
            yield Difference(held.level, "stray", "", path=path)


def _owners(held: InstalledEnvironment, known: Mapping[str, Wheel]) -> dict[str, list[str]]:
    """By file, what it may be: two packages may bring one file, and the last to be installed wins."""
    found = defaultdict(list)
    for name, one in held.locked.items():
        for path, value in (known[name].files if name in known else one.files).items():
            found[path].append(value)
    return found


def _against_record(
    level: str, one: Contents, owners: Mapping[str, Sequence[str]]
) -> Iterator[Difference]:
    for path in one.gone:
        yield Difference(level, "removed", one.name, path=path)
    for path in one.edited:
        if len(owners[path]) == 1:
            yield Difference(level, "edited", one.name, path=path)


def _against_wheel(
    level: str, one: Contents, wheel: Wheel, owners: Mapping[str, Sequence[str]]
) -> Iterator[Difference]:
    edited = set()
    for path, value in wheel.files.items():
        if path not in one.files:
            yield Difference(level, "removed", one.name, path=path)
        elif one.files[path] != value and one.files[path] not in owners[path]:
            edited.add(path)
            yield Difference(level, "edited", one.name, path=path)
    for path in one.files.keys() - wheel.files.keys():
        yield Difference(level, "stray", one.name, path=path)
    # The file is the wheel's, and yet RECORD says otherwise: then that is what was edited.
    if (
        any(path not in edited and len(owners[path]) == 1 for path in one.edited)
        or set(one.gone) - wheel.files.keys()
    ):
        yield Difference(level, "edited", one.name, path="RECORD")


def compare_environments(
    first: InstalledEnvironment, second: InstalledEnvironment, known: Mapping[str, Wheel]
) -> Iterator[Difference]:
    """Files of packages whose wheel is not `known` that two environments of one platform do not have alike."""
    ours, theirs = first.locked, second.locked
    stripped = {*first.inventory.stripped, *second.inventory.stripped}
    for name in ours.keys() & theirs.keys() - known.keys():
        if ours[name].tags != theirs[name].tags:
            continue
        mine, other = ours[name].files, theirs[name].files
        for path in sorted(mine.keys() | other.keys()):
            may_miss = strip.is_stripped(path, stripped) and not (path in mine and path in other)
            if mine.get(path) != other.get(path) and not may_miss:
                yield Difference(second.level, "differs", name, path=path, detail=first.level)


def compare_interpreters(held: Sequence[InstalledEnvironment], minor: str) -> Iterator[Difference]:
    """Environments whose Python has another minor version than `minor`, or another ABI than the first of that version has."""
    abi = ""
    for one in held:
        python = one.inventory.python
        own = "-".join(python.abi.split("-")[:2])
        abi = abi or (own if python.minor == minor else "")
        if python.minor != minor:
            yield Difference(
                one.level,
                "interpreter",
                "",
                detail=f"Python {python.version}, where the project's is {minor}",
            )
        elif own != abi:
            yield Difference(
                one.level,
                "interpreter",
                "",
                detail=f"Python of the ABI {own}, where the others' is {abi}",
            )


def other_platforms(first: InstalledEnvironment, second: InstalledEnvironment) -> list[str]:
    """Packages that both have, from wheels of different platforms."""
    ours, theirs = first.locked, second.locked
    return sorted(
        name for name in ours.keys() & theirs.keys() if ours[name].tags != theirs[name].tags
    )
