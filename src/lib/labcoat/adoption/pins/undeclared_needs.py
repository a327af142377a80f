"""The limit that adds setuptools where older packages of a solution import it without asking.

Only a wheel's files tell. The small ones of the time when environments had setuptools are taken
from the index, which leaves them in uv's cache for `make venv`.
"""

import time
import tomllib
from collections.abc import Iterator
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

# A year after Python 3.12, whose environments have no setuptools: what was not tried with it.
_LAST_DAY = "2024-10-02"
_MOST_WHEEL = 4 << 20  # bytes
_MOST_BYTES = 48 << 20  # of all
_PLATFORM = lazy_pattern(r"-(?:any|manylinux\w*|linux\w*)(?:\.\w+)*\.whl$")


def find_undeclared_need(search: Search, state: Solution) -> Limit | None:
    """Return the limit that gives the packages of a solution setuptools; None if none needs it.

    What cannot be told, because the index does not say how large a wheel is or does not answer,
    is left to `make venv`, which looks into the environment.
    """
    removal = find_removal("pkg_resources")
    versions = state.versions or {}
    if removal is None or time.monotonic() > search.deadline:
        return None
    if "setuptools" in versions and Version(versions["setuptools"]) < Version(removal.below):
        return None
    wheels = search.list_wheels(texts_of(state.lines), state.built, versions)
    pins = list(_choose_wheels(tomllib.loads(wheels))) if wheels else []
    if not pins:
        return None
    folder = search.folder / "wheels"
    if len(pins) > 1:
        terminal.print_progress(f"looking into the wheels of {len(pins)} older packages")
    if not search.unpack_wheels(pins, folder):
        return None
    minor, has_setuptools = search.question.minor, "setuptools" in versions
    lacking = undeclared.lacking_modules(minor, has_setuptools=has_setuptools)
    found = undeclared.find_undeclared(folder, lacking)
    files.remove_path(folder)
    if not found:
        return None
    return Limit(removal.package, removal.below, found[0].describe())


def _choose_wheels(lock: dict[str, Any]) -> Iterator[str]:
    """Yield the pins of packages whose wheels are small and of that time, up to some megabytes."""
    left = _MOST_BYTES
    for package in lock.get("packages", []):
        wheels = package.get("wheels", [])
        sizes = [
            each["size"] for each in wheels if "size" in each and _PLATFORM.search(each["url"])
        ]
        days = [str(each["upload-time"]) for each in wheels if "upload-time" in each]
        if not sizes or not days or max(sizes) > _MOST_WHEEL or min(days) >= _LAST_DAY:
            continue
        left -= max(sizes)
        if left < 0:
            return
        yield f"{package['name']}=={package['version']}"
