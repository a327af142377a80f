"""Read a Pipfile: https://pipenv.pypa.io/en/latest/pipfile.html."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Wanted
from labcoat.core.project_files.poetry import translate_version
from labcoat.imports.tree import Tree


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
    requires = _mapping(content.get("requires"))
    python = str(requires.get("python_full_version") or requires.get("python_version") or "")
    for table, dev in (("packages", False), ("dev-packages", True)):
        layout = tuple(
            Wanted(requirement, path, _line_of(text, name), "demand")
            for name, value in _mapping(content.get(table)).items()
            if (requirement := _format(name, value))
        )
        if layout or not dev:
            yield Source(path, "Pipfile", layout, "" if dev else python, dev=dev)


def _format(name: str, value: object) -> str:
    table = _mapping(value) or {"version": value}
    if "path" in table or "file" in table:
        return ""
    extras = table.get("extras")
    words = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) else ""
    marker = f" ; {table['markers']}" if table.get("markers") else ""
    if git := table.get("git"):
        return f"{name}{words} @ git+{git}" + (f"@{table['ref']}" if table.get("ref") else "")
    try:
        version = translate_version(name, table.get("version", "*"))
    except ValueError:
        version = ""
    return f"{name}{words}{version}{marker}"


def _line_of(text: str, name: str) -> int:
    found = re.search(rf"^\s*[\"']?{re.escape(name)}[\"']?\s*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
