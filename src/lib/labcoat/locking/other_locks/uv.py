"""Read uv.lock. Format: https://docs.astral.sh/uv/concepts/resolution/#lockfile-versioning."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from labcoat.core.package_names import normalize_name
from labcoat.locking.other_locks.index_names import other_index
from labcoat.locking.other_locks.model import (
    MAIN,
    Edge,
    LockedFile,
    LockedPackage,
    OtherLock,
    SourceKind,
)
from labcoat.locking.other_locks.places import (
    archive_place,
    commit_place,
    split_git_address,
)
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
    "registry": "index",
    "git": "vcs",
    "url": "archive",
    "path": "archive",
    "directory": "directory",
    "editable": "directory",
    "virtual": "directory",
}


def read_uv_lock(path: Path, text: str, folder: Path) -> OtherLock:
    """Return the lock `path` for the project in `folder`, which may be a member of a workspace.

    Raise LabcoatError if it is damaged, has a newer format, or lacks that project.
    """
    data, taken = parse_lock(path.name, text)
    check_format(path, data.get("version", "without a number"), ("1",), "uv")
    entries = tables(data.get("package", []))
    registries = [str(table(each.get("source")).get("registry", "")) for each in entries]
    index_of = other_index(filter(None, registries))  # uv names one for each release
    positions: dict[tuple[str, str], list[int]] = {}
    for at, entry in enumerate(entries):
        name = normalize_name(required_text(path, entry, "name"))
        for version in (str(entry.get("version", "")), ""):
            positions.setdefault((name, version), []).append(at)
    reader = _Reader(path, positions, entries)
    member = path.parent.resolve() != folder.resolve()
    place = folder.resolve().relative_to(path.parent.resolve()).as_posix() if member else "."
    packages = []
    project = None
    for entry in entries:
        package = reader.package(entry, taken, index_of, place)
        if package.kind == "project":
            project = entry
        packages.append(package)
    if project is None and not data.get("manifest"):
        raise damaged(path, "it does not have this project")
    roots = {MAIN: reader.edges(table(project).get("dependencies"))}
    extras = table(table(project).get("optional-dependencies"))
    groups = table(table(project).get("dev-dependencies"))
    groups = groups or table(table(table(project).get("metadata")).get("requires-dev"))
    if project is None:
        groups, roots = reader.manifest_groups(table(data.get("manifest"))), {MAIN: ()}
    for name, listed in (*extras.items(), *groups.items()):
        key = normalize_name(name)
        roots[key] = (*roots.get(key, ()), *reader.edges(listed))
    names = (*map(normalize_name, extras), *map(normalize_name, groups))
    own = normalize_name(str(table(project).get("name", "")))
    return OtherLock(
        path,
        "uv",
        tuple(packages),
        roots,
        groups=tuple(map(normalize_name, groups)),
        extras=tuple(map(normalize_name, extras)),
        requires_python=str(data.get("requires-python", "")),
        metadata=table(table(project).get("metadata")),
        conflict_names={
            f"{kind}-{len(own)}-{own}-{name}": (kind, name)
            for name in names
            for kind in ("extra", "group")
        },
    )


class _Reader:
    def __init__(
        self,
        path: Path,
        positions: dict[tuple[str, str], list[int]],
        entries: list[Table],
    ) -> None:
        self.path = path
        self.positions = positions
        self.entries = entries

    def package(
        self,
        entry: Table,
        taken: list[tuple[LockedFile, ...]],
        index_of: Callable[[str], str],
        place: str,
    ) -> LockedPackage:
        """Return one package; the project itself, in the directory `place`, is of that kind."""
        name = normalize_name(str(entry["name"]))
        source = table(entry.get("source"))
        key = next((each for each in _KINDS if each in source), "")
        if not key:
            raise damaged(self.path, f"`{name}` has no source that labcoat knows")
        kind, origin = _KINDS[key], str(source[key])
        if kind == "directory" and origin == place:
            kind = "project"
        files = (
            *(file_list(entry["sdist"], []) if "sdist" in entry else ()),
            *file_list(entry.get("wheels", []), taken),
        )
        return LockedPackage(
            name,
            str(entry.get("version", "")),
            files,
            kind,
            origin,
            index=index_of(origin) if kind == "index" else "",
            place=self._place(name, key, origin, files),
            dependencies=self.edges(entry.get("dependencies")),
            extras={
                normalize_name(extra): self.edges(listed)
                for extra, listed in table(entry.get("optional-dependencies")).items()
            },
        )

    def _place(self, name: str, key: str, origin: str, files: tuple[LockedFile, ...]) -> str:
        if key == "git":
            return commit_place(name, *split_git_address(origin))
        return archive_place(name, origin, files) if key == "url" else ""

    def edges(self, listed: Any) -> tuple[Edge, ...]:
        """Return the dependencies in a list of tables."""
        return tuple(self._edge(each) for each in tables(listed or []))

    def _edge(self, entry: Table) -> Edge:
        name = normalize_name(required_text(self.path, entry, "name"))
        targets = self.positions.get((name, str(entry.get("version", ""))), [])
        if source := entry.get("source"):
            targets = [at for at in targets if self.entries[at].get("source") == source] or targets
        if not targets:
            raise damaged(self.path, f"it has no package `{name}`, which another needs")
        extras = tuple(map(normalize_name, words(entry.get("extra"))))
        marker = read_marker(self.path, entry.get("marker"), name)
        return Edge(name, marker, extras, tuple(targets))

    def manifest_groups(self, manifest: Table) -> dict[str, Any]:
        """Return the groups of a pyproject.toml without a project, which the manifest lists."""
        return {
            name: [each for each in tables(listed) if self._is_known(each)]
            for name, listed in table(manifest.get("dependency-groups")).items()
        }

    def _is_known(self, entry: Table) -> bool:
        return (normalize_name(str(entry.get("name", ""))), "") in self.positions
