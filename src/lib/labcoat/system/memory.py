"""What locked packages need, remembered by wheel, so that it is known without an environment.

The cache has a file for each locked release, named after its name, version and hashes, and in it
the needs of each of its wheels that labcoat has seen installed.
"""

import json
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from labcoat.core import files
from labcoat.core.cache import cache_folder
from labcoat.inventory.regular_files import read_regular
from labcoat.locking.requirement_lines import same_version
from labcoat.locking.requirements_file import Pin
from labcoat.system.records import PackageNeeds

_FORMAT = 3
_MOST = 1 << 25


def remember_packages(packages: Iterable[PackageNeeds], pins: Iterable[Pin]) -> None:
    """Keep what `packages` need that are installed as locked in `pins`.

    A cache that cannot be written is left as it is.
    """
    installed = {one.name: one for one in packages}
    for pin in pins:
        one = installed.get(pin.name)
        if one is None or not pin.hashes or not same_version(one.version, pin.version):
            continue
        known = _read(pin)
        if all(sorted(each.tags) != sorted(one.tags) for each in known):
            document = {
                "format": _FORMAT,
                "packages": [each.to_json() for each in (*known, one)],
            }
            try:
                _path(pin).parent.mkdir(parents=True, exist_ok=True)
                files.write_file(_path(pin), json.dumps(document))
            except OSError:
                return


def recall_package(pin: Pin, minor: str, machine: str) -> PackageNeeds | None:
    """Return what the wheel of `pin` for Python `minor` and `machine` needs; None if not known."""
    return next((one for one in _read(pin) if _fits(one.tags, minor, machine)), None)


def _read(pin: Pin) -> list[PackageNeeds]:
    try:
        found = json.loads(read_regular(str(_path(pin)), _MOST))
        if found["format"] == _FORMAT:
            return [PackageNeeds.from_json(one) for one in found["packages"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # not known, or damaged: the next survey writes it again
    return []


def _path(pin: Pin) -> Path:
    text = "\n".join([pin.name, pin.version, *sorted(pin.hashes)])
    return cache_folder() / "system" / f"{sha256(text.encode()).hexdigest()}.json"


def _fits(tags: Sequence[str], minor: str, machine: str) -> bool:
    """Return whether a wheel with these tags can be installed for this Python and machine."""
    own = f"cp{minor.replace('.', '')}"
    for tag in tags:
        pythons, abi, platforms = [*tag.split("-"), "", ""][:3]
        for python in pythons.split("."):
            fits_python = python in {"py3", own} or (abi == "abi3" and python.startswith("cp3"))
            platform = any(
                one == "any" or re.fullmatch(rf"(many|musl)?linux\w*_{machine}", one)
                for one in platforms.split(".")
            )
            if fits_python and platform:
                return True
    return False
