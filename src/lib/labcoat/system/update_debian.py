"""Renew debian.txt from a Debian archive.

Run `PYTHONPATH=src/lib python3 src/lib/labcoat/system/update_debian.py ARCHIVE`, where ARCHIVE is
the address of a mirror, such as the one in /etc/apt/sources.list.

Of each release, Contents says which package has which file, and Packages which depends on which. A
library counts if it is where the loader looks by default, or an alternative of BLAS, and if
packages of other sources depend on its package.
"""

import gzip
import lzma
import sys
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from labcoat.core.patterns import lazy_pattern
from labcoat.system.debian import SUITES, TABLE, usual_package

_USERS = 2  # fewer depend on what is hardly used outside of its own project
_LIBRARY = lazy_pattern(
    r"(?:usr/)?lib/(?:x86_64-linux-gnu/(?:blas/|lapack/)?)?(lib[^/\s]*\.so(?:\.[\d.]+)?)\s+(\S+)$"
)
_NAME = lazy_pattern(r"(?:^|[,|])\s*([a-z0-9.+-]+)")


def update_table(archive: str) -> None:
    """Write debian.txt beside this file."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for suite in SUITES:
        folder = f"{archive.rstrip('/')}/dists/{suite}/main"
        packages = lzma.decompress(_fetch(f"{folder}/binary-amd64/Packages.xz"))
        users = _count_users(_paragraphs(packages.decode()))
        contents = gzip.decompress(_fetch(f"{folder}/Contents-amd64.gz")).decode()
        for library, package in choose_packages(contents.splitlines(), users).items():
            found[library][suite] = package
    lines = sorted(format_line(library, packages) for library, packages in found.items())
    TABLE.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def choose_packages(contents: Iterable[str], users: Mapping[str, int]) -> dict[str, str]:
    """Return the package of each library in the lines of `contents` that has `users`.

    Of several packages, the one with most users is taken.
    """
    holders: dict[str, set[str]] = defaultdict(set)
    for line in contents:
        if found := _LIBRARY.match(line):
            names = (path.rpartition("/")[2] for path in found[2].split(","))
            holders[found[1]] |= {
                name
                for name in names
                if users.get(name, 0) >= _USERS and not _is_link(found[1], name)
            }
    chosen: dict[str, str] = {}
    for library, packages in sorted(holders.items(), key=lambda item: (len(item[0]), item[0])):
        # libgomp.so.1.0.0 is the file that libgomp.so.1 links to.
        shorter = {chosen.get(name) for name in _shorter_names(library)}
        if rest := packages - shorter:
            chosen[library] = min(rest, key=lambda name: (-users[name], len(name), name))
    return chosen


def format_line(library: str, packages: Mapping[str, str]) -> str:
    """Return the line for a library, whose `packages` are by release."""
    usual = usual_package(library)
    words = [suite if name == usual else f"{suite}:{name}" for suite, name in packages.items()]
    return library if words == [*SUITES] else " ".join([library, *words])


def _is_link(library: str, package: str) -> bool:
    """Return whether this is for compilers only: `libz.so` of zlib1g-dev, a link to libz.so.1."""
    return library.endswith(".so") and package.endswith("-dev")


def _shorter_names(library: str) -> Iterator[str]:
    stem, _, version = library.partition(".so.")
    parts = version.split(".")
    for end in range(1, len(parts)):
        yield f"{stem}.so.{'.'.join(parts[:end])}"


def _count_users(packages: Mapping[str, Mapping[str, str]]) -> Counter[str]:
    """Return how many packages of other sources depend on each package."""
    users: Counter[str] = Counter()
    for name, fields in packages.items():
        for needed in set(_NAME.findall(fields.get("Depends", ""))) & packages.keys():
            users[needed] += _source(needed, packages) != _source(name, packages)
    return users


def _source(name: str, packages: Mapping[str, Mapping[str, str]]) -> str:
    return packages[name].get("Source", name).split()[0]


def _paragraphs(data: str) -> dict[str, dict[str, str]]:
    found = {}
    for text in data.split("\n\n"):
        pairs = (line.partition(": ") for line in text.splitlines() if not line.startswith(" "))
        fields = {name: value for name, _, value in pairs}
        if "Package" in fields:
            found[fields["Package"]] = fields
    return found


def _fetch(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - whoever runs this names it
        return bytes(answer.read())


if __name__ == "__main__":
    update_table(sys.argv[1])
