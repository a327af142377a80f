"""Compare what environments hold with their lock and with each other. No I/O."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from labcoat.core.records import Record, replace
from labcoat.inventory import shared_files, strip, wheels
from labcoat.inventory.code_paths import byte_code
from labcoat.inventory.inventory import Contents, Inventory
from labcoat.inventory.shared_files import SharedFile
from labcoat.inventory.wheel_contents import Wheel
from labcoat.locking.requirement_lines import same_version
from labcoat.locking.requirements_file import Pin
from labcoat.proof.difference import Difference, Unproved


class InstalledEnvironment(Record):
    """What one level holds, and the pins that apply to it.

    The user's own Python is not isolated: it may hold other packages too. Packages in `local` are
    the project's own: editable here, built there.
    """

    level: str
    inventory: Inventory
    pins: Mapping[str, Pin]
    is_isolated: bool = True
    local: frozenset[str] = frozenset()

    @property
    def locked(self) -> dict[str, Contents]:
        """The distributions that are installed at their locked version, by name.

        Their versions are spelled as in the lock, so that digests agree.
        """
        found = {one.name: one for one in reversed(self.inventory.distributions)}
        return {
            name: replace(found[name], version=pin.version)
            for name, pin in self.pins.items()
            if name in found and same_version(found[name].version, pin.version)
        }


def compare_names(environment: InstalledEnvironment) -> Iterator[Difference]:
    """Yield packages that are missing, unlocked, installed twice, or at another version."""
    level, installed = environment.level, environment.inventory.distributions
    versions = {one.name: one.version for one in reversed(installed)}
    for name, pin in environment.pins.items():
        if name not in versions:
            yield Difference(level, "missing", name, detail=pin.version)
        elif not same_version(versions[name], pin.version):
            detail = f"is {versions[name]}, but {pin.version} is locked"
            yield Difference(level, "version", name, detail=detail)
    if not environment.is_isolated:
        return
    for name, count in Counter(one.name for one in installed).items():
        if count > 1:
            listed = ", ".join(one.version for one in installed if one.name == name)
            yield Difference(level, "twice", name, detail=listed)
    for one in installed:
        # conda puts its own tools in each environment.
        if one.name not in environment.pins and one.name not in environment.inventory.managed:
            yield Difference(level, "added", one.name, detail=one.version)


def match_wheels(
    environment: InstalledEnvironment, known: Mapping[str, Sequence[Wheel]]
) -> dict[str, Wheel]:
    """Return the wheel that each package was installed from, if it is among those `known`."""
    found = {}
    for name, one in environment.locked.items():
        candidates = known.get(name, ())
        # If no known wheel has these tags, they may have been edited: take a wheel that fits.
        fitting = [wheel for wheel in candidates if wheels.is_wheel_of(wheel, one.tags)] or [
            wheel for wheel in candidates if wheels.wheel_fits(wheel, environment.inventory.python)
        ]
        if wheel := wheels.nearest_wheel(one.files, fitting):
            found[name] = wheel
    return found


def compare_contents(
    environment: InstalledEnvironment, known: Mapping[str, Wheel]
) -> Iterator[Difference]:
    """Yield files that differ from the `known` wheels or, without a wheel, from RECORD."""
    level = environment.level
    digests = _digests_by_file(environment, known)
    stripped = environment.inventory.stripped
    edited = set()
    for name, one in environment.locked.items():
        if not one.has_record:
            yield Difference(level, "removed", name, path="RECORD")
            continue
        for path in one.stray:
            yield Difference(level, "stray", name, path=path)
        found = (
            _compare_with_wheel(level, one, known[name], digests)
            if name in known
            else _compare_with_record(level, one, digests)
        )
        for path in _list_not_executable(environment, one, known):
            yield Difference(level, "mode", name, path=path, detail="cannot be executed")
        for difference in found:
            if difference.kind == "edited":
                edited.add(difference.path)
            if difference.kind != "removed" or not strip.is_stripped(difference.path, stripped):
                yield difference
    if environment.is_isolated:
        for path in environment.inventory.stray:
            yield Difference(level, "stray", "", path=path)
        # Some wheels have an empty directory, which uv creates.
        folders = {path for wheel in known.values() for path in wheel.folders}
        for finding in environment.inventory.findings:
            if finding.kind == "empty" and finding.path in folders:
                continue
            if finding.kind == "byte-code" and byte_code.source_path(finding.path) in edited:
                continue  # the byte code of the source as it was: one edit, named once
            yield Difference(level, finding.kind, "", path=finding.path, detail=finding.detail)


def list_unproved(
    environment: InstalledEnvironment, known: Mapping[str, Wheel]
) -> Iterator[Unproved]:
    """Yield the packages without a known wheel: that they agree with their own RECORD is no proof.

    Whoever edits a file can edit RECORD.
    """
    for name in sorted(environment.locked.keys() - known.keys() - environment.local):
        yield Unproved(environment.level, name)


def find_shared_files(
    environment: InstalledEnvironment, known: Mapping[str, Wheel]
) -> list[SharedFile]:
    """Return the files that several locked packages bring with different contents."""
    locked = environment.locked
    installed = {path: value for one in locked.values() for path, value in one.files.items()}
    # Without a wheel, RECORD tells only whether the file is the package's.
    stated = {
        name: known[name].files
        if name in known
        else {path: "" if path in one.edited else value for path, value in one.files.items()}
        for name, one in locked.items()
    }
    return shared_files.find_shared_files(stated, lambda path: installed.get(path, ""))


def compare_shared_files(
    first: InstalledEnvironment, second: InstalledEnvironment, known: Mapping[str, Wheel]
) -> Iterator[Difference]:
    """Yield the files of several packages that are not the same one's in both environments."""
    winners = {one.path: one.winner for one in find_shared_files(first, known)}
    for one in find_shared_files(second, known):
        if winners.get(one.path, one.winner) != one.winner:
            package = one.winner or one.packages[0]
            yield Difference(second.level, "differs", package, path=one.path, detail=first.level)


