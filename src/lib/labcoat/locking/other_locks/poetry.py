"""Read poetry.lock, of Poetry 1 and 2. Locks of Poetry 2.1 give each package a marker.

Format: `poetry.packages.locker` in https://github.com/python-poetry/poetry.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.poetry import python_specifiers, translate_version
from labcoat.locking.other_locks.declared_roots import declared_roots, fitting, requirement_edges
from labcoat.locking.other_locks.index_names import other_index
from labcoat.locking.other_locks.marker_clauses import Clauses
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

_KINDS: dict[str, SourceKind] = {
    "legacy": "index",
    "git": "vcs",
    "url": "archive",
    "file": "archive",
    "directory": "directory",
}


def read_poetry_lock(path: Path, text: str, folder: Path) -> OtherLock:
    """Return the lock `path` of the project in `folder`.

    Raise LabcoatError if it is damaged or has a newer format.
    """
    data, taken = parse_lock(path.name, text)
    metadata = table(data.get("metadata"))
    if not metadata:  # it is the last table that Poetry writes
        raise damaged(path, "it has no `[metadata]`, so its end is missing")
    check_format(path, metadata.get("lock-version", "1.0"), ("1.0", "1.1", "2.0", "2.1"), "Poetry")
    entries = tables(data.get("package", []))
    reader = _Reader(path, entries, metadata, taken)
    extras = {normalize_name(name): words(each) for name, each in table(data.get("extras")).items()}
    flat = any("groups" in entry for entry in entries)
    roots = reader.flat_roots() if flat else reader.graph_roots(folder, extras)
    # Of a flat lock, markers such as `extra == "plots"` select what an extra adds.
    roots |= {name: roots.get(name, ()) for name in extras}
    python = str(metadata.get("python-versions", ""))
    return OtherLock(
        path,
        "poetry",
        tuple(reader.package(entry) for entry in entries),
        roots,
        groups=tuple(name for name in roots if name != MAIN and name not in extras),
        extras=tuple(extras),
        requires_python="" if python in {"", "*"} else python_specifiers(python),
    )


class _Reader:
    def __init__(
        self,
        path: Path,
        entries: list[Table],
        metadata: Table,
        taken: list[tuple[LockedFile, ...]],
    ) -> None:
        self.path = path
        self.entries = entries
        self.taken = taken
        self.is_graph = False  # otherwise the roots are all packages
        # Before Poetry 1.3 the files of all packages were at the end, at first as hashes alone.
        listed = {**table(metadata.get("hashes")), **table(metadata.get("files"))}
        self.files = {normalize_name(name): each for name, each in listed.items()}
        sources = [table(each.get("source")) for each in entries]
        self.index_of = other_index(
            str(each.get("url", "")) for each in sources if each.get("type", "legacy") == "legacy"
        )
        self.versions: dict[str, list[tuple[int, str]]] = {}
        for at, entry in enumerate(entries):
            name = normalize_name(required_text(path, entry, "name"))
            self.versions.setdefault(name, []).append((at, required_text(path, entry, "version")))

    def package(self, entry: Table) -> LockedPackage:
        """Return one package."""
        name = normalize_name(str(entry["name"]))
        source = table(entry.get("source"))
        kind = _KINDS.get(str(source.get("type", "legacy")), "archive")
        origin = str(source.get("url", ""))
        revision = source.get("resolved_reference")
        if revision:
            origin += f"@{revision}"
        address, files = str(source.get("url", "")), self._files(entry, name)
        if source.get("type") == "git":
            commit, below = str(revision or ""), str(source.get("subdirectory", ""))
            place = commit_place(name, address, commit, below)
        else:
            place = archive_place(name, address, files) if source.get("type") == "url" else ""
        edges, extras = self._dependencies(entry) if self.is_graph else ((), {})
        return LockedPackage(
            name,
            str(entry["version"]),
            files,
            kind,
            origin,
            index=self.index_of(origin) if kind == "index" else "",
            place=place,
            dependencies=edges,
            extras=extras,
        )

    def _files(self, entry: Table, name: str) -> tuple[LockedFile, ...]:
        listed = entry.get("files", self.files.get(name, []))
        if isinstance(listed, list) and any(isinstance(each, str) for each in listed):
            return tuple(LockedFile("", digest) for digest in words(listed) if len(digest) == 64)
        version = f"-{entry['version']}".replace("-", "_")
        found = file_list(listed, self.taken)
        if "files" in entry or len(self.versions[name]) == 1:
            return found
        # The list at the end is for all versions of a name.
        return tuple(each for each in found if version in each.name.replace("-", "_")) or found

    def _dependencies(self, entry: Table) -> tuple[tuple[Edge, ...], dict[str, tuple[Edge, ...]]]:
        edges, optional = [], {}
        for name, written in table(entry.get("dependencies")).items():
            for each in written if isinstance(written, list) else [written]:
                if edge := self._edge(normalize_name(name), each):
                    if isinstance(each, dict) and each.get("optional"):
                        optional[edge.name] = edge
                    else:
                        edges.append(edge)
        extras = {}
        for extra, listed in table(entry.get("extras")).items():
            texts = [text.replace("(", "").replace(")", "") for text in words(listed)]
            wanted = [each for text in texts for each in self._written(text)]
            extras[normalize_name(extra)] = tuple(optional.get(each.name, each) for each in wanted)
        return tuple(edges), extras

    def _written(self, text: str) -> list[Edge]:
        return requirement_edges(self.path, text, self.targets)

    def _edge(self, name: str, written: object) -> Edge | None:
        entry: Mapping[str, Any] = written if isinstance(written, dict) else {"version": written}
        targets = self.targets(name, str(entry.get("version", "*")))
        if not targets:
            return None  # not needed on the Pythons of this lock
        marker = read_marker(self.path, entry.get("markers"), name)
        # The extra that needs an optional package stands in its marker, too.
        marker = frozenset(
            frozenset(each for each in clause if each[0] != "extra") for clause in marker
        )
        extras = tuple(map(normalize_name, words(entry.get("extras"))))
        return Edge(name, marker, extras, targets)

    def targets(self, name: str, constraint: str) -> tuple[int, ...]:
        """Return the positions of the releases of `name` that a constraint allows."""
        known = self.versions.get(name, [])
        if len(known) < 2:
            return tuple(at for at, _ in known)
        try:
            alternatives = [
                translate_version(name, each.strip()) for each in constraint.split("||")
            ]
        except ValueError:
            return tuple(at for at, _ in known)
        return fitting(known, "||".join(alternatives))

    def _marker(self, entry: Table, group: str) -> Clauses:
        written = entry.get("markers", entry.get("marker"))
        if isinstance(written, dict):
            written = written.get(group)
        return read_marker(self.path, written, str(entry["name"]))

    def flat_roots(self) -> dict[str, tuple[Edge, ...]]:
        """Return each package with its own marker, by the groups that it is in."""
        roots: dict[str, list[Edge]] = {MAIN: []}
        for at, entry in enumerate(self.entries):
            for group in words(entry.get("groups")) or ("main",):
                part = MAIN if group == "main" else normalize_name(group)
                edge = Edge(normalize_name(entry["name"]), self._marker(entry, group), (), (at,))
                roots.setdefault(part, []).append(edge)
        return {part: tuple(edges) for part, edges in roots.items()}

    def graph_roots(
        self, folder: Path, extras: Mapping[str, tuple[str, ...]]
    ) -> dict[str, tuple[Edge, ...]]:
        """Return what pyproject.toml asks for; without it, the packages by their category."""
        # Before Poetry 1.1, each package had its marker, and its category.
        is_old = any("marker" in entry for entry in self.entries)
        if not is_old and (roots := declared_roots(self.path, folder, self.targets)):
            for name, listed in extras.items():
                roots.setdefault(
                    name, tuple(each for text in listed for each in self._written(text))
                )
            self.is_graph = True
            return roots
        found: dict[str, list[Edge]] = {MAIN: [], **{name: [] for name in extras}}
        for at, entry in enumerate(self.entries):
            name = normalize_name(entry["name"])
            parts = [MAIN if entry.get("category", "main") == "main" else "dev"]
            if entry.get("optional"):
                parts = [
                    extra for extra, names in extras.items() if name in map(normalize_name, names)
                ]
            for part in parts:
                edge = Edge(name, self._marker(entry, "main"), (), (at,))
                found.setdefault(part, []).append(edge)
        return {part: tuple(edges) for part, edges in found.items()}
