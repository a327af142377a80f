"""The dependencies in Poetry's own tables of pyproject.toml, in the form of PEP 508.

Format: https://python-poetry.org/docs/dependency-specification/.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.declared import Declared, Groups, Listing

_RELEASE = lazy_pattern(r"\d+(?:\.\d+)*")
_PLAIN = lazy_pattern(r"(?:[<>]=?|==|!=|~=)\s*[0-9][\w.*+!-]*")
_BARE = lazy_pattern(r"[0-9][\w.*+!-]*")


def read_poetry(path: Path, table: Mapping[str, Any]) -> Declared:
    """Return what `[tool.poetry]` in `path` declares."""
    entries = dict(_mapping(table.get("dependencies")))
    python = str(entries.pop("python", ""))
    needed = {name: value for name, value in entries.items() if not _is_optional(value)}
    extras = {
        extra: _listing(path, {name: entries[name] for name in names if name in entries})
        for extra, names in _mapping(table.get("extras")).items()
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
        name: _listing(path, _mapping(group.get("dependencies")))
        for name, group in _mapping(table.get("group")).items()
        if isinstance(group, dict)
    }
    if old := _mapping(table.get("dev-dependencies")):
        found["dev"] = _listing(path, {**old, **_mapping(_dev_group(table).get("dependencies"))})
    return found


def _dev_group(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(_mapping(table.get("group")).get("dev"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_optional(value: object) -> bool:
    return isinstance(value, dict) and value.get("optional") is True


def _listing(path: Path, entries: Mapping[str, object]) -> Listing:
    try:
        items = tuple(
            line
            for name, value in entries.items()
            for each in (value if isinstance(value, list) else [value])
            for line in _format_requirement(name, each)
        )
    except (ValueError, TypeError) as error:
        return Listing(
            path,
            problem=LabcoatError(
                f"cannot translate Poetry's {error} in `{path.name}`",
                "List it in `[project]` `dependencies`, which Poetry 2 reads too",
            ),
        )
    return Listing(path, items)


def _format_requirement(name: str, value: object) -> Iterator[str]:
    """Yield the requirement in the form of PEP 508. Raise ValueError if it has none."""
    table: Mapping[str, Any] = value if isinstance(value, dict) else {"version": value}
    extras = f"[{','.join(table['extras'])}]" if table.get("extras") else ""
    markers = [f"({table['markers']})"] if table.get("markers") else []
    if python := table.get("python"):
        markers += _python_markers(name, str(python))
    if git := table.get("git"):
        commit = table.get("rev") or table.get("tag") or table.get("branch")
        where = f" @ git+{git}" + (f"@{commit}" if commit else "")
    elif url := table.get("url"):
        where = f" @ {url}"
    elif "path" in table:
        raise ValueError(f'`{name} = {{path = "{table["path"]}"}}`')
    else:
        where = translate_version(name, table.get("version", "*"))
    yield f"{name}{extras}{where}" + (f" ; {' and '.join(markers)}" if markers else "")


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