def _digests_by_file(
    environment: InstalledEnvironment, known: Mapping[str, Wheel]
) -> dict[str, list[str]]:
    """Return the digests that a file may have: several packages may bring it, the last one wins."""
    found = defaultdict(list)
    for name, one in environment.locked.items():
        for path, value in (known[name].files if name in known else one.files).items():
            found[path].append(value)
    return found


def _list_not_executable(
    environment: InstalledEnvironment, one: Contents, known: Mapping[str, Wheel]
) -> list[str]:
    """Return files that were executable in the wheel of `one` and are not any more.

    Of a file that several packages bring, the last one installed decides.
    """
    executable, wheel = environment.inventory.executable, known.get(one.name)
    if wheel is None or executable is None:
        return []
    lost = (wheel.executable & one.files.keys()) - executable
    return sorted(
        path
        for path in lost
        if all(path not in each.files or path in each.executable for each in known.values())
    )


def _compare_with_record(
    level: str, one: Contents, digests: Mapping[str, Sequence[str]]
) -> Iterator[Difference]:
    for path in one.gone:
        yield Difference(level, "removed", one.name, path=path)
    for path in one.edited:
        if len(digests[path]) == 1:
            yield Difference(level, "edited", one.name, path=path)


def _compare_with_wheel(
    level: str, one: Contents, wheel: Wheel, digests: Mapping[str, Sequence[str]]
) -> Iterator[Difference]:
    edited = set()
    for path, value in wheel.files.items():
        if path not in one.files:
            yield Difference(level, "removed", one.name, path=path)
        elif one.files[path] != value and one.files[path] not in digests[path]:
            edited.add(path)
            yield Difference(level, "edited", one.name, path=path)
    for path in sorted(one.files.keys() - wheel.files.keys()):
        yield Difference(level, "stray", one.name, path=path)
    # If a file is the wheel's but not what RECORD states, then RECORD was edited, unless the
    # wheel's own is wrong.
    unexplained = set(one.edited) - edited - wheel.misstated
    if any(len(digests[path]) == 1 for path in unexplained) or set(one.gone) - wheel.files.keys():
        yield Difference(level, "edited", one.name, path="RECORD")


def compare_environments(
    first: InstalledEnvironment, second: InstalledEnvironment, known: Mapping[str, Wheel]
) -> Iterator[Difference]:
    """Yield files that differ between two environments of one platform.

    Packages with a `known` wheel are left out: each is compared with its wheel.
    """
    ours, theirs = first.locked, second.locked
    stripped = {*first.inventory.stripped, *second.inventory.stripped}
    for name in ours.keys() & theirs.keys() - known.keys() - first.local:
        if ours[name].tags != theirs[name].tags:
            continue
        mine, other = ours[name].files, theirs[name].files
        for path in sorted(mine.keys() | other.keys()):
            may_miss = strip.is_stripped(path, stripped) and not (path in mine and path in other)
            if mine.get(path) != other.get(path) and not may_miss:
                yield Difference(second.level, "differs", name, path=path, detail=first.level)


def compare_interpreters(
    environments: Sequence[InstalledEnvironment], minor: str, *, strict: bool = False
) -> Iterator[Difference]:
    """Yield Pythons of another minor version than `minor`, or of another ABI than the first.

    If `strict`, another patch release than the first's is a difference too.
    """
    first_abi = ""
    first = environments[0]
    for one in environments[1:] if strict else ():
        version, other = one.inventory.python.version, first.inventory.python.version
        if version != other:
            detail = f"has Python {version}, but {first.level} has {other}"
            yield Difference(one.level, "interpreter", "", detail=detail)
    for one in environments:
        python = one.inventory.python
        abi = "-".join(python.abi.split("-")[:2])
        first_abi = first_abi or (abi if python.minor == minor else "")
        if python.minor != minor:
            detail = f"has Python {python.version}, but the project uses {minor}"
            yield Difference(one.level, "interpreter", "", detail=detail)
        elif abi != first_abi:
            detail = f"has a Python with ABI {abi}, but the others have {first_abi}"
            yield Difference(one.level, "interpreter", "", detail=detail)


def list_other_platforms(first: InstalledEnvironment, second: InstalledEnvironment) -> list[str]:
    """Return the packages that both have, but from wheels for different platforms."""
    ours, theirs = first.locked, second.locked
    return sorted(
        name
        for name in ours.keys() & theirs.keys() - first.local
        if ours[name].tags != theirs[name].tags
    )
