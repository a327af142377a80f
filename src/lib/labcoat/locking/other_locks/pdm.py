"""Read pdm.lock. Format: `pdm.project.lockfile` in https://github.com/pdm-project/pdm."""

from pathlib import Path

from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.declared import Listing, read_file
from labcoat.core.project_files.pyproject import parse_toml
from labcoat.core.records import replace
from labcoat.locking.other_locks.declared_roots import (
    declared_extras,
    declared_roots,
    fitting,
    requirement_edges,
)
from labcoat.locking.other_locks.model import (
    MAIN,
    Edge,
    LockedFile,
    LockedPackage,
    OtherLock,
    SourceKind,
)
from labcoat.locking.other_locks.places import archive_place, commit_place
from labcoat.locking.other_locks.tables import (
    Table,
    check_format,
    damaged,
    read_marker,
    required_text,
    table,
    tables,
    words,
)
from labcoat.locking.other_locks.toml_text import file_list, parse_lock

_PLACES: dict[str, SourceKind] = {
    "git": "vcs",
    "hg": "vcs",
    "svn": "vcs",
    "bzr": "vcs",
    "path": "directory",
    "url": "archive",
}


def read_pdm_lock(path: Path, text: str, folder: Path) -> OtherLock:
    """Return the lock `path` of the project in `folder`.

    Raise LabcoatError if it is damaged, has a newer format, or leaves the roots to a
    pyproject.toml that cannot be read.
    """
    data, taken = parse_lock(path.name, text)
    metadata = table(data.get("metadata"))
    check_format(path, metadata.get("lock_version", "without a number"), ("4.5", "4.4"), "PDM")
    # A package with extras has an entry of its own, whose dependencies the extras add.
    every = tables(data.get("package", []))
    for entry in every:
        required_text(path, entry, "name")
    reader = _Reader(path, every, table(metadata.get("files")), taken)
    packages = tuple(reader.package(entry) for entry in reader.entries)
    extras = declared_extras(folder)
    if "inherit_metadata" in words(metadata.get("strategy")):
        roots = reader.flat_roots()
        packages = tuple(replace(each, dependencies=(), extras={}) for each in packages)
    else:
        roots = declared_roots(path, folder, reader.targets, _own_groups(folder))
        if not roots:
            raise damaged(
                path,
                "it does not say which groups need a package, and what"
                " pyproject.toml asks for cannot be read",
            )
    return OtherLock(
        path,
        "pdm",
        packages,
        roots,
        groups=tuple(part for part in roots if part != MAIN and part not in extras),
        extras=tuple(part for part in roots if part in extras),
        requires_python=", ".join(
            str(each.get("requires_python", "")) for each in tables(metadata.get("targets", []))[:1]
        ),
    )


def _own_groups(folder: Path) -> dict[str, Listing]:
    """Return the groups in `[tool.pdm.dev-dependencies]`, as PDM before 2.20 wrote them."""
    path = folder / "pyproject.toml"
    data = parse_toml(path.name, read_file(path)) if path.is_file() else {}
    listed = table(table(table(data.get("tool")).get("pdm")).get("dev-dependencies"))
    return {name: Listing(path, tuple(words(items))) for name, items in listed.items()}


class _Reader:
    def __init__(
        self, path: Path, every: list[Table], files: Table, taken: list[tuple[LockedFile, ...]]
    ) -> None:
        self.path = path
        self.taken = taken
        self.listed = files  # of all packages, before format 4.4
        self.every = every
        self.entries: list[Table] = []
        self.positions: dict[tuple[str, str], int] = {}
        self.versions: dict[str, list[tuple[int, str]]] = {}
        for entry in every:
            key = self._key(entry)
            if key not in self.positions:
                self.positions[key] = len(self.entries)
                self.versions.setdefault(key[0], []).append((len(self.entries), key[1]))
                self.entries.append(entry)
        self.with_extras: dict[tuple[str, str], list[Table]] = {}
        for entry in every:
            if entry.get("extras"):
                self.with_extras.setdefault(self._key(entry), []).append(entry)

    def _key(self, entry: Table) -> tuple[str, str]:
        return normalize_name(str(entry["name"])), str(entry.get("version", ""))

    def package(self, entry: Table) -> LockedPackage:
        """Return one release, with what its extras add."""
        name, version = key = self._key(entry)
        place = next((each for each in _PLACES if each in entry), "")
        files: tuple[LockedFile, ...] = ()
        for each in (one for one in self.every if one is entry or self._is_same(one, key)):
            files = files or file_list(each.get("files", []), self.taken)
        files = files or file_list(self.listed.get(f"{entry['name']} {version}", []), self.taken)
        origin = str(entry.get(place, ""))
        if "revision" in entry:
            origin += f"@{entry['revision']}"
        if place == "git":
            below = str(entry.get("subdirectory", ""))
            written = commit_place(name, str(entry["git"]), str(entry.get("revision", "")), below)
        else:
            written = archive_place(name, origin, files) if place == "url" else ""
        plain = () if entry.get("extras") else self._edges(entry)
        return LockedPackage(
            name,
            version,
            files,
            _PLACES.get(place, "index"),
            origin,
            place=written,
            dependencies=plain,
            extras={
                normalize_name(extra): self._edges(each)
                for each in self.with_extras.get(key, [])
                for extra in words(each.get("extras"))
            },
        )

    def _is_same(self, entry: Table, key: tuple[str, str]) -> bool:
        return bool(entry.get("extras")) and self._key(entry) == key

    def _edges(self, entry: Table) -> tuple[Edge, ...]:
        return tuple(
            edge
            for text in words(entry.get("dependencies"))
            for edge in requirement_edges(self.path, text, self.targets)
        )

    def targets(self, name: str, specifiers: str) -> tuple[int, ...]:
        """Return the positions of the releases of `name` that fit."""
        return fitting(self.versions.get(name, []), specifiers)

    def flat_roots(self) -> dict[str, tuple[Edge, ...]]:
        """Return each package with its own marker, by the groups that it is in."""
        roots: dict[str, list[Edge]] = {MAIN: []}
        for entry in self.every:
            name, _ = key = self._key(entry)
            marker = read_marker(self.path, entry.get("marker"), name)
            for group in words(entry.get("groups")) or ("default",):
                part = MAIN if group == "default" else normalize_name(group)
                edge = Edge(name, marker, (), (self.positions[key],))
                roots.setdefault(part, []).append(edge)
        return {part: tuple(edges) for part, edges in roots.items()}
