"""The tools that own locks, and their commands."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.lock_of_record import lock_tool

_LOCK = {
    "uv": "uv lock",
    "poetry": "poetry lock",
    "pdm": "pdm lock",
    "pipenv": "pipenv lock",
}
_ADD = {
    "uv": "uv add",
    "poetry": "poetry add",
    "pdm": "pdm add",
    "pipenv": "pipenv install",
}
_UPGRADE = {
    "uv": ("uv lock --upgrade", "uv lock"),
    "poetry": ("poetry update --lock", "poetry update --lock"),
    "pdm": ("pdm update --no-sync --update-all", "pdm update --no-sync --update-all"),
    "pipenv": ("pipenv lock", "pipenv upgrade"),
}
_NAMES = {"poetry": "Poetry", "pdm": "PDM"}
_CREATOR = lazy_pattern(r'^created-by = "([^"\n]*)"', re.MULTILINE)


def owner_tool(record: Path) -> str:
    """Return the program that writes the lock `record`; empty if a pylock.toml does not say."""
    tool = lock_tool(record.name)
    if tool != "pylock":
        return tool
    try:
        found = _CREATOR.search(record.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return found[1] if found else ""


def owner_name(record: Path) -> str:
    """Return the name of the tool of `record`, for people."""
    tool = owner_tool(record)
    return _NAMES.get(tool, tool) or "the tool that wrote it"


def lock_command(record: Path) -> str:
    """Return the command that locks again, with the versions that still fit."""
    if lock_tool(record.name) == "pylock":
        program = owner_tool(record)
        if program == "uv":
            return "uv pip compile --format pylock.toml"
        return f"{program or 'pip'} lock"
    return _LOCK[lock_tool(record.name)]


def add_command(record: Path, packages: Sequence[str]) -> str:
    """Return the command that adds `packages` to what the project declares."""
    command = _ADD.get(lock_tool(record.name))
    if command is None:
        return lock_command(record)
    return f"{command} {shlex.join(packages)}"


def upgrade_command(record: Path, packages: Sequence[str]) -> list[str]:
    """Return the words of the command that upgrades `packages`, or all; empty if unknown."""
    tool = lock_tool(record.name)
    if tool not in _UPGRADE:
        return []
    every, some = _UPGRADE[tool]
    if not packages:
        return every.split()
    if tool == "uv":
        return [*some.split(), *(word for name in packages for word in ("--upgrade-package", name))]
    return [*some.split(), *packages]
