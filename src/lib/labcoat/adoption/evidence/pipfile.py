"""Read a Pipfile: https://pipenv.pypa.io/en/latest/pipfile.html."""

import posixpath
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from labcoat.adoption.evidence.source import Skipped, Source
from labcoat.adoption.plan import Wanted
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.places import archive_place, git_place, path_place
from labcoat.core.project_files.poetry import translate_version
from labcoat.imports.tree import Tree

_PYPI = lazy_pattern(r"://pypi\.(?:org|python\.org)/")
_DEFINING = ("pyproject.toml", "setup.py")


def find_pipfiles(tree: Tree) -> list[Source]:
    """Return the packages of each Pipfile, and those for development as a second source."""
    return [each for path in tree.named("pipfile") for each in read_pipfile(tree, path)]


def read_pipfile(tree: Tree, path: str) -> Iterator[Source]:
    """Yield what a Pipfile asks for; nothing if it does not parse."""
    text = tree.read_text(path)
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    requires = as_table(content.get("requires"))
    python = str(requires.get("python_full_version") or requires.get("python_version") or "")
    indexes = _other_indexes(content.get("source"))
    for table, dev in (("packages", False), ("dev-packages", True)):
        layout: list[Wanted] = []
        skipped: list[Skipped] = []
        for name, value in as_table(content.get(table)).items():
            try:
                requirement = format_entry(name, value, tree, path, indexes)
            except ValueError as error:
                skipped.append(Skipped(name, str(error), name))
            else:
                layout.append(Wanted(requirement, path, find_line(text, name), "demand"))
        if layout or skipped or not dev:
            lines, version = tuple(layout), "" if dev else python
            yield Source(path, "Pipfile", lines, version, dev=dev, skipped=tuple(skipped))


def format_entry(name: str, value: object, tree: Tree, path: str, indexes: Collection[str]) -> str:
    """Return a requirement. Raise ValueError, with a reason, for what no index has."""
    table = as_table(value) or {"version": value}
    if (index := str(table.get("index", ""))) in indexes:
        raise ValueError(
            f"it comes from the index `{index}`: name that below `[tool.labcoat.indexes]` in"
            " pyproject.toml, and the package in requirements.in"
        )
    extras = table.get("extras")
    words = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) else ""
    marker = f" ; {table['markers']}" if table.get("markers") else ""
    folder = str(table.get("subdirectory", ""))
    if git := table.get("git"):
        place = git_place(str(git), str(table.get("ref") or ""), folder)
        return f"{name}{words} @ {place}{marker}"
    if below := table.get("path", table.get("file")):
        return f"{name}{words} @ {_place(str(below), tree, path)}{marker}"
    try:
        version = translate_version(name, table.get("version", "*"))
    except ValueError:
        version = ""
    return f"{name}{words}{version}{marker}"


def _other_indexes(sources: object) -> set[str]:
    """Return the names of the sources that are not PyPI, or a mirror of it by its name."""
    listed = [as_table(each) for each in sources] if isinstance(sources, list) else []
    names = {str(each.get("name")) for each in listed if not _PYPI.search(str(each.get("url")))}
    return names - {"pypi"}


def _place(below: str, tree: Tree, path: str) -> str:
    """Return the place of a folder or an archive, which is relative to the Pipfile at `path`."""
    if "://" in below:
        return archive_place(below)
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), below))
    if found != "." and not {found, *(f"{found}/{each}" for each in _DEFINING)} & set(tree.paths):
        raise ValueError(f"`{below}` is no package of this repository")
    return path_place(found, tree.root, tree.root)


def find_line(text: str, name: str) -> int:
    """Return the number of the line with the key `name`; 1 if there is none."""
    found = re.search(rf"^\s*[\"']?{re.escape(name)}[\"']?\s*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def as_table(value: object) -> Mapping[str, Any]:
    """Return a value if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}
