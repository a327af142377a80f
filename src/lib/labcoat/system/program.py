"""List the system libraries that an environment's packages need, and where its loader finds them.

An image's own Python runs the texts of this module and of those that it imports (survey.py), so
that nothing has to be installed there. That is why they import only the standard library and work
on Python 3.8.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from typing import Any, Dict, Mapping, Sequence

from labcoat.inventory.records import read_text
from labcoat.system.loader import Loader, Search
from labcoat.system.needs import list_packages, read_package


def describe_system(
    prefix: str, sites: Sequence[str], program: str, environ: Mapping[str, str]
) -> Dict[str, Any]:
    """Return the needs of the packages in `sites`; system.records.SystemSurvey describes the shape.

    `program` is the Python that imports them.
    """
    prefix = os.path.abspath(prefix)
    loader = Loader(program, environ)
    packages = []
    for site in sites:
        for package in list_packages(os.path.abspath(site), prefix):
            found = read_package(package, loader.machine)
            for each in found["objects"]:
                _place_libraries(each, package.site, loader)
            packages.append(found)
    return {
        "os_release": read_text("os-release", "/etc"),
        "machine": loader.machine[0],
        "libraries": loader.names(),
        "besides": _list_besides(prefix),
        "packages": packages,
    }


def _place_libraries(each: Dict[str, Any], site: str, loader: Loader) -> None:
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


def _list_besides(prefix: str) -> Sequence[str]:
    """Return the libraries of a conda environment: its packages find them by their own paths."""
    if not os.path.isdir(os.path.join(prefix, "conda-meta")):
        return []
    return sorted(name for name in os.listdir(os.path.join(prefix, "lib")) if ".so" in name)


def main() -> None:
    """Print the needs of the environment whose prefix is the argument, as JSON.

    An empty prefix is this Python's own; without site-packages directories the standard one counts.
    """
    prefix = sys.argv[1] or sys.prefix
    standard = os.path.join(prefix, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    known = standard if os.path.isdir(standard) else sysconfig.get_path("purelib")
    sites = sys.argv[2:] or [known]
    json.dump(describe_system(prefix, sites, sys.executable, os.environ), sys.stdout)
