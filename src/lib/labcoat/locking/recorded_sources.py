"""The directories, commits and archives in the lock of another tool.

Their dependencies are in that lock too. What cannot be installed from there is left out, and named.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.locking.inputs import MAIN, LockInput
from labcoat.locking.other_locks.model import LockedPackage
from labcoat.locking.other_locks.reader import read_other_lock
from labcoat.locking.other_locks.selection import select_packages
from labcoat.sources import installable
from labcoat.sources.asked import Source, parse_source


def list_recorded_sources(lock_input: LockInput) -> list[Source]:
    """Return the sources in the lock that `lock_input` is derived from, without the project."""
    record, root = lock_input.record, lock_input.lock.parent
    if record is None:
        return []
    lock = read_other_lock(record, root)
    with_main = lock_input.lock.stem == MAIN or not lock_input.parts
    found = []
    for each in select_packages(lock, lock_input.parts, with_main=with_main):
        for line in _lines(each.package, record, root):
            marker = f" ; {each.marker}" if each.marker else ""
            try:
                found.append(parse_source(f"{line}{marker}", root, record.name))
            except LabcoatError:  # outside of the repository, or not a package
                continue
    return found


def implied_source(lock_input: LockInput) -> Source | None:
    """Return the project itself, where its own pyproject.toml or setup.py is the input.

    With the lock of another tool, which has the dependencies in that file, only pyproject.toml
    makes the project a package.
    """
    is_requirements_file = lock_input.declared is None and lock_input.record is None
    if is_requirements_file or lock_input.lock.stem != MAIN:
        return None
    folder = lock_input.lock.parent
    is_built = installable.has_build_system if lock_input.record else installable.is_installable
    if not is_built(folder):
        return None
    name = lock_input.source.name
    return Source("local", name, f"-e . # {name}", path=".", implied=True)


def recorded_names(lock_input: LockInput) -> set[str]:
    """Return the names of the packages in `list_recorded_sources`."""
    return {each.name for each in list_recorded_sources(lock_input)}


def _lines(package: LockedPackage, record: Path, root: Path) -> Iterator[str]:
    """Yield the line of an input that asks for a package; none for a release of an index."""
    origin, name = package.origin, package.name
    if package.place:
        yield package.place
    elif package.kind == "directory":
        path = (record.parent / origin).resolve()
        if path != root.resolve() and any(
            (path / each).is_file() for each in ("pyproject.toml", "setup.py")
        ):
            yield f"{name} @ file:{Path(os.path.relpath(path, root.resolve())).as_posix()}"
