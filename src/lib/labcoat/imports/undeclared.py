"""Packages that import others and do not ask for them: modules of setuptools, and peers.

`venv` and virtualenv gave every environment setuptools before Python 3.12, and much else asks for
it, so that packages lean on it without saying so; labcoat's environments have what is locked.
"""

import re
from collections.abc import Collection
from pathlib import Path

from labcoat.core import reading, terminal
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.imports.additions import advise_additions
from labcoat.imports.import_chain import Chain
from labcoat.names.peers import find_missing_peers
from labcoat.names.removed_modules import find_removal

_MOST_SHOWN = 4
_TOP = lazy_pattern(r"^([A-Za-z_]\w*)(?:/__init__)?\.py,", re.MULTILINE)
_SOURCE = lazy_pattern(r"(?m)^([A-Za-z_][^,\n]*\.py),")
_BUILD_TOOLS = frozenset({"setuptools", "pip", "wheel", "distribute"})


class Undeclared(Record):
    """A package whose import needs `module`; `place` is the file and line in the environment."""

    package: str
    version: str
    module: str
    place: str

    def describe(self) -> str:
        """Return a sentence about it, without its full stop."""
        return f"{self.package} {self.version} imports `{self.module}` and does not ask for it"


def setuptools_requirement() -> str:
    """Return the requirement with all of setuptools' modules."""
    removal = find_removal("pkg_resources")
    return f"{removal.package}<{removal.below}" if removal else "setuptools"


def find_undeclared(site_packages: Path, lacking: Collection[str]) -> list[Undeclared]:
    """Return the packages that cannot be imported because a module in `lacking` is missing.

    Only what importing a package itself runs counts, and what no condition or `try` is around.
    Nothing is executed.
    """
    found = []
    for folder in sorted(site_packages.glob("*.dist-info")):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        if normalize_name(name) in _BUILD_TOOLS:
            continue
        record = _read(folder / "RECORD", 1 << 26).decode("utf-8", "replace")
        paths = frozenset(_SOURCE.findall(record))
        for top in dict.fromkeys(_TOP.findall(record)):
            if needed := Chain(site_packages, top, paths).find_needed(lacking.__contains__):
                found.append(Undeclared(normalize_name(name), version, *needed))
                break
    return found


def warn_of_undeclared(site_packages: Path, minor: str, environment: str, source: str) -> None:
    """Print a warning that names what packages of `environment` need and do not ask for.

    The hint has the line for the file `source`.
    """
    if (site_packages / "pkg_resources").is_dir():
        return
    lacking = lacking_modules(minor, has_setuptools=(site_packages / "setuptools").is_dir())
    if found := find_undeclared(site_packages, lacking):
        names = [f"{each.describe()} ({each.place})" for each in found]
        terminal.print_warning(
            f"`{environment}` has no setuptools with what packages import:"
            f" {terminal.join_some(names, _MOST_SHOWN)}",
            advise_additions({source: [setuptools_requirement()]}),
        )


def warn_of_missing_peers(site_packages: Path, environment: str, source: str) -> None:
    """Print a warning that names what packages of `environment` leave to their user to install.

    The hint has the line for the file `source`.
    """
    names = (folder.name.removesuffix(".dist-info") for folder in site_packages.glob("*.dist-info"))
    parts = (name.partition("-") for name in names)
    for each in find_missing_peers({normalize_name(name): version for name, _, version in parts}):
        terminal.print_warning(
            f"`{environment}` has no {each.package}: {each.describe()}",
            advise_additions({source: [each.package]}),
        )


def lacking_modules(minor: str, *, has_setuptools: bool) -> tuple[str, ...]:
    """Return what an environment of Python `minor` lacks without setuptools, or with a later one.

    Python 3.12 is the first without distutils, which setuptools has.
    """
    if has_setuptools:
        return ("pkg_resources",)
    is_new = int(minor.partition(".")[2]) >= 12
    return ("pkg_resources", "setuptools", *(["distutils"] if is_new else []))


def _read(path: Path | str, most: int) -> bytes:
    return reading.read_regular(path, most, follow=True)  # an installer may have made links
