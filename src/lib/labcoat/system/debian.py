"""Which Debian package has a shared library: `libgomp1` has `libgomp.so.1`.

`debian.txt` has a line for each library that packages of other sources depend on:

    libgomp.so.1
    libasound.so.2 bullseye bookworm trixie:libasound2t64

A library alone is in all releases, in a package that is named after it, as Debian's policy says
(section 8.1). Otherwise the releases follow, each with its package if that has another name.
`update_debian.py` renews the file.
"""

import functools
import re
from collections.abc import Mapping
from pathlib import Path

SUITES = ("bullseye", "bookworm", "trixie")
TABLE = Path(__file__).with_name("debian.txt")


def find_package(library: str, suite: str) -> str:
    """Return the package of Debian's release `suite` that has `library`; empty if not known.

    `library` is a name that shared objects ask for, such as `libgomp.so.1`.
    """
    return _read_table().get(library, {}).get(suite, "")


def read_suite(os_release: str) -> str:
    """Return the release of Debian that a text of /etc/os-release names; empty if it is another.

    Distributions that Debian is a base of name their packages otherwise, so they count as others.
    """
    values = {}
    for line in os_release.splitlines():
        name, _, value = line.partition("=")
        values[name.strip()] = value.strip().strip("\"'")
    suite = values.get("VERSION_CODENAME", "")
    return suite if values.get("ID") == "debian" and suite in SUITES else ""


def usual_package(library: str) -> str:
    """Return the package that Debian's policy names after `library`: `libz1` for `libz.so.1`."""
    stem, _, version = library.partition(".so.")
    separator = "-" if re.search(r"\d$", stem) else ""
    return f"{stem}{separator}{version}".lower().replace("_", "-")


@functools.cache
def _read_table() -> Mapping[str, Mapping[str, str]]:
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        library, *words = line.split()
        pairs = (word.partition(":") for word in words or SUITES)
        usual = usual_package(library)
        found[library] = {suite: package or usual for suite, _, package in pairs}
    return found
