"""What a package says of itself: its name, what it needs, and how it is built.

Formats: https://packaging.python.org/en/latest/specifications/pyproject-toml/ and
https://packaging.python.org/en/latest/specifications/core-metadata/.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.declared import Listing, read_file
from labcoat.core.project_files.pyproject import parse_toml
from labcoat.core.records import Record, field, replace

# What builds a package without [build-system]: https://peps.python.org/pep-0517/.
_LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
_LEGACY_REQUIRES = ("setuptools>=40.8.0",)
_EXTRA = lazy_pattern(
    r"""^(?:\(?(?P<before>.*?)\)?\s+and\s+)?extra\s*==\s*(['"])(?P<name>[^'"]+)\2$"""
)
_NOT_BUILDING = frozenset(
    [
        *("bandit", "basedpyright", "black", "codespell", "commitizen", "coverage", "deptry"),
        *("isort", "labcoat", "mypy", "nox", "pydocstyle", "pylint", "pyright", "pytest", "ruff"),
        "tox",
    ]
)
_DEFINING = ("pyproject.toml", "setup.cfg", "setup.py")


class BuildSystem(Record):
    """How to build a package (PEP 517): requirements, backend, and where to import it from."""

    requires: tuple[str, ...]
    backend: str
    path: tuple[str, ...] = ()


class PackageFacts(Record):
    """A package's name and version, and its requirements: without extras, and by extra."""

    name: str
    version: str
    requires: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def requirements(self, extras: tuple[str, ...], place: str) -> list[str]:
        """Return what the package needs with `extras`. Raise LabcoatError if it lacks one."""
        found = list(self.requires)
        waiting, seen = list(extras), set()
        while waiting:
            extra = normalize_name(waiting.pop(0))
            if extra in seen:
                continue
            seen.add(extra)
            if extra not in self.extras:
                raise LabcoatError(
                    f"`{place}` has no extra `{extra}`",
                    f"It has: {', '.join(sorted(self.extras)) or 'none'}",
                )
            for line in self.extras[extra]:
                own = re.match(r"([\w.-]+)\s*\[([^\]]*)\]", line, re.ASCII)
                if own and normalize_name(own[1]) == self.name:
                    waiting += [each.strip() for each in own[2].split(",") if each.strip()]
                else:
                    found.append(line)
        return list(dict.fromkeys(found))


def read_build_system(folder: Path) -> BuildSystem:
    """Return how the package in `folder` is built. Raise LabcoatError if that is not valid."""
    table = read_pyproject(folder).get("build-system")
    if not isinstance(table, dict):
        return BuildSystem(_LEGACY_REQUIRES, _LEGACY_BACKEND)
    requires, backend = table.get("requires", []), table.get("build-backend", _LEGACY_BACKEND)
    path = table.get("backend-path", [])
    if not all(isinstance(each, list) for each in (requires, path)) or not isinstance(backend, str):
        raise LabcoatError(
            f"`[build-system]` in `{folder.name}/pyproject.toml` is not valid",
            'Write `requires = ["…"]` and `build-backend = "…"`',
        )
    return BuildSystem(tuple(map(str, requires)), backend, tuple(map(str, path)))


def read_static_facts(folder: Path) -> PackageFacts | None:
    """Return what pyproject.toml says; None if only a build tells all of it."""
    project = read_pyproject(folder).get("project")
    if not isinstance(project, dict) or not isinstance(project.get("name"), str):
        return None
    dynamic = project.get("dynamic", [])
    requires, extras = project.get("dependencies", []), project.get("optional-dependencies", {})
    if {"dependencies", "optional-dependencies"} & set(dynamic):
        return None
    if not isinstance(requires, list) or not isinstance(extras, dict):
        return None
    version = project.get("version", "")
    return PackageFacts(
        normalize_name(project["name"]),
        version if isinstance(version, str) else "",
        tuple(map(str, requires)),
        {
            normalize_name(name): tuple(map(str, lines))
            for name, lines in extras.items()
            if isinstance(lines, list)
        },
    )


def place_facts(folder: Path, facts: PackageFacts, project: Path | None = None) -> PackageFacts:
    """Return the `facts` about the package in `folder` with the places of others.

    These are in the tables of uv, and in Poetry's, which its builds write into the metadata. A path
    begins with `{root:uri}/`, as of hatch: it is relative to the folder. Raise LabcoatError if a
    package comes from a place that a requirement cannot say, or an index that `project` lacks.
    """
    from labcoat.core.project_files.uv_sources import read_sources  # slow; only sources need it

    sources = read_sources(folder, project)
    tool = read_pyproject(folder).get("tool")
    own = tool.get("poetry") if isinstance(tool, dict) else None
    if sources.is_empty and not isinstance(own, dict):
        return facts

    def place(lines: Iterable[str], extra: str = "") -> tuple[str, ...]:
        placed = ((line, sources.place(line, extra=extra)) for line in lines)
        return tuple(
            new if new == line else new.replace(" @ file:", " @ {root:uri}/", 1)
            for line, found in placed
            for new in (_place_by_poetry(found, folder, own) if own else [found])
        )

    extras = {name: place(lines, name) for name, lines in facts.extras.items()}
    placed = replace(facts, requires=place(facts.requires), extras=extras)
    if own:
        _check_poetry_indexes(placed, folder, own, project or folder)
    return placed


def _place_by_poetry(line: str, folder: Path, table: Mapping[str, Any]) -> list[str]:
    from labcoat.core.project_files.poetry import place_listing  # slow; few packages need it

    file = folder / "pyproject.toml"
    found = place_listing(file, table, Listing(file, (line,)))
    if found.problem:
        raise found.problem
    return [str(each) for each in found.items]


def _check_poetry_indexes(
    facts: PackageFacts, folder: Path, table: Mapping[str, Any], project: Path
) -> None:
    """Raise LabcoatError if a package comes from an index that the `project` does not know."""
    from labcoat.core.project_files.own_indexes import counts_index
    from labcoat.core.project_files.poetry import list_sources

    sources = {normalize_name(name) for name, _ in list_sources(table)}
    lines = (*facts.requires, *(each for listed in facts.extras.values() for each in listed))
    for name in (name_and_extras(line)[0] for line in lines if sources):
        if name in sources and not counts_index(name, folder, project):
            raise LabcoatError(
                f"`{name}` has a `source` in `tool.poetry` of `{folder.name}/pyproject.toml`",
                f"Name that index and `{name}` in the `pyproject.toml` beside the lock, below"
                " `[tool.labcoat.indexes]`",
            )


def parse_metadata(text: str) -> PackageFacts:
    """Return what the METADATA of a wheel says."""
    from email.parser import HeaderParser

    parsed = HeaderParser().parsestr(text)
    requires: list[str] = []
    extras: dict[str, list[str]] = {
        normalize_name(name): [] for name in parsed.get_all("Provides-Extra") or ()
    }
    for line in parsed.get_all("Requires-Dist") or ():
        body, _, marker = (part.strip() for part in line.partition(";"))
        found = _EXTRA.match(marker)
        if not found:
            requires.append(line)
            continue
        rest = f"{body} ; {found['before']}" if found["before"] else body
        extras.setdefault(normalize_name(found["name"]), []).append(rest)
    return PackageFacts(
        normalize_name(parsed.get("Name", "")),
        parsed.get("Version", ""),
        tuple(requires),
        {name: tuple(lines) for name, lines in extras.items()},
    )


def describe_definition(folder: Path) -> Iterator[str]:
    """Yield what decides what a local package needs: a change of it makes the lock stale.

    Of a static pyproject.toml that is only names and requirements, so that a new version or a
    setting of another tool changes nothing.
    """
    static = read_static_facts(folder)
    if static:
        static = place_facts(folder, static)
        system = read_build_system(folder)
        yield repr((static.name, static.requires, sorted(static.extras.items()), system))
        return
    for name in _DEFINING:
        if (folder / name).is_file():
            yield f"{name}\n{read_file(folder / name)}\n"


def describe_build(folder: Path) -> str:
    """Return what decides how the package in `folder` is installed; not its code.

    Settings of tools that build nothing are left out of pyproject.toml.
    """
    found = dict(read_pyproject(folder))
    tool = found.get("tool")
    if isinstance(tool, dict):
        del found["tool"]
        kept = {name: value for name, value in tool.items() if name not in _NOT_BUILDING}
        found |= {"tool": kept} if kept else {}
    texts = [read_file(path) for path in defining_files(folder) if path.suffix != ".toml"]
    return "\n".join([repr(found), *texts])


def defining_files(folder: Path) -> list[Path]:
    """Return the files that say what the package in `folder` is."""
    return [folder / name for name in _DEFINING if (folder / name).is_file()]


def read_pyproject(folder: Path) -> Mapping[str, Any]:
    """Return what the pyproject.toml in `folder` has. Raise LabcoatError if it is malformed."""
    path = folder / "pyproject.toml"
    return parse_toml(path.name, read_file(path)) if path.is_file() else {}


def name_and_extras(line: str) -> tuple[str, set[str]]:
    """Return the normalized name and extras of a requirement; nothing for what is not one."""
    from labcoat._vendor.packaging.requirements import Requirement

    try:
        found = Requirement(line)
    except ValueError:
        return "", set()
    return normalize_name(found.name), {normalize_name(extra) for extra in found.extras}


def with_marker(line: str, marker: str) -> str:
    """Return a requirement that holds only where `marker` does too."""
    if not marker:
        return line
    body, found, own = line.partition(";")
    return f"{body.strip()} ; ({own.strip()}) and ({marker})" if found else f"{body} ; {marker}"
