"""The dependencies in Poetry's own tables of pyproject.toml, in the form of PEP 508.

Format: https://python-poetry.org/docs/dependency-specification/.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.declared import Declared, Groups, Listing
from labcoat.core.project_files.places import RELEASE, archive_place, git_place, path_place
from labcoat.core.toml_tables import find_table

_RELEASE = lazy_pattern(r"\d+(?:\.\d+)*")
_PLAIN = lazy_pattern(r"(?:[<>]=?|==|!=|~=)\s*[0-9][\w.*+!-]*")
_BARE = lazy_pattern(r"[0-9][\w.*+!-]*")
_PLACES = frozenset({"git", "url", "path", "file"})


def read_poetry(path: Path, table: Mapping[str, Any]) -> Declared:
    """Return what `[tool.poetry]` in `path` declares."""
    entries = dict(find_table(table, "dependencies"))
    python = str(entries.pop("python", ""))
    needed = {name: value for name, value in entries.items() if not _is_optional(value)}
    extras = {
        extra: _listing(path, {name: entries[name] for name in names if name in entries})
        for extra, names in find_table(table, "extras").items()
        if isinstance(names, list)
    }
    return Declared(
        str(table.get("name", "")),
        "" if python in {"", "*"} else python_specifiers(python),
        _listing(path, needed) if "dependencies" in table else None,
        extras,
        read_groups(path, table),
        decided=frozenset({"dependencies", "extras"}) if "dependencies" in table else frozenset(),
    )


def read_groups(path: Path, table: Mapping[str, Any]) -> Groups:
    """Return the groups in `[tool.poetry]`, also dev-dependencies, as older projects write it."""
    found = {
        name: _listing(path, find_table(group, "dependencies"))
        for name, group in find_table(table, "group").items()
        if isinstance(group, dict)
    }
    if old := find_table(table.get("dev-dependencies")):
        found["dev"] = _listing(path, {**old, **find_table(_dev_group(table).get("dependencies"))})
    return found


def place_listing(path: Path, table: Mapping[str, Any], listing: Listing) -> Listing:
    """Return a list of `[project]` with the places that `[tool.poetry]` has for its packages.

    `table` is what has the `dependencies` with the places: that of Poetry, or one of its groups.

    https://python-poetry.org/docs/dependency-specification/#projectdependencies-and-toolpoetrydependencies
    """
    entries = {
        normalize_name(name): value
        for name, value in find_table(table, "dependencies").items()
        if any(_PLACES & each.keys() for each in _tables(value))
    }
    items: list[object] = []
    refused: dict[str, LabcoatError] = {}
    for item in listing.items:
        asked = RELEASE.fullmatch(item) if entries and isinstance(item, str) else None
        if asked is None or (value := entries.get(normalize_name(asked["name"]))) is None:
            items.append(item)
            continue
        found = _listing(path, {asked["name"]: _add_asked(value, asked)})
        items += found.items
        refused |= found.refused
    return listing.refuse(tuple(items), refused) if entries else listing


def list_sources(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each package that names a `source`, which is an index, and that; not PyPI."""
    groups = (find_table(each) for each in find_table(table, "group").values())
    tables = [table.get("dependencies"), table.get("dev-dependencies")]
    for entries in (*tables, *(each.get("dependencies") for each in groups)):
        for package, value in find_table(entries).items():
            for each in _tables(value):
                source = each.get("source")
                if isinstance(source, str) and source.lower() != "pypi":
                    yield package, source


def place_groups(path: Path, table: Mapping[str, Any], groups: Groups) -> Groups:
    """Return `[dependency-groups]` with the places that `[tool.poetry.group]` has for packages.

    https://python-poetry.org/docs/managing-dependencies/#dependency-groups
    """
    tables = {
        normalize_name(name): find_table(group)
        for name, group in find_table(table, "group").items()
    }
    return {
        name: place_listing(path, tables.get(normalize_name(name), {}), each)
        for name, each in groups.items()
    }


def _add_asked(value: object, asked: re.Match[str]) -> list[Mapping[str, Any]]:
    """Return the tables of a package with the extras and the marker that `[project]` has."""
    extras = [each.strip() for each in (asked["extras"] or "")[1:-1].split(",") if each.strip()]
    marker = (asked["marker"] or "").strip()
    asks = {key: each for key, each in (("markers", marker), ("extras", extras)) if each}
    return [{**asks, **each} for each in _tables(value)]


