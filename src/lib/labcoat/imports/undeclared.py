"""Packages that import others and do not ask for them: modules of setuptools, and peers.

`venv` and virtualenv gave every environment setuptools before Python 3.12, so that older packages
lean on it without saying so; labcoat's environments have what is locked, and nothing else.
"""

import ast
import re
import warnings
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from labcoat.core import reading, terminal
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.imports.additions import advise_additions
from labcoat.names.peers import find_missing_peers
from labcoat.names.removed_modules import find_removal

_MOST_SOURCE = 1 << 20  # bytes
_MOST_FOLLOWED = 120  # modules of one package
_MOST_SHOWN = 4
# Tried with a Python whose environments have no setuptools of themselves.
_NEWER = lazy_pattern(
    r"(?m)^Classifier: Programming Language :: Python :: 3\.(?:1[2-9]|[2-9]\d)\s*$"
)
_REQUIRES = lazy_pattern(r"(?mi)^Requires-Dist: setuptools\b(?!.*\bextra\b)")
_TOP = lazy_pattern(r"^([A-Za-z_]\w*)(?:/__init__)?\.py,", re.MULTILINE)
_STATEMENT = re.compile(rb"\n(?:from|import)[ \t][^\n(\\]*(?:\([^)]{0,4000}\)|(?:\\\n[^\n\\]*)+)?")
_SOURCE = lazy_pattern(r"(?m)^([A-Za-z_][^,\n]*\.py),")
_NEWLINE = b"\n"
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
        described = _read(folder / "METADATA", 1 << 16).decode("utf-8", "replace")
        if _NEWER.search(described) and not _REQUIRES.search(described):
            continue
        record = _read(folder / "RECORD", 1 << 26).decode("utf-8", "replace")
        paths = frozenset(_SOURCE.findall(record))
        for top in dict.fromkeys(_TOP.findall(record)):
            if needed := _Package(site_packages, top, paths).find_needed(lacking):
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


class _Package(Record):
    """An importable package `top` of a distribution, whose sources are `paths`."""

    site_packages: Path
    top: str
    paths: frozenset[str]

    def find_needed(self, lacking: Collection[str]) -> tuple[str, str] | None:
        """Return the module that importing the package needs, and where; None if it needs none."""
        words = tuple(each.encode() for each in (self.top, *lacking))
        waiting, importers = deque([self.top]), {self.top: ""}
        while waiting and len(importers) < _MOST_FOLLOWED:
            module = waiting.popleft()
            path = self._find_source(module)
            source = self._read(path) if path else b""
            for at, name in _scan_imports(source, module, path, words):
                first = name.partition(".")[0]
                if first in lacking and self._is_certain(module, first, importers):
                    return first, f"{path}:{source.count(_NEWLINE, 0, at) + 1}"
                for each in _with_parents(name) if first == self.top else ():
                    if each not in importers and self._find_source(each):
                        importers[each] = module
                        waiting.append(each)
        return None

    def _is_certain(self, module: str, name: str, importers: Mapping[str, str]) -> bool:
        """Whether the chain of imports down to `module` stands in code, and not in texts."""
        while module:
            path = self._find_source(module)
            tree = _parse(self._read(path))
            found = (each for node in tree.body for each in _list_imported(node, module, path))
            if not any(name in _with_parents(each) for each in found):
                return False
            name, module = module, importers[module]
        return True

    def _find_source(self, module: str) -> str:
        """Return the path of a module's source; empty if it has none."""
        base = module.replace(".", "/")
        names = (f"{base}/__init__.py", f"{base}.py")
        return next((name for name in names if name in self.paths), "")

    def _read(self, path: str) -> bytes:
        return _read(f"{self.site_packages}/{path}", _MOST_SOURCE)


def _scan_imports(
    source: bytes, module: str, path: str, words: tuple[bytes, ...]
) -> Iterator[tuple[int, str]]:
    """Yield what unindented import statements import that are relative or have one of `words`.

    Each with its place in the source. Nothing else is parsed.
    """
    for found in _STATEMENT.finditer(_NEWLINE + source):
        text = found[0].strip()
        if text.startswith(b"from .") or any(word in text for word in words):
            for node in _parse(text).body:
                yield from ((found.start(), name) for name in _list_imported(node, module, path))


def _list_imported(node: ast.stmt, module: str, path: str) -> Iterator[str]:
    """Yield the modules that a statement of `module` imports, and what may be one."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parents = module.split(".")
        if not path.endswith("/__init__.py"):
            parents.pop()
        parents = parents[: len(parents) + 1 - node.level] if node.level else []
        base = ".".join([*parents, *filter(None, [node.module])])
        yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def _parse(source: bytes) -> ast.Module:
    """Return the syntax tree; an empty one for what this Python cannot parse."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _read(path: Path | str, most: int) -> bytes:
    return reading.read_regular(path, most, follow=True)  # an installer may have made links
