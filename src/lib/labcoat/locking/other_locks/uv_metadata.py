"""Whether a uv.lock repeats what pyproject.toml asks for now, as far as both can be read."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.package_names import normalize_name
from labcoat.locking.other_locks.marker_clauses import parse_clauses
from labcoat.locking.other_locks.reader import read_other_lock
from labcoat.locking.other_locks.tables import Table, table, tables, words

# Name, extras, specifiers, and the project's extra that asks. uv writes markers in its own way.
_Wanted = tuple[str, frozenset[str], frozenset[str], frozenset[str]]


def is_current_uv_lock(record: Path, folder: Path, data: Mapping[str, Any]) -> bool:
    """Whether the lock `record` was made from `data`, the tables of pyproject.toml.

    True where that cannot be told: there is no project, or its dependencies are dynamic.
    """
    project = table(data.get("project"))
    lock = read_other_lock(record, folder)
    if not project or "dependencies" in project.get("dynamic", []) or not lock.metadata:
        return True
    python = str(project.get("requires-python", ""))
    is_alone = record.parent == folder and lock.requires_python  # not a range of several members
    if python and is_alone and _allowed(python) != _allowed(lock.requires_python):
        return False
    try:
        declared = set(_declared(project))
        repeated = set(_repeated(tables(lock.metadata.get("requires-dist", []))))
    except ValueError:
        return True  # a requirement that is not valid is reported by the tool
    return declared == repeated


def _allowed(python: str) -> "list[bool] | None":
    """Return which Pythons a range allows: uv writes `>=3.11,<3.12` as `==3.11.*`."""
    from labcoat._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        found = SpecifierSet(python)
    except InvalidSpecifier:
        return None
    return [found.contains(f"3.{minor}.{patch}") for minor in range(6, 20) for patch in range(20)]


def _specifiers(text: str) -> frozenset[str]:
    return frozenset(each.replace(" ", "") for each in text.split(",") if each.strip())


def _declared(project: Table) -> Iterator[_Wanted]:
    from labcoat._vendor.packaging.requirements import Requirement

    lists: list[tuple[str, Iterable[str]]] = [("", words(project.get("dependencies", [])))]
    for extra, listed in table(project.get("optional-dependencies")).items():
        lists.append((normalize_name(extra), words(listed)))
    for extra, listed in lists:
        for text in listed:
            found = Requirement(text)
            name, extras = normalize_name(found.name), frozenset(map(normalize_name, found.extras))
            asking = frozenset({extra} - {""})
            yield name, extras, _specifiers(str(found.specifier)), asking


def _repeated(entries: Iterable[Table]) -> Iterator[_Wanted]:
    for entry in entries:
        extras = frozenset(map(normalize_name, words(entry.get("extras"))))
        name = normalize_name(str(entry.get("name", "")))
        clauses = parse_clauses(str(entry.get("marker", "")))
        asking = frozenset(
            value.strip("\"'") for each in clauses for key, _, value in each if key == "extra"
        )
        yield name, extras, _specifiers(str(entry.get("specifier", ""))), asking
