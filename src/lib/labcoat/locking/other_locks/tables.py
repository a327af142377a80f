"""Read values of a lock defensively: a damaged one is an error of the file, not of labcoat."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.locking.other_locks.marker_clauses import ALWAYS, Clauses, parse_clauses

Table = Mapping[str, Any]


def table(value: object) -> Table:
    """Return `value` if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def tables(value: object) -> list[Table]:
    """Return the tables in the list `value`; a table alone is a list of one."""
    entries = value if isinstance(value, list) else [value]
    return [each for each in entries if isinstance(each, dict)]


def words(value: object) -> tuple[str, ...]:
    """Return the strings in the list `value`."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def required_text(path: Path, entry: Table, key: str) -> str:
    """Return the text at `key`. Raise LabcoatError if the lock lacks it."""
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        where = f" of `{entry['name']}`" if key != "name" and "name" in entry else ""
        raise damaged(
            path,
            f"it has a package without `{key}`{where}"
            if not where
            else f"`{key}`{where} is missing",
        )
    return value


def read_marker(path: Path, marker: object, package: str) -> Clauses:
    """Return the clauses of `marker`. Raise LabcoatError if it is not valid."""
    if marker is None or marker == "":
        return ALWAYS
    try:
        return parse_clauses(str(marker))
    except ValueError:
        raise damaged(path, f"`{marker}` of `{package}` is not a marker") from None


def damaged(path: Path, reason: str) -> LabcoatError:
    """Return the error for a lock whose content is not as its format says."""
    return LabcoatError(f"cannot read `{path.name}`: {reason}", "Restore it, or lock again")


def check_format(path: Path, found: object, known: Iterable[str], command: str) -> None:
    """Raise LabcoatError if `found`, the version of a lock's format, is not one that labcoat reads.

    A minor version that is newer adds keys that can be ignored.
    """
    text = str(found)
    majors = {each.partition(".")[0] for each in known}
    if text.partition(".")[0] not in majors:
        listed = ", ".join(known)
        raise LabcoatError(
            f"`{path.name}` has the format {text}, and labcoat reads {listed}",
            f"Update labcoat, or lock with a release of {command} that writes one of them",
        )
