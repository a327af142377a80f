"""The dependencies in pyproject.toml: `[project]`, `[dependency-groups]`, Poetry's tables.

Formats: https://packaging.python.org/en/latest/specifications/pyproject-toml/ and
https://packaging.python.org/en/latest/specifications/dependency-groups/.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files import poetry
from labcoat.core.project_files.declared import Declared, Groups, Listing, read_file, read_listing

Table = Mapping[str, Any]


def read_pyproject(path: Path) -> Declared:
    """Return what `path` declares. Raise LabcoatError if it does not parse."""
    data = parse_toml(path.name, read_file(path))
    project, tool = _table(path, data, "project"), _table(path, data, "tool")
    groups = {
        name: _listing(path, items, f"dependency-groups.{name}")
        for name, items in _table(path, data, "dependency-groups").items()
    }
    locks = _read_locks(path, tool)
    if not project and "poetry" in tool:
        found = poetry.read_poetry(path, _table(path, tool, "poetry"))
        return Declared(
            found.name,
            found.requires_python,
            found.dependencies,
            found.extras,
            {**found.groups, **groups},
            locks,
            found.decided,
        )
    dependencies, extras = _read_dependencies(path, data), _read_extras(path, data)
    if "poetry" in tool:
        own = _table(path, tool, "poetry")
        groups = {**poetry.read_groups(path, own), **poetry.place_groups(path, own, groups)}
        dependencies = dependencies and poetry.place_listing(path, own, dependencies)
        extras = {name: poetry.place_listing(path, own, each) for name, each in extras.items()}
    dynamic = project.get("dynamic", [])
    return Declared(
        str(project.get("name", "")),
        str(project.get("requires-python", "")),
        dependencies,
        extras,
        groups,
        locks,
        frozenset(
            field
            for field, key in (
                ("dependencies", "dependencies"),
                ("extras", "optional-dependencies"),
            )
            if project and key not in dynamic
        ),
    )


@lru_cache(maxsize=16)
def parse_toml(name: str, text: str) -> Table:
    """Return the tables of a TOML file. Raise LabcoatError if `text` does not parse."""
    import tomllib  # a third of the start-up of commands that read no such file

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits too
        raise LabcoatError(
            f"`{name}` is not valid TOML: {error or 'it is nested too deeply'}",
            "Correct it there",
        ) from None


def _table(path: Path, parent: Table, key: str) -> dict[str, Any]:
    """Return the table `key`, empty if there is none. Raise LabcoatError if it is not a table."""
    found = parent.get(key, {})
    if not isinstance(found, dict):
        raise LabcoatError(
            f"`{key}` in `{path.name}` is not a table",
            f"Write it as `[{key}]`, with a line for each key",
        )
    return found


def _listing(path: Path, items: object, where: str) -> Listing:
    if isinstance(items, list):
        return Listing(path, tuple(items))
    problem = LabcoatError(
        f"`{where}` in `{path.name}` is not a list",
        'Write requirements in brackets, such as `["numpy", "pandas>=2"]`',
    )
    return Listing(path, problem=problem)


def _read_dependencies(path: Path, data: Table) -> Listing | None:
    project = _table(path, data, "project")
    if "dependencies" in project:
        return _listing(path, project["dependencies"], "project.dependencies")
    if "dependencies" not in project.get("dynamic", []):
        return None
    tool = _table(path, data, "tool")
    if files := _dynamic_files(tool, "setuptools", "dynamic", "dependencies", "file"):
        return read_listing(path, files)
    hook = ("hatch", "metadata", "hooks", "requirements_txt")
    if files := _dynamic_files(tool, *hook, "files") or _dynamic_files(tool, *hook, "filename"):
        return read_listing(path, files)
    problem = LabcoatError(
        f"`{path.name}` has dynamic dependencies, which only a build of the project computes",
        "List the dependencies in `requirements.in`",
    )
    return Listing(path, problem=problem)


def _read_extras(path: Path, data: Table) -> Groups:
    project, tool = _table(path, data, "project"), _table(path, data, "tool")
    static = _table(path, project, "optional-dependencies")
    found = {
        name: _listing(path, items, f"project.optional-dependencies.{name}")
        for name, items in static.items()
    }
    if "optional-dependencies" in project.get("dynamic", []):
        dynamic = _dynamic_files(tool, "setuptools", "dynamic", "optional-dependencies")
        for name, value in dynamic.items() if isinstance(dynamic, dict) else ():
            found[name] = read_listing(path, value.get("file") if isinstance(value, dict) else None)
    return found


def _dynamic_files(tool: Table, *keys: str) -> Any:
    """Return the value at `keys`; None if there is none."""
    value: Any = tool
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _read_locks(path: Path, tool: Table) -> dict[str, tuple[str, ...]] | None:
    own = tool.get("labcoat", {})
    locks = own.get("locks") if isinstance(own, dict) else None
    if locks is None:
        return None
    if not isinstance(locks, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names)
        for names in locks.values()
    ):
        raise LabcoatError(
            f"`tool.labcoat.locks` in `{path.name}` is not a table of lists",
            'Name the groups and extras of each lock, such as `requirements-dev = ["test"]`',
        )
    return {name.removesuffix(".txt"): tuple(names) for name, names in locks.items()}
