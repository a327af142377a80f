"""Whether a folder is a package that can be installed, by what it says; nothing of it runs."""

import ast
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.reader import read_declared
from labcoat.sources.package_facts import read_build_system, read_pyproject

_SCRIPT = "setup.py"
_DEFINING = (_SCRIPT, "setup.cfg", "pyproject.toml")
# https://packaging.python.org/en/latest/specifications/pyproject-toml/
_PROJECT_KEYS = """
authors classifiers dependencies description dynamic entry-points gui-scripts import-names
import-namespaces keywords license license-files maintainers name optional-dependencies readme
requires-python scripts urls version
"""
_LOCK = lazy_pattern(rb"(?<![\w/.-])(?:\./)?requirements(?:[-_]\w+)?\.txt\b")
_BUILDS = frozenset({"setuptools", "distutils"})
_ASKS_MORE = frozenset({"ext_modules", "cmdclass", "setup_requires", "use_scm_version"})


def is_installable(folder: Path) -> bool:
    """Whether the package in `folder` can be installed with Python alone.

    Its pyproject.toml says how to build it, or else its setup.py imports nothing but setuptools and
    the standard library, and compiles nothing. Raise LabcoatError if pyproject.toml is malformed.
    """
    if has_build_system(folder):
        return True
    data = read_pyproject(folder)
    return "build-system" not in data and not _is_no_package(data) and _has_plain_script(folder)


def has_build_system(folder: Path) -> bool:
    """Whether the pyproject.toml in `folder` says how to build a package that has a name."""
    data = read_pyproject(folder)
    if _is_no_package(data):
        return False
    tables = [each for each in (data.get("project"), _tool(data, "poetry")) if each]
    has_name = any(isinstance(each, dict) and isinstance(each.get("name"), str) for each in tables)
    is_named = has_name or any((folder / name).is_file() for name in (_SCRIPT, "setup.cfg"))
    return isinstance(data.get("build-system"), dict) and is_named


def is_installable_beside_locks(folder: Path) -> bool:
    """Whether the package in `folder` can be installed where requirements.txt becomes a lock.

    No build reads hashes for what a package needs. Nor does it do without a file that setup.py
    opens, or the project's readme; and setuptools takes no [project] that breaks the standard.
    """
    if not is_installable(folder) or _is_refused(folder):
        return False
    texts = (reading.read_inside(folder, name) for name in _DEFINING)
    return not any(map(_LOCK.search, texts)) and not _lacks_files(folder)


def leaves_metadata(folder: Path) -> bool:
    """Whether setuptools builds the package in `folder`, and so leaves an .egg-info there."""
    try:
        builds = read_build_system(folder).backend.startswith("setuptools.")
        return builds and is_installable(folder)
    except LabcoatError:
        return False


def _is_refused(folder: Path) -> bool:
    """Whether setuptools refuses the [project] in `folder`, as other backends often do not."""
    project = read_pyproject(folder).get("project")
    is_strict = read_build_system(folder).backend.startswith("setuptools.")
    if not isinstance(project, dict) or not is_strict:
        return False
    dynamic, *people = (project.get(key, []) for key in ("dynamic", "authors", "maintainers"))
    return (
        not project.keys() <= set(_PROJECT_KEYS.split())
        or not all(isinstance(each, list) for each in (dynamic, *people))
        or "version" not in [*project, *dynamic]
        or not all(isinstance(each, dict) for group in people for each in group)
    )


def _lacks_files(folder: Path) -> bool:
    project = read_pyproject(folder).get("project")
    readme = project.get("readme") if isinstance(project, dict) else None
    opened = [
        node.args[0].value
        for node in _parse_script(folder)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "open"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    return any(
        isinstance(each, str) and not reading.path_exists(folder / each)
        for each in [readme, *opened]
    )


def _is_no_package(data: Mapping[str, Any]) -> bool:
    """Whether a pyproject.toml tells Poetry or uv not to install the project."""
    return (
        _tool(data, "poetry").get("package-mode") is False
        or _tool(data, "uv").get("package") is False
    )


def _tool(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    tools = data.get("tool")
    found = tools.get(name) if isinstance(tools, dict) else None
    return found if isinstance(found, dict) else {}


def _parse_script(folder: Path) -> list[ast.AST]:
    """Return all parts of setup.py after the first, the whole; none of one that is no Python."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return list(ast.walk(ast.parse(reading.read_inside(folder, _SCRIPT))))[1:]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _has_plain_script(folder: Path) -> bool:
    nodes = _parse_script(folder)
    keywords = {each.arg for each in nodes if isinstance(each, ast.keyword)}
    if not nodes or keywords & _ASKS_MORE or not all(map(_is_at_hand, nodes)):
        return False
    return "name" in keywords or bool(read_declared(folder).name)


def _is_at_hand(node: ast.AST) -> bool:
    """Whether a part of a setup.py imports nothing, or what each build has."""
    names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom):
        names = ["" if node.level else node.module or ""]
    return {each.partition(".")[0] for each in names} <= sys.stdlib_module_names | _BUILDS
