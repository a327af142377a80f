"""The workspace of uv that a project is in: its root, and the packages that are its members.

    [tool.uv.workspace]
    members = ["packages/*"]
    exclude = ["packages/old"]

https://docs.astral.sh/uv/concepts/projects/workspaces/
"""

import os
import posixpath
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.declared import read_file
from labcoat.core.project_files.pyproject import parse_toml
from labcoat.core.records import Record
from labcoat.core.toml_tables import find_table

_FILE = "pyproject.toml"
_MOST = 1000  # members


class Workspace(Record):
    """The workspace whose pyproject.toml, with the content `data`, is in `root`."""

    root: Path
    data: Mapping[str, Any]

    @cached_property
    def members(self) -> Mapping[str, Path]:
        """The folders of the packages, the root's own too, by their normalized names."""
        found: dict[str, Path] = {}
        for folder in (self.root, *self._folders()):
            if name := find_table(read_pyproject(folder), "project").get("name"):
                found.setdefault(normalize_name(str(name)), folder)
        return found

    def has(self, folder: Path) -> bool:
        """Whether the project in `folder` is the root, or a member."""
        return folder == self.root or any(each == folder for each in self._folders())

    def _folders(self) -> Iterator[Path]:
        table = find_table(self.data, "tool", "uv", "workspace")
        excluded = _words(table.get("exclude"))
        for pattern in _words(table.get("members")):
            for folder in islice(self._match(pattern), _MOST):
                place = Path(os.path.relpath(folder, self.root)).as_posix()
                if not any(_matches(place, each) for each in excluded) and _has_file(folder):
                    yield folder

    def _match(self, pattern: str) -> Iterator[Path]:
        if not set("*?[") & set(pattern):
            yield Path(os.path.normpath(self.root / pattern))
            return
        try:
            yield from sorted(self.root.glob(pattern))
        except (ValueError, NotImplementedError, OSError):
            return


def find_workspace(folder: Path) -> Workspace | None:
    """Return the workspace that the project in `folder` is in; None if there is none.

    Raise LabcoatError if a pyproject.toml does not parse.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are written
    if not _has_file(folder):
        return None
    for above in (folder, *folder.parents):
        data = read_pyproject(above, os.path.relpath(above / _FILE, folder))
        if "workspace" in find_table(data, "tool", "uv"):
            found = Workspace(above, data)
            return found if found.has(folder) else None
        if (above / ".git").exists():
            return None
    return None


def read_pyproject(folder: Path, name: str = _FILE) -> Mapping[str, Any]:
    """Return the tables of the pyproject.toml in `folder`; none where there is none.

    Raise LabcoatError, with the `name`, if it does not parse.
    """
    return parse_toml(name, read_file(folder / _FILE)) if _has_file(folder) else {}


def _matches(place: str, pattern: str) -> bool:
    """Whether uv excludes the folder `place`: of the whole path, and * stands for slashes too."""
    pattern = posixpath.normpath(pattern)
    return any(fnmatchcase(place, each) for each in (pattern, pattern.replace("**/", "")))


def _has_file(folder: Path) -> bool:
    return (folder / _FILE).is_file()


def _words(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
