"""Whether a package that exists as source only can be built with Python alone.

The source is downloaded and its names are read; nothing of it runs.
"""

import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from functools import lru_cache

from labcoat.adoption.pins.lines import Line
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.locking.known_packages import is_popular
from labcoat.names.removed_modules import find_removal
from labcoat.toolchain import package_index
from labcoat.toolchain.package_index import ListedFile

BUILT = "has no wheel: LABCOAT_NO_BINARY builds it, which runs its code"
_PYPROJECT = lazy_pattern(r"[^/]+/pyproject\.toml")
_SETUP = lazy_pattern(r"[^/]+/setup\.py")
# setuptools writes what a package needs beside it, other tools write it to the metadata.
_REQUIRES = lazy_pattern(r"(?:[^/]+/){1,2}[^/]+\.egg-info/requires\.txt")
_METADATA = lazy_pattern(r"[^/]+/PKG-INFO")
_NEED = lazy_pattern(rb"^Requires-Dist:[ \t]*(.+)$", re.MULTILINE)
# Even where only an extra needs it, pip refuses a package of an index for it.
_DIRECT = lazy_pattern(
    rb"^(?:Requires-Dist:[ \t]*)?[\w.-]+(?:\[[^\]\n]*\])?[ \t]*@[ \t]*[a-z+]+://", re.MULTILINE
)
_PKG_RESOURCES = lazy_pattern(rb"^(?:import|from)[ \t]+pkg_resources\b", re.MULTILINE)
_COMPILED = lazy_pattern(r"\.(?:c|cc|cpp|cxx|cu|f|f90|pyx|rs|go|m|i)$", re.IGNORECASE)
# Directories whose programs no build compiles.
_ASIDE = lazy_pattern(r"(?:^|/)(?:tests?|docs?|examples?|samples?|benchmarks?|node_modules)/")
_MOST_BYTES = 30 << 20
_MOST_NAMES = 50_000
_SETUP_BYTES = 1 << 20
_DAMAGES = (EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
_FAILS = (
    (re.compile(rb"use_2to3\s*=\s*True"), "needs setuptools older than 58"),
    (re.compile(rb"(?m)^\s*raise (?:RuntimeError|SystemExit|Exception|ImportError)\(.*\n\Z"),
     "refuses to be built"),
    (re.compile(rb"[\"'](?:--extra-index-url|--index-url|--find-links)[\"']"),
     "installs packages of another index when it is built"),
    (re.compile(rb"(?m)^\s*print [\"'][^\n]*$|(?i:only for python 2|for python 2(?:\.\d)? only)"
                rb"|Python :: 2 :: Only"), "is for Python 2"),
)  # fmt: skip


def find_obstacle(sdist: ListedFile, line: Line | None = None) -> str:
    """Return why the source cannot be built with Python alone, as a predicate; else nothing.

    An import's package must have a module of that name, and be known by more than that: anybody can
    upload one, and building it runs its code. What is too large to be read to its end, as pyspark
    is, has to be a popular package's.
    """
    try:
        names, texts, is_whole = _read_sdist(sdist.url, sdist.name)
    except (LabcoatError, OSError, ValueError, *_DAMAGES):
        return "cannot be read"
    if found := next((name for name in names if _is_compiled(name)), ""):
        return f"has to be compiled ({found.rpartition('/')[2]})"
    if reason := _find_fault(names, texts):
        return reason
    if not is_whole:
        is_known = is_popular(normalize_name(sdist.name.rpartition("-")[0]))
        return "" if is_known else "is too large to be looked into"
    return _find_doubt(line, names) if line is not None else ""


def _find_doubt(line: Line, names: list[str]) -> str:
    """Return why the source with the files `names` may be another package; else nothing."""
    if line.wanted.kind == "import" and not _has_module(names, line.name):
        return f"has no module `{line.name}`"
    if line.wanted.guess:
        return (
            "is known by its module's name alone, so its code is not run: if it is the right one,"
            f" write `{line.name}` here and in LABCOAT_NO_BINARY of the Makefile"
        )
    return ""


def list_needs(sdist: ListedFile) -> list[str]:
    """Return what the source says that its package needs, without extras; nothing if unknown."""
    try:
        _, texts, _ = _read_sdist(sdist.url, sdist.name)
    except (LabcoatError, OSError, ValueError, *_DAMAGES):
        return []
    for path, text in texts.items():
        if _REQUIRES.fullmatch(path):
            always = text.decode(errors="replace").partition("\n[")[0]
            return [line for line in always.splitlines() if line and not line.startswith("[")]
    found = [text for path, text in texts.items() if _METADATA.fullmatch(path)]
    return [each.decode(errors="replace") for text in found for each in _NEED.findall(text)]


def _find_fault(names: list[str], texts: Mapping[str, bytes]) -> str:
    """Return why setup.py or pip fails, by what is written in the source; else nothing."""
    if any(_DIRECT.search(text) for path, text in texts.items() if not _SETUP.fullmatch(path)):
        return "asks for a package at an address, which pip refuses"
    setup = next((text for path, text in texts.items() if _SETUP.fullmatch(path)), b"")
    if reason := next((why for pattern, why in _FAILS if pattern.search(setup)), ""):
        return reason
    # A build that names no setuptools has the newest one.
    removal = find_removal("pkg_resources")
    if removal and _PKG_RESOURCES.search(setup) and not any(map(_PYPROJECT.fullmatch, names)):
        return f"needs setuptools older than {removal.below}"
    return ""


def _is_compiled(name: str) -> bool:
    inside = name.partition("/")[2]
    return bool(_COMPILED.search(inside)) and not _ASIDE.search(inside)


def _has_module(names: list[str], package: str) -> bool:
    """Return whether a source has a module of the package's name, at its top or in a folder there.

    That folder, such as src, is no package itself.
    """
    wanted = package.replace("-", "_")
    paths = [name.partition("/")[2] for name in names]
    packages = {path.removesuffix("/__init__.py") for path in paths if path.count("/") == 1}
    tops = {path.split("/")[0] for path in paths if path != "setup.py"}
    for path in paths:
        folder, _, inside = path.partition("/")
        is_module = inside.removesuffix("/__init__.py").count("/") == 0
        if is_module and folder not in packages and not _ASIDE.search(path):
            tops.add(inside.removesuffix("/__init__.py"))
    return wanted in {_module_name(top) for top in tops}


def _module_name(path: str) -> str:
    return normalize_name(path.removesuffix(".py")).replace("-", "_")


def _is_read(path: str) -> bool:
    return any(each.fullmatch(path) for each in (_SETUP, _REQUIRES, _METADATA))


@lru_cache(maxsize=256)
def _read_sdist(url: str, name: str) -> tuple[list[str], Mapping[str, bytes], bool]:
    """Return the names in a source distribution, some files, and whether these are all names.

    Only the beginning of a large archive is read.
    """
    data = package_index.download_file(ListedFile(name, url), most=_MOST_BYTES)
    is_whole = len(data) < _MOST_BYTES
    if name.endswith(".zip"):
        return (*_read_zip(data), True) if is_whole else ([], {}, False)
    names: list[str] = []
    texts: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as tar:
            for member in tar:
                names.append(member.name.removeprefix("./"))
                if _is_read(names[-1]) and member.isfile() and member.size < _SETUP_BYTES:
                    file = tar.extractfile(member)
                    texts[names[-1]] = file.read() if file else b""
                if len(names) > _MOST_NAMES:
                    break
    except (OSError, *_DAMAGES):
        if is_whole:
            raise
    return names, texts, is_whole


def _read_zip(data: bytes) -> tuple[list[str], Mapping[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()[:_MOST_NAMES]
        read = [each for each in names if _is_read(each)]
        sizes = {each: archive.getinfo(each).file_size for each in read}
        return names, {each: archive.read(each) for each in read if sizes[each] <= _SETUP_BYTES}
