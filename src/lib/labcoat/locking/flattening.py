"""Flatten groups and extras: no locker installs them from every kind of file.

A group includes others (`{include-group = "test"}`), an extra names others of its own project
(`project[all]`). See https://packaging.python.org/en/latest/specifications/dependency-groups/.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.declared import Declared, Groups, Listing
from labcoat.core.settings import suggest_name
from labcoat.locking.requirement_lines import RequirementLine, parse_lines

MAIN_LOCK = "requirements"


def normalize_part(name: str) -> str:
    """Return the name of a group or an extra as tools compare it (PEP 685, PEP 735)."""
    return normalize_name(name)


def find_listings(declared: Declared, parts: Sequence[str]) -> list[Listing]:
    """Return the lists of the groups and extras `parts`, without those that they include."""
    wanted = [normalize_part(part) for part in parts]
    return [
        listing
        for part in wanted
        for kind in (declared.extras, declared.groups)
        for name, listing in kind.items()
        if normalize_part(name) == part
    ]


def flatten_requirements(declared: Declared, parts: Sequence[str], lock: Path) -> list[str]:
    """Return the requirements for `lock`, a line each: of the project, or of `parts`.

    An extra is for the project, so its dependencies are included; a group is for itself. Raise
    LabcoatError if a group does not exist or includes itself, or a line is not a requirement.
    """
    flattener = _Flattener(declared, lock)
    is_whole = lock.stem == MAIN_LOCK or not parts
    lines = list(flattener.dependencies()) if is_whole else []
    for part in parts:
        lines += flattener.part_lines(part)
    return list(dict.fromkeys(lines))


def included_parts(declared: Declared, parts: Sequence[str], lock: Path) -> set[str]:
    """Return the names of `parts` and of the groups and extras that they include, as written.

    Raise LabcoatError as `flatten_requirements` does.
    """
    flattener = _Flattener(declared, lock)
    for part in parts:
        list(flattener.part_lines(part))
    names = (*declared.extras, *declared.groups)
    return {name for name in names if normalize_part(name) in flattener.visited}


class _Flattener:
    def __init__(self, declared: Declared, lock: Path) -> None:
        self.declared = declared
        self.lock = lock
        self.name = normalize_name(declared.name) if declared.name else ""
        self.extras = _by_name(declared.extras)
        self.groups = _by_name(declared.groups)
        self.visited: set[str] = set()

    def dependencies(self) -> Iterator[str]:
        """Yield the project's dependencies."""
        if self.declared.dependencies:
            yield from self._lines(self.declared.dependencies, "dependencies", ())

    def part_lines(self, part: str) -> Iterator[str]:
        """Yield what the extra and the group `part` need."""
        key = normalize_part(part)
        if key not in self.extras and key not in self.groups:
            source = next(iter(self._sources()), "pyproject.toml")
            raise LabcoatError(
                f"`{source}` has no group or extra `{part}`, which `tool.labcoat.locks` names",
                suggest_name(part, {*self.extras, *self.groups}, "Add it, or correct the name"),
            )
        if key in self.extras:
            yield from self.dependencies()
            yield from self.extra_lines(key, ())
        if key in self.groups:
            yield from self.group_lines(key, ())

    def extra_lines(self, key: str, chain: tuple[str, ...]) -> Iterator[str]:
        """Yield what an extra needs, with the extras of the same project that it names."""
        if key in chain:  # pip, too, installs extras that name each other
            return
        if key not in self.extras:
            source = next(iter(self._sources()), "pyproject.toml")
            raise LabcoatError(
                f"`{source}` has no extra `{key}`, which `{chain[-1] if chain else key}` names",
                suggest_name(key, self.extras, "Add it, or correct the name"),
            )
        listing = self.extras[key]
        self.visited.add(key)
        yield from self._lines(listing, key, (*chain, key))

    def group_lines(self, key: str, chain: tuple[str, ...]) -> Iterator[str]:
        """Yield what a group needs, with the groups that it includes."""
        listing = self.groups[key]
        self.visited.add(key)
        if key in chain:
            circle = " → ".join([*chain[chain.index(key) :], key])
            raise LabcoatError(
                f"the groups in `{listing.source.name}` include each other: {circle}",
                "Remove one `include-group`",
            )
        for item in _checked(listing):
            if isinstance(item, dict):
                yield from self._included(item, key, listing, (*chain, key))
            else:
                yield from self._line(item, key, listing, ())

    def _included(
        self, item: dict[str, object], key: str, listing: Listing, chain: tuple[str, ...]
    ) -> Iterator[str]:
        name = item.get("include-group")
        if len(item) != 1 or not isinstance(name, str):
            raise LabcoatError(
                f"the group `{key}` in `{listing.source.name}` has an item that is not known:"
                f" `{item}`",
                'Write a requirement, or `{include-group = "NAME"}`',
            )
        if normalize_part(name) not in self.groups:
            raise LabcoatError(
                f"`{listing.source.name}` has no group `{name}`, which the group `{key}` includes",
                suggest_name(name, self.groups, "Add it, or correct the name"),
            )
        yield from self.group_lines(normalize_part(name), chain)

    def _lines(self, listing: Listing, where: str, chain: tuple[str, ...]) -> Iterator[str]:
        for item in _checked(listing):
            yield from self._line(item, where, listing, chain)

    def _line(
        self, item: object, where: str, listing: Listing, chain: tuple[str, ...]
    ) -> Iterator[str]:
        text = " ".join(item.split()) if isinstance(item, str) else item
        found = parse_lines(text) if isinstance(text, str) else ()
        line = found[0] if found else None
        if not isinstance(line, RequirementLine) or line.is_address or line.body != text:
            raise LabcoatError(
                f"`{item}` in the list `{where}` of `{listing.source.name}` is not a requirement",
                "Write it as NAME, or with versions, such as `pandas>=2,<3`",
            )
        if line.name != self.name or line.url:
            yield line.body
            return
        for extra in _extras_of(line.body):
            for each in self.extra_lines(normalize_part(extra), chain):
                yield _add_marker(each, line.marker)

    def _sources(self) -> Iterator[str]:
        listings = (*self.extras.values(), *self.groups.values(), self.declared.dependencies)
        return (each.source.name for each in listings if each)


def _by_name(listings: Groups) -> dict[str, Listing]:
    """Return the lists by their normalized names. Raise LabcoatError if two have the same."""
    found: dict[str, Listing] = {}
    spelled: dict[str, str] = {}
    for name, listing in listings.items():
        key = normalize_part(name)
        if key in found:
            raise LabcoatError(
                f"`{listing.source.name}` has two groups of one name:"
                f" `{spelled[key]}` and `{name}`",
                "Rename one: upper case, `-`, `_` and `.` make no difference",
            )
        found[key], spelled[key] = listing, name
    return found


def _checked(listing: Listing) -> tuple[object, ...]:
    if listing.problem:
        raise listing.problem
    return listing.items


def _extras_of(body: str) -> list[str]:
    inside = body.partition("[")[2].partition("]")[0]
    return [name.strip() for name in inside.split(",") if name.strip()]


def _add_marker(line: str, marker: str) -> str:
    if not marker:
        return line
    body, found, own = line.partition(";")
    return f"{body.strip()} ; ({own.strip()}) and ({marker})" if found else f"{body} ; {marker}"
