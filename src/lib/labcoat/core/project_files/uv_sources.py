"""Where uv takes packages from: `[tool.uv.sources]` in pyproject.toml, as requirements (PEP 508).

    [tool.uv.sources]
    mine = { workspace = true }                     # mine @ file:./packages/mine
    near = { path = "../near", editable = true }    # near @ file:../near
    fork = { git = "https://…/fork", tag = "v2" }   # fork @ git+https://…/fork@v2
    torch = { index = "pytorch-cpu" }               # left to `toolchain.uv_indexes`

An index may have a package of the same name that is somebody else's. So what a requirement cannot
say is refused, and never passed over. https://docs.astral.sh/uv/concepts/projects/dependencies/
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.declared import Declared, Listing, list_includers
from labcoat.core.project_files.own_indexes import counts_index
from labcoat.core.project_files.places import RELEASE, archive_place, git_place, path_place
from labcoat.core.project_files.tool_tables import placed_in_tables
from labcoat.core.project_files.uv_workspace import Workspace, find_workspace, read_pyproject
from labcoat.core.records import Record, replace
from labcoat.core.toml_tables import find_table

_TABLE = "[tool.uv.sources]"
_FILE = "pyproject.toml"
_REVISIONS = ("rev", "tag", "branch")
_KEYS: Mapping[str, frozenset[str]] = {
    "git": frozenset({*_REVISIONS, "subdirectory", "lfs"}),
    "url": frozenset({"subdirectory"}),
    "path": frozenset({"editable", "package"}),
    "workspace": frozenset({"editable"}),
    "index": frozenset(),
}
_COMMON = frozenset({"marker", "extra", "group"})
_ELSE = (
    "Ask for it in `requirements.in`, or run `uv lock`: labcoat derives its locks from `uv.lock`"
)


class _Source(Record):
    """One source of a package: its `kind` is the key that says where it is.

    `base` is the folder that a path is relative to.
    """

    kind: str
    table: Mapping[str, Any]
    base: Path

    def is_for(self, extra: str, group: str) -> bool:
        """Whether it counts in an extra or a group; both are empty for the dependencies."""
        wanted = {"extra": extra, "group": group}
        return all(
            normalize_name(str(self.table[key])) == normalize_name(name)
            for key, name in wanted.items()
            if key in self.table
        )


class UvSources(Record):
    """The sources that count in `folder`, by normalized names, each with the folder of its file.

    `own` is the name of the package in `folder`. The indexes that count are those of `project`.
    """

    folder: Path
    project: Path
    written: Mapping[str, tuple[Path, object]]
    own: str = ""
    workspace: Workspace | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no package has a source, or ought to have one."""
        return not self.written and self.workspace is None

    @cached_property
    def names(self) -> frozenset[str]:
        """The normalized names of packages that are not those of an index."""
        placed = {
            name
            for name, (_, value) in self.written.items()
            for each in (value if isinstance(value, list) else [value])
            if not (isinstance(each, dict) and "index" in each)
        }
        return frozenset(placed | (set(self.workspace.members) if self.workspace else set()))

    def place(
        self, line: str, *, extra: str = "", group: str = "", includers: Iterable[str] = ()
    ) -> str:
        """Return the requirement `line` with the place that its package comes from.

        `includers` are the groups that include the `group`. Raise LabcoatError if that cannot be a
        requirement.
        """
        asked = RELEASE.fullmatch(line)
        if asked is None or (name := normalize_name(asked["name"])) == self.own:
            return line
        if name not in self.written:
            if self.workspace is not None and name in self.workspace.members:
                raise self._refuse(
                    name, "has no source, and is a member of the workspace", _add_entry(asked[1])
                )
            return line
        sources = list(self._read(name))
        found = [each for each in sources if each.is_for(extra, group)]
        if any(each not in found and each.is_for("", one) for one in includers for each in sources):
            raise self._refuse(name, f"has a source for a group that includes `{group}`", _ELSE)
        if all(each.kind == "index" for each in found):
            self._check_indexes(name, found)
            return line
        if len(found) > 1:
            raise self._refuse(name, "comes from several places", _ELSE)
        place = self._format(name, found[0])
        marker = (asked["marker"] or "").strip()
        if "marker" in found[0].table and _bare(found[0].table["marker"]) != _bare(marker):
            raise self._refuse(name, "has a source for some platforms only (`marker`)", _ELSE)
        return f"{asked['name']}{asked['extras'] or ''} @ {place}{f' ; {marker}' * bool(marker)}"

    def _check_indexes(self, name: str, found: list[_Source]) -> None:
        """Raise LabcoatError for an index that does not count: another one may have the name."""
        if not all(counts_index(name, each.base, self.project) for each in found):
            raise self._refuse(
                name,
                "comes from an index",
                f"Name that index and `{name}` in the `{_FILE}` beside the lock, below"
                " `[tool.labcoat.indexes]`",
            )

    def _read(self, name: str) -> Iterator[_Source]:
        base, value = self.written[name]
        for each in value if isinstance(value, list) else [value]:
            kinds = [key for key in _KEYS if isinstance(each, dict) and key in each]
            if not isinstance(each, dict) or len(kinds) != 1:
                raise self._refuse(
                    name, "has no source that labcoat knows", f"Name one of {', '.join(_KEYS)}"
                )
            if unknown := sorted(each.keys() - _KEYS[kinds[0]] - _COMMON - {kinds[0]}):
                raise self._refuse(name, f"has a source with the unknown key `{unknown[0]}`", _ELSE)
            yield _Source(kinds[0], each, base)

    def _format(self, name: str, source: _Source) -> str:
        """Return what follows the `@`."""
        table = source.table
        if table.get("package") is False or table.get("lfs"):
            key = "package = false" if "package" in table else "lfs"
            raise self._refuse(name, f"has a source with `{key}`", _ELSE)
        if source.kind == "workspace":
            return path_place(str(self._member(name, table["workspace"])), source.base, self.folder)
        texts = [table.get(key, "") for key in (source.kind, "subdirectory", *_REVISIONS)]
        if not texts[0] or not all(isinstance(each, str) for each in texts):
            raise self._refuse(name, f"has an invalid `{source.kind}`", "Write it as a text")
        if source.kind == "git":
            revision = next(filter(None, texts[2:]), "")
            return git_place(texts[0], revision, texts[1])
        if source.kind == "url":
            return archive_place(texts[0], texts[1])
        return path_place(texts[0], source.base, self.folder)

    def _member(self, name: str, value: object) -> Path:
        """Return the folder of a member of the workspace."""
        members = self.workspace.members if self.workspace else {}
        if value is not True or name not in members:
            raise self._refuse(
                name,
                "is not a member of the workspace",
                "Add its folder to `members` in `[tool.uv.workspace]`, or name it:"
                f' `{name} = {{ path = "…" }}`',
            )
        return members[name]

    def _refuse(self, name: str, what: str, hint: str) -> LabcoatError:
        base = self.written[name][0] if name in self.written else self.folder
        file = os.path.relpath(base / _FILE, self.folder)
        return LabcoatError(f"`{name}` {what} in `{_TABLE}` of `{file}`", hint)


