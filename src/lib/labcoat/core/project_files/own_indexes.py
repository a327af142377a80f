"""Whether an index that a package's own pyproject.toml names counts for the project's locks."""

from fnmatch import fnmatchcase
from pathlib import Path

from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.uv_workspace import read_pyproject


def counts_index(name: str, base: Path, project: Path) -> bool:
    """Whether `project` takes a package from an index, as the pyproject.toml in `base` says.

    Only the indexes of the project itself count, and its `[tool.labcoat.indexes]` before those of
    other tools.
    """
    found: object = read_pyproject(project)
    for key in ("tool", "labcoat", "indexes"):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not found:
        return base == project
    lists = (table.get("packages") for table in found.values() if isinstance(table, dict))
    patterns = (str(each) for listed in lists if isinstance(listed, list) for each in listed)
    return any(fnmatchcase(name, normalize_name(each)) for each in patterns)
