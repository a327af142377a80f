"""Read pylock.toml and pylock.NAME.toml.

Format: https://packaging.python.org/en/latest/specifications/pylock-toml/.
"""

from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.locking.other_locks.index_names import other_index
from labcoat.locking.other_locks.marker_clauses import Condition, decide
from labcoat.locking.other_locks.model import MAIN, Edge, LockedPackage, OtherLock, SourceKind
from labcoat.locking.other_locks.places import archive_place, commit_place
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

_SYSTEM = frozenset({"sys_platform", "platform_system", "platform_machine", "os_name"})
_PLACES: dict[str, SourceKind] = {"vcs": "vcs", "directory": "directory", "archive": "archive"}


def read_pylock(path: Path, text: str, folder: Path) -> OtherLock:  # noqa: ARG001
    """Return the lock `path`. Raise LabcoatError if it is damaged or has a newer format."""
    data, taken = parse_lock(path.name, text)
    check_format(path, data.get("lock-version", "without a number"), ("1.0",), "its tool")
    if "packages" not in data:
        raise damaged(path, "it has no `packages`")
    _check_environments(path, words(data.get("environments")))
    entries = tables(data["packages"])
    index_of = other_index(str(each.get("index", "")) for each in entries if not _place(each))
    packages, edges = [], []
    for at, entry in enumerate(entries):
        name = normalize_name(required_text(path, entry, "name"))
        place = _place(entry)
        source = table(entry.get(place))
        files = (
            *(file_list(entry["sdist"], taken) if "sdist" in entry else ()),
            *file_list(entry.get("wheels", []), taken),
        )
        origin = str(source.get("url") or source.get("path") or "")
        if commit := source.get("commit-id"):
            origin += f"@{commit}"
        if not place:
            required_text(path, entry, "version")
        packages.append(
            LockedPackage(
                name,
                str(entry.get("version", "")),
                files,
                _PLACES.get(place, "index"),
                origin,
                place=_requirement(name, place, source),
                index="" if place else index_of(str(entry.get("index", ""))),
            )
        )
        edges.append(Edge(name, read_marker(path, entry.get("marker"), name), (), (at,)))
    groups = tuple(map(normalize_name, words(data.get("dependency-groups"))))
    extras = tuple(map(normalize_name, words(data.get("extras"))))
    default = tuple(map(normalize_name, words(data.get("default-groups"))))
    # One list for all: markers say what belongs to a group or an extra.
    return OtherLock(
        path,
        "pylock",
        tuple(packages),
        {part: tuple(edges) for part in (MAIN, *groups, *extras)},
        groups=groups,
        extras=extras,
        requires_python=str(data.get("requires-python", "")),
        default_groups=default,
    )


def _check_environments(path: Path, markers: tuple[str, ...]) -> None:
    """Raise LabcoatError if the lock is for other systems than this one, as it says."""
    from labcoat._vendor.packaging.markers import default_environment

    here = {name: str(value) for name, value in default_environment().items()}

    def answer(condition: Condition) -> bool | None:
        """Decide about the system; the Python is the project's."""
        name = condition[0]
        if name not in _SYSTEM or condition[1] not in {"==", "!="}:
            return None
        return (here[name] == condition[2].strip("\"'")) is (condition[1] == "==")

    clauses = [decide(read_marker(path, each, "environments"), answer) for each in markers]
    if clauses and not any(clauses):
        listed = "`, `".join(markers)
        raise LabcoatError(
            f"`{path.name}` is for other systems than this one: `{listed}`",
            "Lock for this one too, with the tool that wrote it",
        )


def _requirement(name: str, place: str, source: Table) -> str:
    address, below = str(source.get("url", "")), str(source.get("subdirectory", ""))
    if place == "vcs" and source.get("type") == "git":
        return commit_place(name, address, str(source.get("commit-id", "")), below)
    return archive_place(name, address, file_list([source], [])) if place == "archive" else ""


def _place(entry: Table) -> str:
    return next((key for key in _PLACES if key in entry), "")
