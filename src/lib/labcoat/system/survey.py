"""Read what the packages of one level need of its system, and where its loader finds that.

Nothing of the level is run: its files are read, on this machine or in an image.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labcoat.inventory.records import read_text
from labcoat.system.loader import Loader, Search
from labcoat.system.needs import list_packages, read_package
from labcoat.system.object_files import DISK, ObjectFiles
from labcoat.system.records import SystemSurvey


def survey_environment(prefix: Path, sites: Sequence[Path], python: Path) -> SystemSurvey | None:
    """Return the needs of an environment on this machine, whose Python is not run.

    None where programs are not ELF files, as on macOS. Raise OSError if it cannot be read.
    """
    if sys.platform != "linux":
        return None
    return survey_files(str(prefix), [str(site) for site in sites], str(python), os.environ)


def survey_files(
    prefix: str,
    sites: Sequence[str],
    program: str,
    environ: Mapping[str, str],
    files: ObjectFiles = DISK,
) -> SystemSurvey:
    """Return the needs of the packages in `sites`, as the Python `program` imports them."""
    prefix = os.path.abspath(prefix)
    loader = Loader(program, environ, files=files)
    packages = []
    for site in sites:
        for package in list_packages(os.path.abspath(site), prefix, files):
            found = read_package(package, loader.machine)
            for each in found["objects"]:
                _place_libraries(each, package.site, loader)
            packages.append(found)
    return SystemSurvey.from_json({
        "os_release": read_text("os-release", "/etc", files),
        "machine": loader.machine[0],
        "libraries": loader.names(),
        "besides": _list_besides(prefix, files),
        "packages": packages,
    })  # fmt: skip


def _place_libraries(each: dict[str, Any], site: str, loader: Loader) -> None:
    """Add where each library is found, and which of the wanted versions those do not have."""
    origin = os.path.dirname(os.path.join(site, each["path"]))
    search = Search(origin, each["rpath"], each["runpath"])
    each["places"], each["lacking"] = {}, {}
    for library in each["needed"]:
        place = loader.find(library, search)
        found = loader.read(place) if place else None
        if found:
            each["places"][library] = place
            # If the library has no versions at all, the loader does not compare them.
            wanted = each["wanted"].get(library, ())
            lacking = [one for one in wanted if found.offered and one not in found.offered]
            if lacking:
                each["lacking"][library] = lacking


def _list_besides(prefix: str, files: ObjectFiles) -> Sequence[str]:
    """Return the libraries of a conda environment: its packages find them by their own paths."""
    if not files.exists(os.path.join(prefix, "conda-meta")):
        return []
    return sorted(name for name in files.list_names(os.path.join(prefix, "lib")) if ".so" in name)
