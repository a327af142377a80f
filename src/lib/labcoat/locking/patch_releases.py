"""Find packages of which a lock has one version for early patch releases of Python, another later.

Python 3.11.2 of an image and 3.11.7 of an environment would get different versions then.
"""

from collections.abc import Iterator, Mapping

from labcoat.core import terminal
from labcoat.core.records import Record
from labcoat.locking import platforms, requirements_file
from labcoat.locking.requirement_lines import marker_applies
from labcoat.locking.requirements_file import Pin

_FIRST, _LAST = "0", "99"


class PatchSplit(Record):
    """The version for the first release of a `python` such as `Python 3.11`, and for the last."""

    old: str
    new: str
    python: str


def find_splits(text: str, minor: str) -> dict[str, PatchSplit]:
    """Return the packages in a lock whose version on this machine depends on the patch release."""
    if "python_full_version" not in text:
        return {}
    pins = requirements_file.parse_pins(text)
    first = dict(_versions(pins, minor, _FIRST))
    last = dict(_versions(pins, minor, _LAST))
    return {
        name: PatchSplit(old, last[name], f"Python {minor}")
        for name, old in first.items()
        if last.get(name, old) != old
    }


def _versions(pins: list[Pin], minor: str, patch: str) -> Iterator[tuple[str, str]]:
    values = dict(platforms.this_machine().marker_values(minor))
    version = f"{minor}.{patch}"
    values |= {"python_full_version": version, "implementation_version": version}
    for pin in pins:
        if marker_applies(pin.marker, values):
            yield pin.name, pin.version


def constrain_here(pins: Mapping[str, str]) -> str:
    """Return constraints for uv, with `pins` on this machine."""
    here = platforms.this_machine()
    marker = f"sys_platform == '{here.system}' and platform_machine == '{here.machine}'"
    return "".join(f"{name}=={version} ; {marker}\n" for name, version in pins.items())


def print_older(name: str, old: str, new: str, python: str) -> None:
    """Say that a lock has an older version, since the newer one is not for every patch release."""
    terminal.print_progress(f"{name} {old} is locked: {new} is not for every release of {python}")


def moved_here(text: str, pins: Mapping[str, str], minor: str) -> dict[str, str]:
    """Return the versions that a lock has for this machine of `pins`, where they differ."""
    values = platforms.this_machine().marker_values(minor)
    found: dict[str, str] = {}
    for pin in requirements_file.parse_pins(text):
        if marker_applies(pin.marker, values):
            found.setdefault(pin.name, pin.version)
    versions = {name: found.get(name, "") for name in pins}
    return {name: version for name, version in versions.items() if version != pins[name]}
