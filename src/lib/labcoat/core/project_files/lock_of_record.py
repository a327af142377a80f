"""Which lock of another tool a project's requirements*.txt are derived from.

It follows from the files beside requirements.txt, and LABCOAT_LOCK_FROM. Nothing is parsed here
that can be large.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.declared import read_file
from labcoat.core.project_files.poetry import python_specifiers
from labcoat.core.project_files.pyproject import parse_toml
from labcoat.core.toml_tables import find_table

SETTING = "LABCOAT_LOCK_FROM"
# The locks and their tools, in the order in which they count where there are several. A pylock.toml
# comes last, since other tools export it.
LOCKS: Mapping[str, str] = {
    "uv.lock": "uv",
    "poetry.lock": "poetry",
    "pdm.lock": "pdm",
    "Pipfile.lock": "pipenv",
    "pylock.toml": "pylock",
}
# What labcoat locks itself, where the setting names it.
_SOURCES = ("requirements.in", "pyproject.toml", "setup.cfg", "setup.py")
_NAMED_PYLOCK = lazy_pattern(r"pylock\.([^.]+)\.toml")
EXPORTER = "labcoat"  # what labcoat's own exports name as their creator: these are no locks
_MAIN = "requirements"
# Where each lock says which Pythons it is for.
_PYTHON = lazy_pattern(
    r'^(?:requires-python|python-versions|requires_python) = "([^"\n]*)"', re.MULTILINE
)
_PIPFILE_PYTHON = lazy_pattern(r'"python_(?:full_)?version": "([^"\n]*)"')


def is_lock_name(name: str) -> bool:
    """Whether `name` is that of a lock of another tool."""
    return name in LOCKS or _NAMED_PYLOCK.fullmatch(name) is not None


def lock_tool(name: str) -> str:
    """Return the tool of the lock `name`: uv, poetry, pdm, pipenv or pylock."""
    return LOCKS.get(name, "pylock")


def is_own_export(path: Path) -> bool:
    """Whether labcoat wrote the pylock.toml `path`, from a lock of its own."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return f'created-by = "{EXPORTER}"' in file.read(256)
    except OSError:
        return False


def _is_lock(path: Path) -> bool:
    return path.is_file() and not (lock_tool(path.name) == "pylock" and is_own_export(path))


def is_chosen(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the setting says that the lock `name` counts."""
    return environ.get(SETTING, "").strip() == name


def find_record(lock: Path, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the lock of another tool that `lock`, a requirements*.txt, is derived from.

    None if labcoat resolves it: there is none, there is a requirements.in, or the setting says so.
    Raise LabcoatError if the setting names a lock that does not exist.
    """
    folder = lock.parent
    chosen = environ.get(SETTING, "").strip()
    if chosen and not is_lock_name(chosen):
        if chosen not in _SOURCES and not re.fullmatch(rf"{_MAIN}[\w.-]*\.in", chosen):
            raise LabcoatError(
                f"invalid {SETTING} `{chosen}`",
                f"Choose {', '.join(LOCKS)}, or one of {', '.join(_SOURCES)} to lock that",
            )
        return None
    if not chosen and (folder / f"{_MAIN}.in").exists():
        return None
    found = _named_lock(folder, chosen) if chosen else _first_lock(folder)
    own = lock.stem.removeprefix(f"{_MAIN}-")
    named = folder / f"pylock.{own}.toml"
    if own != lock.stem and (found is None or lock_tool(found.name) == "pylock"):
        return named if _is_lock(named) else found
    return found


def _named_lock(folder: Path, name: str) -> Path:
    path = folder / name
    if name == "uv.lock" and not path.is_file():
        path = _workspace_lock(folder) or path
    if not _is_lock(path):
        raise LabcoatError(
            f"{SETTING} names {name}, which does not exist",
            "Correct the setting, or remove it",
        )
    return path


def _first_lock(folder: Path) -> Path | None:
    found = next((folder / name for name in LOCKS if _is_lock(folder / name)), None)
    return found or _workspace_lock(folder)


def _workspace_lock(folder: Path) -> Path | None:
    """Return the uv.lock of the workspace that the project in `folder` is a member of."""
    if not (folder / "pyproject.toml").is_file() or (folder / ".git").exists():
        return None
    for above in folder.absolute().parents:
        lock = above / "uv.lock"
        if lock.is_file() and "tool.uv.workspace" in _text(above / "pyproject.toml"):
            place = folder.absolute().relative_to(above).as_posix()
            return lock if f'= "{place}" }}' in _text(lock) else None
        if (above / ".git").exists():
            return None
    return None


def list_records(folder: Path) -> list[str]:
    """Return the names of the locks of other tools in `folder`, the one that counts first."""
    return [name for name in LOCKS if _is_lock(folder / name)]


def named_pylocks(folder: Path) -> list[str]:
    """Return the names in the files pylock.NAME.toml of `folder`."""
    paths = [path for path in sorted(folder.glob("pylock.*.toml")) if _is_lock(path)]
    matches = (_NAMED_PYLOCK.fullmatch(path.name) for path in paths)
    return [found[1] for found in matches if found]


def python_range(record: Path) -> str:
    """Return the Pythons that a lock is for, as specifiers (PEP 440); empty for any."""
    text = _text(record)
    if lock_tool(record.name) == "pipenv":
        named = _PIPFILE_PYTHON.search(text[:4096])
        return f"=={named[1]}.*" if named and named[1].count(".") == 1 else ""
    is_poetry = lock_tool(record.name) == "poetry"
    found = _PYTHON.search(text, text.rfind("\n[metadata]") if is_poetry else 0)
    if not found or found[1] in {"", "*"}:
        return ""
    return python_specifiers(found[1]) if is_poetry else found[1]


def default_groups(folder: Path, record: Path) -> list[str]:
    """Return the groups that the tool of `record` installs where none are named, `dev` first.

    Files that cannot be read have none; the commands that need them report it.
    """
    tool = lock_tool(record.name)
    if tool == "pipenv":
        return ["dev"] if _toml(folder / "Pipfile").get("dev-packages") else []
    if tool == "pylock":
        names = named_pylocks(folder)
        names += re.findall(r'"([^"]+)"', _dependency_groups(_text(record)))
        return ["dev"] if "dev" in names else []
    data = _toml(folder / "pyproject.toml")
    own = find_table(data, "tool", tool)
    found = [*find_table(data, "dependency-groups")]
    if tool == "uv":
        found += ["dev"] if own.get("dev-dependencies") else []
        wanted = own.get("default-groups", ["dev"])
        found = [name for name in found if wanted == "all" or name in wanted]
    elif tool == "pdm":
        found += find_table(own, "dev-dependencies")
    else:
        groups = find_table(own, "group")
        found = [name for name in found if not find_table(groups, name).get("optional")]
        found += [name for name in groups if not find_table(groups, name).get("optional")]
        found += ["dev"] if own.get("dev-dependencies") else []
    normalized = {normalize_name(name): None for name in found}
    return sorted(normalized, key=lambda name: name != "dev")


def _dependency_groups(text: str) -> str:
    found = re.search(r"^dependency-groups = \[([^\]]*)\]", text, re.MULTILINE)
    return found[1] if found else ""


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        return parse_toml(path.name, read_file(path)) if path.is_file() else {}
    except LabcoatError:
        return {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
