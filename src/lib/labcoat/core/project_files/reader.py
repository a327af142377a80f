"""Read which dependencies the files of a directory declare, the first that has them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.declared import Declared, Listing
from labcoat.core.project_files.pyproject import read_pyproject
from labcoat.core.records import replace


def _read_setup_cfg(path: Path) -> Declared:
    from labcoat.core.project_files.setup_cfg import read_setup_cfg

    return read_setup_cfg(path)


def _read_setup_script(path: Path) -> Declared:
    from labcoat.core.project_files.setup_script import read_setup_script

    return read_setup_script(path)


# In the order in which they are asked.
READERS: Mapping[str, Callable[[Path], Declared]] = {
    "pyproject.toml": read_pyproject,
    "setup.cfg": _read_setup_cfg,
    "setup.py": _read_setup_script,
}


def read_declared(folder: Path) -> Declared:
    """Return what the files of `folder` declare; of two that declare the same, the first counts.

    Raise LabcoatError if one does not parse.
    """
    found = Declared()
    for name, read in READERS.items():
        path = folder / name
        if path.is_file() and not {"dependencies", "extras"} <= found.decided:
            found = _merge(found, read(path))
    if not (folder / "pyproject.toml").is_file():
        return found
    from labcoat.core.project_files import uv_sources  # slow; lists in requirements.in need none

    return uv_sources.place_dependencies(folder, found)


def declares_dev(folder: Path) -> bool:
    """Whether the files of `folder` declare a group or an extra `dev`.

    False for files that cannot be read, which the commands that need them report.
    """
    try:
        found = read_declared(folder)
    except LabcoatError:
        return False
    if found.locks is not None:
        return "requirements-dev" in found.locks
    return any(name.lower() == "dev" for name in (*found.extras, *found.groups))


def names_locks(folder: Path) -> bool:
    """Whether `[tool.labcoat.locks]` says which locks there are; False for what does not parse."""
    try:
        return read_declared(folder).locks is not None
    except LabcoatError:
        return False


def _merge(first: Declared, second: Declared) -> Declared:
    """Return `first`, with what it leaves undecided from `second`."""
    added = _split_conditions(second)
    return Declared(
        first.name or added.name,
        first.requires_python or added.requires_python,
        _choose(first, added),
        first.extras or ({} if "extras" in first.decided else added.extras),
        first.groups or added.groups,
        first.locks if first.locks is not None else added.locks,
        first.decided | added.decided,
    )


def _choose(first: Declared, second: Declared) -> Listing | None:
    """Return the dependencies of `first`, unless it leaves them to `second`."""
    if "dependencies" in first.decided or second.dependencies is None:
        return first.dependencies
    is_read = first.dependencies is not None and first.dependencies.problem is None
    return first.dependencies if is_read else second.dependencies


def _split_conditions(found: Declared) -> Declared:
    """Return `found` with conditions moved out of the names of extras.

    setuptools allows `test:python_version<"3.9"`, and `:python_version<"3.9"` for dependencies.
    """
    extras: dict[str, Listing] = {}
    dependencies = found.dependencies
    for key, written in found.extras.items():
        name, _, marker = key.partition(":")
        items = tuple(_add_marker(each, marker) for each in written.items)
        listing = replace(written, items=items) if marker else written
        if name.strip():
            extras[name.strip()] = _join(extras.get(name.strip()), listing)
        else:
            dependencies = _join(dependencies, listing)
    return replace(found, dependencies=dependencies, extras=extras)


def _join(first: Listing | None, second: Listing) -> Listing:
    if first is None:
        return second
    found = replace(first, problem=first.problem or second.problem)
    return found.refuse(first.items + second.items, second.refused)


def _add_marker(item: object, marker: str) -> str:
    text, _, own = str(item).partition(";")
    return f"{text.strip()} ; ({own.strip()}) and ({marker})" if own else f"{text} ; {marker}"