def _tables(value: object) -> list[Mapping[str, Any]]:
    written = value if isinstance(value, list) else [value]
    return [each for each in written if isinstance(each, dict)]


def _dev_group(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return find_table(table, "group", "dev")


def _is_optional(value: object) -> bool:
    return isinstance(value, dict) and value.get("optional") is True


def _listing(path: Path, entries: Mapping[str, object]) -> Listing:
    items: list[str] = []
    refused: dict[str, LabcoatError] = {}
    for name, value in entries.items():
        try:
            written = value if isinstance(value, list) else [value]
            items += [_format_requirement(path, name, each) for each in written]
        except (ValueError, TypeError) as error:
            refused[name] = LabcoatError(
                f"cannot translate Poetry's {error} in `{path.name}`",
                "List it in `[project]` `dependencies`, which Poetry 2 reads too",
            )
    return Listing(path).refuse(tuple(items), refused)


def _format_requirement(path: Path, name: str, value: object) -> str:
    """Return the requirement in the form of PEP 508. Raise ValueError if it has none."""
    table: Mapping[str, Any] = value if isinstance(value, dict) else {"version": value}
    extras = f"[{','.join(table['extras'])}]" if table.get("extras") else ""
    markers = [f"({table['markers']})"] if table.get("markers") else []
    if python := table.get("python"):
        markers += _python_markers(name, str(python))
    folder = str(table.get("subdirectory", ""))
    if git := table.get("git"):
        revision = table.get("rev") or table.get("tag") or table.get("branch") or ""
        where = f" @ {git_place(str(git), str(revision), folder)}"
    elif url := table.get("url"):
        where = f" @ {archive_place(str(url), folder)}"
    elif below := table.get("path", table.get("file")):
        where = f" @ {path_place(str(below), path.parent, path.parent)}"
    else:
        where = translate_version(name, table.get("version", "*"))
    return f"{name}{extras}{where}" + (f" ; {' and '.join(markers)}" if markers else "")


def _python_markers(name: str, python: str) -> Iterator[str]:
    """Yield a marker for each bound of a `python` constraint."""
    for bound in filter(None, translate_version(name, python).split(",")):
        version = bound.lstrip("<>=!~")
        variable = "python_full_version" if version.count(".") > 1 else "python_version"
        yield f"{variable} {bound.removesuffix(version)} '{version}'"


def translate_version(name: str, version: object) -> str:
    """Return the version specifiers (PEP 440) of a constraint such as `^1.2`.

    Raise ValueError if it has no equal.
    """
    if not isinstance(version, str) or "|" in version:
        raise ValueError(f'`{name} = "{version}"`')
    # A space separates bounds too, except after an operator.
    parts = re.split(r"\s*,\s*|(?<=[\w*])\s+", version.strip())
    return ",".join(
        filter(None, (_translate_part(f'`{name} = "{version}"`', part) for part in parts))
    )


def _translate_part(shown: str, part: str) -> str:
    if part in {"*", ""}:
        return ""
    if part[0] in "^~" and not part.startswith("~="):
        return _translate_caret(shown, part)
    if _PLAIN.fullmatch(part):
        return part.replace(" ", "")
    if _BARE.fullmatch(part):
        return f"=={part}"
    if part.startswith("=") and _BARE.fullmatch(part[1:].strip()):
        return f"=={part[1:].strip()}"
    raise ValueError(shown)


def _translate_caret(shown: str, part: str) -> str:
    """Return the range of `^1.2.3` (its first number that is not 0 stays) or `~1.2` (its minor)."""
    text = part[1:].strip()
    found = _RELEASE.match(text)
    if not found or not _BARE.fullmatch(text):
        raise ValueError(shown)
    numbers = [int(number) for number in found[0].split(".")]
    if part[0] == "~":
        kept = min(len(numbers), 2)
    else:
        kept = next((at for at, each in enumerate(numbers, 1) if each), len(numbers))
    above = [*numbers[: kept - 1], numbers[kept - 1] + 1]
    return f">={text},<{'.'.join(map(str, above))}"


def python_specifiers(version: str) -> str:
    """Return a `python` constraint as specifiers; one without an equal as it is written."""
    try:
        return translate_version("python", version)
    except ValueError:
        return version
