"""The platforms that uv resolves for: its configuration, and what to leave out if one fails."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from labcoat.core.patterns import lazy_pattern
from labcoat.locking import platforms
from labcoat.locking.requirement_lines import marker_applies

_SPLIT = lazy_pattern(r"for split \(markers: ([^\n]*)\)$", re.MULTILINE)


def machine_marker() -> str:
    """Return the marker (PEP 508) of this machine's processor."""
    return f"platform_machine == '{platforms.this_machine().machine}'"


def fails_elsewhere(output: str, minor: str, systems: Sequence[str]) -> bool:
    """Whether uv has no solution for this system on another processor, and may have one here.

    It names the markers of the part that fails; where it names none, this is the last thing to try.
    The part may be a processor that no lock is for, such as s390x, which a dependency has a marker
    for.
    """
    if "No solution found" not in output:
        return False
    here = platforms.this_machine()
    found = _SPLIT.search(output)
    if not found:
        return list(systems) == [here.system]
    applies = [
        each for each in platforms.PLATFORMS if marker_applies(found[1], each.marker_values(minor))
    ]
    if not applies:
        return not marker_applies(found[1], here.marker_values(minor))
    return all(each.system == here.system for each in applies) and here not in applies


def failed_systems(output: str, minor: str, systems: Sequence[str]) -> list[str]:
    """Return the systems other than this machine's that may be why uv has no solution.

    uv resolves apart what markers keep apart, and names the markers of the part that fails. Where
    it names none, one system after the other is left out, Windows first.
    """
    here = platforms.this_machine()
    others = [each for each in systems if each != here.system]
    if not others or "No solution found" not in output:
        return []
    found = _SPLIT.search(output)
    if found and not marker_applies(found[1], here.marker_values(minor)):
        parts = [each for each in platforms.PLATFORMS if each.system in others]
        applies = {p.system for p in parts if marker_applies(found[1], p.marker_values(minor))}
        if applies:
            return sorted(applies)
    return [max(others)]


def write_configuration(
    folder: Path, minor: str, systems: Sequence[str], *, only_here: bool
) -> None:
    """Write uv's configuration: resolve for one Python minor, with wheels for this machine.

    With `only_here`, this system's other processors are left out.

    Without `systems`, uv would also resolve for those that some dependencies have markers for,
    such as emscripten, and find no wheels.
    https://docs.astral.sh/uv/reference/settings/#environments
    """
    major, _, last = minor.partition(".")
    here = platforms.this_machine()
    python = f"python_full_version < '{major}.{int(last) + 1}'"
    terms = {system: f"sys_platform == '{system}'" for system in systems}
    if only_here:
        terms[here.system] = f"({terms[here.system]} and {machine_marker()})"
    either = " or ".join(terms.values())
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(
        "[tool.uv]\n"
        f'environments = ["{python} and ({either})"]\n'
        f"required-environments = [\"sys_platform == '{here.system}'"
        f" and platform_machine == '{here.machine}'\"]\n",
        encoding="utf-8",
    )


def uv_variables(folder: Path) -> dict[str, str | None]:
    """Return variables with which uv reads the configuration above and none of the user's.

    uv reads `environments` from a pyproject.toml only, which UV_NO_CONFIG switches off. The user's
    uv.toml is hidden by a configuration directory of links to everything else in theirs.
    """
    hidden = folder / "config"
    hidden.mkdir(exist_ok=True)
    chosen = os.environ.get("XDG_CONFIG_HOME")
    home = os.environ.get("HOME")
    users = Path(chosen) if chosen else Path(home, ".config") if home else None
    if users and users.is_dir():
        for entry in users.iterdir():
            if entry.name != "uv" and not os.path.lexists(hidden / entry.name):
                (hidden / entry.name).symlink_to(entry)
    return {"UV_NO_CONFIG": None, "UV_NO_SYSTEM_CONFIG": "1", "XDG_CONFIG_HOME": str(hidden)}
