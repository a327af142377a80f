"""The packages that pyproject.toml asks for, for locks that only list what these need."""

from collections.abc import Callable, Mapping
from pathlib import Path

from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.declared import Listing
from labcoat.core.project_files.reader import read_declared
from labcoat.locking.other_locks.model import MAIN, Edge
from labcoat.locking.other_locks.tables import read_marker
from labcoat.locking.requirement_lines import RequirementLine, parse_lines

Targets = Callable[[str, str], tuple[int, ...]]


def declared_extras(folder: Path) -> tuple[str, ...]:
    """Return the names of the extras that the files of `folder` declare."""
    return tuple(map(normalize_name, read_declared(folder).extras))


def declared_roots(
    path: Path, folder: Path, targets: Targets, own_groups: Mapping[str, Listing] | None = None
) -> dict[str, tuple[Edge, ...]]:
    """Return what the project, its groups and its extras ask for; empty if that cannot be read.

    `targets` returns the positions of the releases of a name that fit specifiers. `own_groups` are
    those that only the lock's tool knows.
    """
    found = read_declared(folder)
    named = {**found.groups, **(own_groups or {})}
    groups = {normalize_name(name): each for name, each in named.items()}
    listings = {MAIN: found.dependencies or Listing(path), **groups}
    listings |= {normalize_name(name): each for name, each in found.extras.items()}
    if any(each.problem for each in listings.values()) or found.dependencies is None:
        return {}
    return {
        name: tuple(_listing_edges(path, listing, groups, targets, ()))
        for name, listing in listings.items()
    }


def _listing_edges(
    path: Path,
    listing: Listing,
    groups: dict[str, Listing],
    targets: Targets,
    chain: tuple[str, ...],
) -> list[Edge]:
    edges: list[Edge] = []
    for item in listing.items:
        if isinstance(item, dict):
            name = normalize_name(str(item.get("include-group", "")))
            if name in groups and name not in chain:
                edges += _listing_edges(path, groups[name], groups, targets, (*chain, name))
        else:
            edges += requirement_edges(path, str(item), targets)
    return edges


def requirement_edges(path: Path, text: str, targets: Targets) -> list[Edge]:
    """Return the edge for a requirement (PEP 508); none for what is not one."""
    from labcoat._vendor.packaging.requirements import InvalidRequirement, Requirement

    edges = []
    for line in parse_lines(" ".join(text.split())):
        if not isinstance(line, RequirementLine) or not line.name:
            continue
        try:
            parsed = Requirement(line.body)
        except InvalidRequirement:
            continue
        marker = read_marker(path, line.marker, line.name)
        extras = tuple(map(normalize_name, sorted(parsed.extras)))
        found = targets(line.name, str(parsed.specifier))
        if found:
            edges.append(Edge(line.name, marker, extras, found))
    return edges


def fitting(versions: list[tuple[int, str]], specifiers: str) -> tuple[int, ...]:
    """Return the positions of the versions that `specifiers` allow; all where none fits."""
    if len(versions) < 2:
        return tuple(at for at, _ in versions)
    from labcoat._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

    found: list[int] = []
    for alternative in specifiers.split("||"):
        try:
            allowed = SpecifierSet(alternative.strip())
        except InvalidSpecifier:
            return tuple(at for at, _ in versions)
        found += [at for at, version in versions if allowed.contains(version, prereleases=True)]
    return tuple(dict.fromkeys(found)) or tuple(at for at, _ in versions)
