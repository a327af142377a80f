"""The limits that add what older packages of a solution import without asking, as setuptools.

Only a wheel's files tell. The small ones of the time when environments had setuptools are taken
from the index, which leaves them in uv's cache for `make venv`.
"""

import time
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from labcoat._vendor.packaging.version import Version
from labcoat.adoption.pins.breaks import Limit
from labcoat.adoption.pins.building import Solution
from labcoat.adoption.pins.solving import texts_of
from labcoat.adoption.pins.uv_search import Search
from labcoat.core import files, terminal
from labcoat.core.patterns import lazy_pattern
from labcoat.imports import undeclared
from labcoat.names.removed_modules import find_removal

# When setuptools 82 came out, the first without pkg_resources, which many packages ask for.
_LAST_DAY = "2026-02-08"
_MOST_WHEEL = 4 << 20  # bytes
_MOST_BYTES = 48 << 20  # of all
_PLATFORM = lazy_pattern(r"-(?:any|manylinux\w*|linux\w*)(?:\.\w+)*\.whl$")


# Modules that came along with other packages once, whose releases of today do without them.
_CAME_ALONG = {"ipython_genutils": ("ipython-genutils", "1"), "six": ("six", "2")}


def find_undeclared_needs(search: Search, state: Solution) -> list[Limit]:
    """Return the limits that give a solution what its packages import, such as setuptools.

    What cannot be told, because the index does not say how large a wheel is or does not answer,
    is left to `make venv`, which looks into the environment.
    """
    versions = state.versions or {}
    wanted = _find_lacking(search.question.minor, versions)
    if not wanted or time.monotonic() > search.deadline:
        return []
    wheels = search.list_wheels(texts_of(state.lines), state.built, versions)
    pins = list(_choose_wheels(tomllib.loads(wheels))) if wheels else []
    if not pins:
        return []
    folder = search.folder / "wheels"
    if len(pins) > 1:
        terminal.print_progress(f"looking into the wheels of {len(pins)} older packages")
    if not search.unpack_wheels(pins, folder):
        return []
    found = undeclared.find_undeclared(folder, wanted.keys())
    files.remove_path(folder)
    reasons: dict[tuple[str, str], str] = {}
    for each in found:
        reasons.setdefault(wanted[each.module], each.describe())
    return [Limit(name, below, reason) for (name, below), reason in reasons.items()]


def _find_lacking(minor: str, versions: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the modules that a solution may lack, with the packages that have them, below what."""
    lacking = {module: need for module, need in _CAME_ALONG.items() if need[0] not in versions}
    removal = find_removal("pkg_resources")
    setuptools = versions.get("setuptools", "")
    if removal and not (setuptools and Version(setuptools) < Version(removal.below)):
        modules = undeclared.lacking_modules(minor, has_setuptools=bool(setuptools))
        lacking |= dict.fromkeys(modules, (removal.package, removal.below))
    return lacking


def _choose_wheels(lock: dict[str, Any]) -> Iterator[str]:
    """Yield the pins of packages whose wheels are small and of that time, up to some megabytes."""
    found = []
    for package in lock.get("packages", []):
        wheels = package.get("wheels", [])
        sizes = [
            each["size"] for each in wheels if "size" in each and _PLATFORM.search(each["url"])
        ]
        days = [str(each["upload-time"]) for each in wheels if "upload-time" in each]
        if not sizes or not days or max(sizes) > _MOST_WHEEL or min(days) >= _LAST_DAY:
            continue
        found.append((max(sizes), f"{package['name']}=={package['version']}"))
    left = _MOST_BYTES
    for size, pin in sorted(found):
        left -= size
        if left < 0:
            return
        yield pin
