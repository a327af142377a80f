"""Packages that sources import and Python cannot: they need what nothing asks for, or are too old.

An environment with all that a lock has can still hold such packages: pip and uv never import them.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

from labcoat.core import reading, terminal
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.imports.additions import advise_additions
from labcoat.imports.import_chain import Chain
from labcoat.imports.module_files import ModuleFiles
from labcoat.imports.standard_library import STANDARD
from labcoat.names import modules

_MOST_SHOWN = 4
_SOURCE = lazy_pattern(r"(?m)^([A-Za-z_][^,\n]*\.py),")
# These have a hint of their own, and bring along what they import.
_SETUPTOOLS = frozenset({"pkg_resources", "setuptools", "distutils"})


class Unimportable(Record):
    """A package that cannot be imported, and the file and line where that ends.

    It needs `module`; this is empty if the file is not in the syntax of the environment's Python,
    and so it is for a module of the package itself, which only Python 2 finds.
    """

    package: str
    version: str
    module: str
    place: str

    def describe(self, minor: str) -> str:
        """Return a sentence about it, without its full stop."""
        subject, place = f"{self.package} {self.version}", f"({self.place})"
        if self.module:
            return f"{subject} imports `{self.module}` and does not ask for it {place}"
        return f"{subject} is not for Python {minor} {place}"


def find_unimportable(
    site_packages: Path, minor: str, imported: Collection[str]
) -> Iterator[Unimportable]:
    """Yield the packages of `imported`, dotted modules, that Python `minor` cannot import.

    Only what runs at every import counts. Nothing is executed. A wheel that was made for this
    machine's Python is passed over: somebody has tried that.
    """
    files = ModuleFiles(site_packages)
    present = [module for module in imported if not files.find_missing(module)]
    tops = {module.partition(".")[0] for module in present} - _SETUPTOOLS

    @cache
    def is_lacking(name: str) -> bool:
        is_known = name in STANDARD or name in _SETUPTOOLS or name in {"__main__", ""}
        return not (is_known or modules.is_platform_module(name)) and bool(files.find_missing(name))

    for folder in sorted(site_packages.glob("*.dist-info")):
        if "-none-any" not in _read(folder / "WHEEL", 1 << 16):
            continue
        paths = frozenset(_SOURCE.findall(_read(folder / "RECORD", 1 << 26)))
        parses = _is_older(minor) and not _names_python(folder / "METADATA", minor)
        parts = {path.partition("/")[0].removesuffix(".py") for path in paths}
        for top in sorted(tops & parts):
            chain = Chain(site_packages, top, paths)
            start = [each for each in present if each.startswith(f"{top}.")]
            if found := _follow(chain, is_lacking, start, parses=parses):
                name, _, version = folder.name.removesuffix(".dist-info").partition("-")
                yield Unimportable(normalize_name(name), version, *found)
                break


def _follow(
    chain: Chain, is_lacking: Callable[[str], bool], start: Iterable[str], *, parses: bool
) -> tuple[str, str] | None:
    found = chain.find_needed(is_lacking, start, parses=parses)
    if not found:
        return None
    needed, place = found
    # Python 2 looks for a module in the folder of the one that imports it.
    beside = place.rpartition(":")[0].rpartition("/")[0].replace("/", ".")
    is_beside = needed and beside and chain.find_source(f"{beside}.{needed}")
    return ("" if is_beside else needed), place


def warn_of_unimportable(
    imported: Collection[str], site_packages: Path, minor: str, environment: str, source: str
) -> None:
    """Print a warning that names the packages of `environment` that cannot be imported.

    The hint has the lines for the file `source`.
    """
    found = list(find_unimportable(site_packages, minor, imported))
    if not found:
        return
    shown = [each.describe(minor) for each in found]
    needed = {modules.package_of(each.module) or each.module for each in found if each.module}
    old = sorted({f"`{each.package}`" for each in found if not each.module})
    hints = [advise_additions({source: sorted(needed)})] if needed else []
    if old:
        ask = "ask" if hints else "Ask"
        names = terminal.join_some(old, _MOST_SHOWN)
        hints.append(f"{ask} for a newer version of {names} in {source}, if there is one")
    terminal.print_warning(
        f"packages in `{environment}` cannot be imported: {terminal.join_some(shown, _MOST_SHOWN)}",
        "; ".join(hints),
    )


def _is_older(minor: str) -> bool:
    """Whether this Python can parse all that `minor` can."""
    return int(minor.partition(".")[2]) <= sys.version_info[1]


def _names_python(metadata: Path, minor: str) -> bool:
    return f"Classifier: Programming Language :: Python :: {minor}\n" in _read(metadata, 1 << 16)


def _read(path: Path, most: int) -> str:
    data = reading.read_regular(path, most, follow=True)  # an installer may have made links
    return data.decode("utf-8", "replace")