def read_sources(folder: Path, project: Path | None = None) -> UvSources:
    """Return the sources of the pyproject.toml in `folder`, and of the root of its workspace.

    `project` is the directory whose lock they are for, if that is another one. Raise LabcoatError
    if a pyproject.toml does not parse.
    """
    # Links stay as they are written.
    folder, project = (Path(os.path.abspath(each)) for each in (folder, project or folder))  # noqa: PTH100
    workspace = find_workspace(folder)
    written: dict[str, tuple[Path, object]] = {}
    for base in (*([workspace.root] if workspace else []), folder):
        tables = find_table(read_pyproject(base), "tool", "uv", "sources")
        written |= {normalize_name(name): (base, each) for name, each in tables.items()}
    own = normalize_name(str(find_table(read_pyproject(folder), "project").get("name", "")))
    return UvSources(folder, project, written, own, workspace)


def script_sources(root: Path, path: str, data: Mapping[str, Any]) -> UvSources:
    """Return the sources in the block `data` of the script at `path`, for the project `root`."""
    folder = Path(os.path.abspath(root))  # noqa: PTH100
    base = (folder / path).parent
    tables = find_table(data, "tool", "uv", "sources")
    written = {normalize_name(name): (base, each) for name, each in tables.items()}
    return UvSources(folder, folder, written)


def place_dependencies(folder: Path, declared: Declared) -> Declared:
    """Return what `folder` declares, with the place of each package that does not come by name.

    Those that have none are refused in their lists. Raise LabcoatError as `read_sources` does.
    """
    sources = read_sources(folder)
    if sources.is_empty:
        return declared
    listed = declared.dependencies
    return replace(
        declared,
        dependencies=listed and _place_listing(sources, listed),
        extras={
            name: _place_listing(sources, each, extra=name)
            for name, each in declared.extras.items()
        },
        groups={
            name: _place_listing(
                sources, each, group=name, includers=list_includers(declared.groups, name)
            )
            for name, each in declared.groups.items()
        },
    )


def describe_sources(folder: Path) -> str:
    """Return what decides where uv takes packages from; empty if nothing does.

    Raise LabcoatError as `read_sources` does.
    """
    written = read_sources(folder).written
    return "".join(f"{name} {value!r}\n" for name, (_, value) in sorted(written.items()))


def placed_names(folder: Path) -> frozenset[str]:
    """Return the names of packages that uv, or a table of another tool, takes from no index.

    There are none if that cannot be read.
    """
    try:
        return read_sources(folder).names | placed_in_tables(read_pyproject(folder))
    except LabcoatError:
        return frozenset()


def inherited_files(folder: Path) -> list[Path]:
    """Return the pyproject.toml of the workspace's root, if it is another project's."""
    try:
        found = find_workspace(folder)
    except LabcoatError:
        return []
    is_other = found is not None and not found.root.samefile(folder)
    return [found.root / _FILE] if found and is_other else []


def _place_listing(sources: UvSources, listing: Listing, **part: Any) -> Listing:
    """Return a list of `part`, which says what `UvSources.place` is told of it."""
    items: list[object] = []
    refused: dict[str, LabcoatError] = {}
    for item in listing.items:
        try:
            if isinstance(item, str):
                items.append(sources.place(item, **part))
            else:
                items.append(item)
        except LabcoatError as error:
            refused[str(item)] = error
    return listing.refuse(tuple(items), refused)


def _add_entry(name: str) -> str:
    return f"Add `{name} = {{ workspace = true }}` there, as uv too requires"


def _bare(marker: object) -> str:
    return re.sub(r"\s+", "", str(marker)).replace('"', "'")
