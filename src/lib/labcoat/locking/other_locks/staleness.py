"""Whether a lock is older than the file that its tool locks, by that tool's own digest.

uv has none: its lock repeats what pyproject.toml asked for. The digests are those of
`poetry.packages.locker`, `pdm.project.project_file` and `plette.pipfiles`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project_files.declared import read_file
from labcoat.core.project_files.lock_of_record import lock_tool
from labcoat.core.project_files.pyproject import parse_toml
from labcoat.locking.other_locks import owners
from labcoat.locking.other_locks.reader import read_lock_bytes
from labcoat.locking.other_locks.tables import table
from labcoat.locking.other_locks.toml_text import parse_lock
from labcoat.locking.other_locks.uv_metadata import is_current_uv_lock

_POETRY_PROJECT = ("requires-python", "dependencies", "optional-dependencies")
_POETRY_OLD = ("dependencies", "source", "extras")
_POETRY_KEYS = (
    (*_POETRY_OLD, "dev-dependencies", "group"),
    (*_POETRY_OLD, "dev-dependencies"),
    ("dependencies", "dev-dependencies", "source", "extras"),
)
_PIPFILE_OWN = frozenset(
    {"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv"}
)


def check_current(record: Path, folder: Path) -> None:
    """Raise LabcoatError if the lock `record` is older than what the project declares.

    Nothing is known where the declaring file does not exist, or the lock has no digest.
    """
    tool = lock_tool(record.name)
    source = folder / ("Pipfile" if tool == "pipenv" else "pyproject.toml")
    if tool == "pylock" or not source.is_file():
        return
    data = parse_toml(source.name, read_file(source))
    if tool == "uv":
        is_current = is_current_uv_lock(record, folder, data)
    elif tool == "pipenv" and "source" not in data:
        is_current = _meets_pipfile(record, data)
    else:
        locked = _locked_digest(record, tool)
        is_current = not locked or locked in set(_digests(tool, data))
    if not is_current:
        raise LabcoatError(
            f"`{record.name}` is older than `{source.name}`",
            f"Run `{owners.lock_command(record)}`",
        )


def _locked_digest(record: Path, tool: str) -> str:
    if tool == "pipenv":
        return str(
            table(table(_read_pipfile_lock(record).get("_meta")).get("hash")).get("sha256", "")
        )
    text = "\n" + read_lock_bytes(record).decode("utf-8", "replace").replace("\r\n", "\n")
    # Its table alone: the rest may be megabytes.
    start = text.rfind("\n[metadata]\n")
    if start < 0:
        return ""
    part = text[start:].partition("\n\n")[0] + "\n"
    try:
        metadata = table(parse_lock(record.name, part)[0].get("metadata"))
    except LabcoatError:
        return ""
    key = "content-hash" if tool == "poetry" else "content_hash"
    return str(metadata.get(key, "")).removeprefix("sha256:")


def _meets_pipfile(record: Path, data: Mapping[str, Any]) -> bool:
    """Whether a Pipfile.lock has what a Pipfile without sources asks for: names and versions.

    pipenv takes its sources from the configuration of pip then, and hashes those too.
    """
    found = _read_pipfile_lock(record)
    return not found or all(
        _meets_section(table(data.get(asked)), table(found.get(locked)))
        for asked, locked in (("packages", "default"), ("dev-packages", "develop"))
    )


def _meets_section(asked: Mapping[str, Any], locked: Mapping[str, Any]) -> bool:
    from labcoat._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

    versions = {
        normalize_name(name): str(table(each).get("version", "")) for name, each in locked.items()
    }
    for name, value in asked.items():
        version = versions.get(normalize_name(name))
        if version is None:
            return False
        wanted = value if isinstance(value, str) else str(table(value).get("version", "*"))
        try:
            allowed = SpecifierSet("" if wanted == "*" else wanted)
            if version and not allowed.contains(version.lstrip("="), prereleases=True):
                return False
        except InvalidSpecifier:
            continue  # pipenv reports it
    return True


def _read_pipfile_lock(record: Path) -> Mapping[str, Any]:
    try:
        return table(json.loads(read_lock_bytes(record)))
    except (ValueError, RecursionError):
        return {}  # reading the packages reports it


def _digests(tool: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the digests that releases of `tool` give the declaring file."""
    contents = {"poetry": _poetry_contents, "pdm": _pdm_contents, "pipenv": _pipfile_contents}
    for content in contents[tool](data):
        separators = (",", ":") if tool == "pipenv" else None
        text = json.dumps(content, sort_keys=True, separators=separators, default=str)
        yield hashlib.sha256(text.encode()).hexdigest()


def _poetry_contents(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    own = table(table(data.get("tool")).get("poetry"))
    project = {
        key: data["project"][key]
        for key in _POETRY_PROJECT
        if table(data.get("project")).get(key) is not None
    }
    for groups in (table(data.get("dependency-groups")), {}):
        for keys in _POETRY_KEYS:
            is_new = bool(project or groups)
            kept = {
                key: own.get(key)
                for key in keys
                if own.get(key) is not None or not (is_new or key == "group")
            }
            content: dict[str, Any] = {"project": project} if project else {}
            content |= {"dependency-groups": groups} if groups else {}
            yield {**content, "tool": {"poetry": kept}} if content else kept
    # Poetry before 1.0 left out what is missing.
    yield {key: own.get(key) for key in ("dependencies", "dev-dependencies", "source", "extras")}


def _pdm_contents(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    project, own = table(data.get("project")), table(table(data.get("tool")).get("pdm"))
    old, new = table(own.get("dev-dependencies")), table(data.get("dependency-groups"))
    resolution = table(own.get("resolution"))
    common = {
        "sources": own.get("source", []),
        "dependencies": project.get("dependencies", []),
        "optional-dependencies": project.get("optional-dependencies", {}),
        "requires-python": project.get("requires-python", ""),
    }
    for groups in ({**new, **old}, {**_expand(new), **old}, old, new):
        yield {**common, "dev-dependencies": groups, "resolution": resolution}
        yield {
            **common,
            "dev-dependencies": groups,
            "overrides": table(resolution.get("overrides")),
        }


def _expand(groups: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return groups with those that they include in their place."""

    def flat(name: str, chain: tuple[str, ...]) -> Iterator[Any]:
        for item in groups.get(name, ()):
            other = item.get("include-group") if isinstance(item, dict) else None
            if other is None:
                yield item
            elif other not in chain:
                yield from flat(str(other), (*chain, str(other)))

    return {name: list(flat(name, (name,))) for name in groups}


def _pipfile_contents(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    content = {
        "_meta": {"sources": data.get("source", []), "requires": data.get("requires", {})},
        "default": data.get("packages", {}),
        "develop": data.get("dev-packages", {}),
    }
    yield content
    others = {
        key: each
        for key, each in data.items()
        if key not in _PIPFILE_OWN and key not in {"default", "develop"}
    }
    yield {**content, **others}
