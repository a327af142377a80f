"""Read Pipfile.lock. Format: https://github.com/pypa/pipfile."""

import json
from pathlib import Path

from labcoat.core.package_names import normalize_name
from labcoat.locking.other_locks.model import (
    MAIN,
    Edge,
    LockedFile,
    LockedPackage,
    OtherLock,
    SourceKind,
)
from labcoat.locking.other_locks.places import commit_place
from labcoat.locking.other_locks.tables import (
    Table,
    check_format,
    damaged,
    read_marker,
    table,
    tables,
    words,
)

_PARTS = {"default": MAIN, "develop": "dev"}
_PLACES: dict[str, SourceKind] = {
    "git": "vcs",
    "hg": "vcs",
    "svn": "vcs",
    "bzr": "vcs",
    "path": "directory",
    "file": "archive",
    "url": "archive",
}


def read_pipfile_lock(path: Path, text: str, folder: Path) -> OtherLock:  # noqa: ARG001
    """Return the lock `path`. Raise LabcoatError if it is damaged or has a newer format."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"it is not valid JSON ({error})") from None
    if not isinstance(data, dict) or not isinstance(data.get("_meta"), dict):
        raise damaged(path, "it has no `_meta`")
    meta = data["_meta"]
    check_format(path, meta.get("pipfile-spec", "without a number"), ("6",), "pipenv")
    names = [str(each.get("name", "")) for each in tables(meta.get("sources", []))]
    packages: list[LockedPackage] = []
    roots: dict[str, tuple[Edge, ...]] = {MAIN: ()}
    for category, listed in data.items():
        if category == "_meta" or not isinstance(listed, dict):
            continue
        edges = []
        for name, entry in listed.items():
            if not isinstance(entry, dict):
                raise damaged(path, f"`{name}` is not a table")
            # pipenv lists what its Python does not need, without having looked for a version.
            if entry.get("version") == "*" and entry.get("markers"):
                continue
            packages.append(_package(path, name, entry, names[0] if names else ""))
            marker = read_marker(path, entry.get("markers"), name)
            edges.append(Edge(normalize_name(name), marker, (), (len(packages) - 1,)))
        if edges or category == "default":
            roots[_PARTS.get(category, normalize_name(category))] = tuple(edges)
    python = str(table(meta.get("requires")).get("python_version", ""))
    return OtherLock(
        path,
        "pipenv",
        tuple(packages),
        roots,
        groups=tuple(part for part in roots if part != MAIN),
        requires_python=f"=={python}.*" if python.count(".") == 1 else "",
    )


def _package(path: Path, name: str, entry: Table, usual: str) -> LockedPackage:
    place = next((key for key in _PLACES if isinstance(entry.get(key), str)), "")
    version = str(entry.get("version", "")).removeprefix("==").removeprefix("=")
    if not place and not version:
        raise damaged(path, f"`{name}` has no version")
    origin = str(entry.get(place, "")) + (f"@{entry['ref']}" if "ref" in entry else "")
    index = str(entry.get("index", ""))
    return LockedPackage(
        normalize_name(name),
        version,
        tuple(
            LockedFile("", digest.removeprefix("sha256:").lower())
            for digest in words(entry.get("hashes"))
            if digest.startswith("sha256:")
        ),
        _PLACES.get(place, "index"),
        origin,
        place=_requirement(normalize_name(name), place, entry),
        index="" if place or index in {"", usual} else index,
    )


def _requirement(name: str, place: str, entry: Table) -> str:
    if place == "git":
        below = str(entry.get("subdirectory", ""))
        return commit_place(name, str(entry["git"]), str(entry.get("ref", "")), below)
    return ""
