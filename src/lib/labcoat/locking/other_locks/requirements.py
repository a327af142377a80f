"""The requirements that a lock of another tool stands for, and what of it they cannot hold."""

from collections.abc import Iterable, Sequence

from labcoat.core.errors import LabcoatError
from labcoat.core.records import Record
from labcoat.core.terminal import join_some
from labcoat.locking.other_locks.model import LockedPackage, OtherLock
from labcoat.locking.other_locks.selection import Selected, select_packages
from labcoat.locking.requirement_lines import RequirementLine, parse_lines

_CAUSES = {
    "directory": "it comes from the directory `{origin}`",
    "vcs": "it comes from the repository `{origin}`",
    "archive": "it comes from the archive `{origin}`",
}


class DerivedPin(Record):
    """A line of a derived requirements.txt: name, version, marker (PEP 508), SHA-256 hashes."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        marker = f" ; {self.marker}" if self.marker else ""
        hashes = "".join(f" \\\n    --hash=sha256:{each}" for each in self.hashes)
        return f"{self.name}=={self.version}{marker}{hashes}\n"


class Derived(Record):
    """What a lock of another tool says for one requirements*.txt.

    `left_out` are the packages that a requirements file with hashes cannot hold, with the cause;
    `indexes` those of another index than the others', with its address or name; `sources` those
    that have no wheel.
    """

    pins: tuple[DerivedPin, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    indexes: tuple[tuple[str, str], ...] = ()
    without_wheel: tuple[str, ...] = ()


def derive_requirements(lock: OtherLock, parts: Sequence[str], *, with_main: bool) -> Derived:
    """Return what `parts`, groups and extras, of `lock` need; see `select_packages`.

    Raise LabcoatError if a release has no hash.
    """
    selected = select_packages(lock, parts, with_main=with_main)
    kept = [each for each in selected if each.package.kind == "index"]
    _check_hashes(lock, [each.package for each in kept])
    return Derived(
        tuple(map(_pin, kept)),
        tuple(
            (each.package.name, _CAUSES[each.package.kind].format(origin=each.package.origin))
            for each in selected
            if each.package.kind != "index"
        ),
        tuple((_release(each.package), each.package.index) for each in kept if each.package.index),
        tuple(_release(each.package) for each in kept if _has_no_wheel(each.package)),
    )


def _pin(selected: Selected) -> DerivedPin:
    package = selected.package
    return DerivedPin(package.name, package.version, selected.marker, package.hashes)


def _release(package: LockedPackage) -> str:
    return f"{package.name} {package.version}"


def _has_no_wheel(package: LockedPackage) -> bool:
    names = [file.name for file in package.files]
    return all(names) and not any(name.endswith(".whl") for name in names)


def _check_hashes(lock: OtherLock, packages: Iterable[LockedPackage]) -> None:
    without = [_release(each) for each in packages if not each.hashes]
    if without:
        raise LabcoatError(
            f"`{lock.path.name}` has no SHA-256 hashes for {join_some(without)}",
            "Lock with hashes: labcoat installs no file that it cannot verify",
        )


def read_pins(text: str) -> tuple[DerivedPin, ...]:
    """Return the pinned lines of a requirements file, sorted; others are left out."""
    found = [
        DerivedPin(
            line.name,
            line.version,
            line.marker,
            tuple(
                sorted(
                    each.removeprefix("sha256:")
                    for each in line.hashes
                    if each.startswith("sha256:")
                )
            ),
        )
        for line in parse_lines(text)
        if isinstance(line, RequirementLine) and line.version
    ]
    return tuple(sorted(found, key=lambda pin: (pin.name, pin.version)))


def first_difference(
    written: Sequence[DerivedPin], derived: Sequence[DerivedPin], lock: str, python: str = ""
) -> str:
    """Describe the first package, by name, that two lists of pins differ in; empty if in none.

    Markers count on the Pythons that `python`, specifiers, allow.
    """
    ours, theirs = _by_name(written), _by_name(derived)
    for name in sorted(ours.keys() | theirs.keys()):
        own, other = ours.get(name, ()), theirs.get(name, ())
        versions, wanted = [[pin.version for pin in each] for each in (own, other)]
        if not wanted:
            return f"`{lock}` does not need {name} {versions[0]}"
        if not versions:
            return f"{name} {wanted[0]} of `{lock}` is missing"
        if versions != wanted:
            return f"it has {name} {', '.join(versions)}, and `{lock}` {', '.join(wanted)}"
        for first, second in zip(own, other, strict=True):
            if set(first.hashes) != set(second.hashes):
                return f"the hashes of {name} {first.version} are not those in `{lock}`"
            if not same_marker(first.marker, second.marker, python):
                return f"the marker of {name} {first.version} is not the one in `{lock}`"
    return ""


def _by_name(pins: Sequence[DerivedPin]) -> dict[str, tuple[DerivedPin, ...]]:
    found: dict[str, tuple[DerivedPin, ...]] = {}
    for pin in pins:
        found[pin.name] = (*found.get(pin.name, ()), pin)
    return found


def same_marker(first: str, second: str, python: str = "") -> bool:
    """Whether two markers hold on the same platforms, for the Pythons that `python` allows."""
    from labcoat.locking.other_locks.marker_clauses import parse_clauses
    from labcoat.locking.platforms import PLATFORMS
    from labcoat.locking.requirement_lines import marker_applies

    if first == second:
        return True
    try:
        if parse_clauses(first) == parse_clauses(second):
            return True
    except ValueError:
        return False
    from labcoat._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(python)
    except InvalidSpecifier:
        allowed = SpecifierSet()
    minors = [f"3.{number}" for number in range(6, 16) if allowed.contains(f"3.{number}.20")]
    return all(
        marker_applies(first, values) == marker_applies(second, values)
        for platform in PLATFORMS
        for minor in minors
        for values in [platform.marker_values(minor)]
    )
