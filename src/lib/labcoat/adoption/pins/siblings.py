"""Packages in other folders of a repository that an index does not have."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.adoption.pins.lines import Line
from labcoat.core.errors import LabcoatError
from labcoat.core.git import git_root
from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.reader import READERS, read_declared
from labcoat.core.records import replace
from labcoat.imports.tree import list_tree
from labcoat.sources.installable import has_build_system

_MOST = 500  # folders with such a file that are read


def take_siblings(
    root: Path, lines: Sequence[Line], known: Mapping[str, PackageReleases | None]
) -> list[Line]:
    """Return those of `lines` that name a package of this repository, as the path of its folder.

    A line is looked at if `known`, what the index has, says that it has no such package. `root` is
    the project's directory, whose own package does not count.
    """
    missing = [line for line in lines if not line.is_fixed and known.get(line.name, 0) is None]
    places = _find_places(root, {line.name for line in missing}) if missing else {}
    return [_at_path(line, places[line.name]) for line in missing if line.name in places]


def _at_path(line: Line, path: str) -> Line:
    reasons = (*line.reasons, "a package of this repository, which no index has")
    extras = f"[{','.join(sorted(line.requirement.extras))}]" if line.requirement.extras else ""
    text = f"-e {path}{extras}"
    return replace(line, text=text, verdict="renamed", reasons=reasons, is_fixed=True)


def _find_places(root: Path, names: Collection[str]) -> dict[str, str]:
    """Return, for each of `names` that a folder of the repository can be built as, its path."""
    top = git_root(root) or root
    found: dict[str, str] = {}
    for folder in list(_project_folders(top, root))[:_MOST]:
        try:
            name = normalize_name(read_declared(folder).name)
            is_built = name in names and (has_build_system(folder) or _has_script(folder))
        except (LabcoatError, OSError):
            continue
        if is_built:
            path = os.path.relpath(folder, root)
            found.setdefault(name, path if path.startswith(os.pardir) else f"./{path}")
    return found


def _project_folders(top: Path, root: Path) -> Iterator[Path]:
    """Yield the folders below `top` with project files, the nearest to it first; not `root`."""
    paths = list_tree(top).named(*READERS)
    for folder in dict.fromkeys(path.rpartition("/")[0] for path in paths):
        if not (top / folder).samefile(root):
            yield top / folder


def _has_script(folder: Path) -> bool:
    return (folder / "setup.py").is_file()
