"""What Poetry's tables in pyproject.toml say of named indexes: `source` of a dependency.

    [[tool.poetry.source]]             [tool.poetry.dependencies]
    name = "private"                   mine = { version = "^1", source = "private" }
    url = "https://…"
    priority = "explicit"

Elsewhere somebody else may have a package of that name. https://python-poetry.org/docs/repositories/
"""

from collections.abc import Iterator, Mapping
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.poetry import list_sources
from labcoat.core.terminal import escape_control
from labcoat.core.toml_tables import find_table


def read_tables(tool: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return names and tables as in `[tool.labcoat.indexes]`, for the sources of dependencies.

    Raise LabcoatError if a dependency names a source that is not defined.
    """
    poetry = find_table(tool, "poetry")
    listed = poetry.get("source")
    addresses = {
        str(each.get("name")): each.get("url")
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict)
    }
    found: dict[str, list[str]] = {}
    for package, name in list_sources(poetry):
        if name not in addresses:
            raise LabcoatError(
                f"`tool.poetry` in `pyproject.toml` takes `{escape_control(package)}` from the"
                f" source `{escape_control(name)}`, which is not defined",
                f'Define it: `[[tool.poetry.source]]` with `name = "{escape_control(name)}"` and'
                " its url",
            )
        if package not in found.setdefault(name, []):
            found[name].append(package)
    return [
        (name, {"url": addresses[name], "packages": packages}) for name, packages in found.items()
    ]


def list_packages(tool: Mapping[str, Any]) -> Iterator[str]:
    """Yield the name of each package that comes from a source other than PyPI."""
    return (package for package, _ in list_sources(find_table(tool, "poetry")))
