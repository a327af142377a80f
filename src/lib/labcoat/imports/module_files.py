"""Whether a module is among the files of an environment, or its packages may define it in code.

An import looks for the file of `a.b.c` on the path of `a.b`, not for an attribute of it: what a
module answers by `__getattr__` cannot be imported so. But code can put modules into `sys.modules`,
add folders to a package's `__path__`, or add an importer. What might be defined so counts as there.
"""

import os
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from labcoat.core import reading
from labcoat.core.patterns import lazy_pattern

_MOST_TEXT = 1 << 20  # bytes of a source
_MOST_BINARY = 1 << 27  # bytes of a compiled module
_MOST_SEARCHED = 1 << 27  # bytes of all sources of a package
_FILE = lazy_pattern(r"(?P<name>[^.]+)\.(?:pyi?|pyc|so|pyd|[\w-]+\.so|[\w-]+\.pyd)$")
# What adds modules by names that it need not contain: in a package's __init__, and anywhere in it.
_IMPORTERS = lazy_pattern(
    rb"\b(?:meta_path|path_hooks|initpkg|lazy_module|ShimModule|\w*Importer)\b"
)
_ADDS_IMPORTER = lazy_pattern(
    rb"\b(?:meta_path|path_hooks)\s*\.\s*(?:append|insert|extend)"
    rb"|\bsys\.(?:meta_path|path_hooks)(?:\[[^]\n]{0,200}\])?\s*\+?=(?!=)"
)
# Code that adds folders or modules, whose names are in it or are those of files.
_TRICKS = lazy_pattern(
    rb"\bmodules\s*\[|\bmodules\.(?:setdefault|update|__setitem__)|\bsys\s+import\s.{0,200}\bmodules\b"
    rb"|__path__|\bextend_path\b|\bmeta_path\b|\bModuleType\b|\bnew_module\b|\bmodule_from_spec\b"
)


class ModuleFiles:
    """The modules in `folders`: site-packages, and what its .pth files add."""

    def __init__(self, site_packages: Path) -> None:
        self.site_packages = site_packages
        self.folders = (site_packages, *_linked_folders(site_packages))

    def find_missing(self, module: str) -> str:
        """Return the first part of `a.b.c` that is missing: `a`, `a.b` or `a.b.c`; empty if none.

        A part that code may define is not missing.
        """
        parts = module.split(".")
        folders: Sequence[Path] = self.folders
        parents: list[Path] = []
        for count, part in enumerate(parts, 1):
            below = [path for folder in folders for path in _find_module(folder, part)]
            if not below:
                is_missing = count == 1 or not self._may_define(parts[0], parents, part)
                return ".".join(parts[:count]) if is_missing else ""
            parents += below
            folders = [path for path in below if path.is_dir()]
            if not folders and (count == 1 or any(path.suffix != ".py" for path in below)):
                return ""  # a compiled module, or one alone: what others it uses may define more
        return ""

    def is_namespace(self, module: str) -> bool:
        """Whether `a` of `a.b` is a folder that several packages share."""
        parent = module.rpartition(".")[0].replace(".", "/")
        found = [folder / parent for folder in self.folders if (folder / parent).is_dir()]
        return bool(found) and not any((folder / "__init__.py").exists() for folder in found)

    def _may_define(self, top: str, parents: Sequence[Path], name: str) -> bool:
        """Whether the code of the packages `parents`, or of others in `top`, may define `name`."""
        word = _word(name)
        texts = [_read(path / "__init__.py" if path.is_dir() else path) for path in parents]
        return (
            any(word.search(text) or _IMPORTERS.search(text) for text in texts)
            or (any(map(_TRICKS.search, texts)) and self._is_recorded(name))
            # Such a module alone may answer with the `__path__` of another.
            or any(not path.is_dir() and b"__getattr__" in _read(path) for path in parents)
            or any(_names_in_binary(path, name) for path in parents if path.is_dir())
            or any(_is_defined_below(folder / top, name) for folder in self.folders)
        )

    def _is_recorded(self, name: str) -> bool:
        """Whether any file or folder that was installed has the name of the module."""
        return any(f"{around[0]}{name}{around[1]}" in self._records for around in _AROUND)

    @cached_property
    def _records(self) -> str:
        found = [_read(file, _MOST_SEARCHED) for file in self._record_files()]
        return "\n" + b"\n".join(found).decode("utf-8", "replace")

    def _record_files(self) -> Iterator[Path]:
        for pattern in ("*.dist-info/RECORD", "*.egg-info/SOURCES.txt"):
            yield from self.site_packages.glob(pattern)


_AROUND = (("/", "/"), ("/", "."), ("\n", "/"), ("\n", "."))


def _find_module(folder: Path, name: str) -> Iterator[Path]:
    """Yield the package or the file that is the module `name` in `folder`.

    A file goes before a folder without `__init__.py`, which may hold stubs of a compiled module.
    """
    is_folder = (folder / name).is_dir()
    if is_folder and (folder / name / "__init__.py").is_file():
        yield folder / name
        return
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(f"{name}.")]
    except OSError:
        names = []
    files = [each for each in names if (found := _FILE.match(each)) and found["name"] == name]
    if files or is_folder:
        yield from [folder / each for each in files] or [folder / name]


def _names_in_binary(folder: Path, name: str) -> bool:
    """Whether a compiled module in `folder` has the text `name`; one that is too large may."""
    for path in (each for ending in ("so", "pyd") for each in folder.glob(f"*.{ending}")):
        data = _read(path, _MOST_BINARY + 1)
        if name.encode() in data or len(data) > _MOST_BINARY:
            return True
    return False


def _is_defined_below(package: Path, name: str) -> bool:
    """Whether a source in `package` adds modules or folders and has the name, or adds an importer.

    A package that is too large to tell may have one.
    """
    word, encoded, left = _word(name), name.encode(), _MOST_SEARCHED
    for folder, folders, names in os.walk(package):
        folders[:] = [each for each in folders if each not in {"tests", "test", "testing"}]
        for path in (f"{folder}/{each}" for each in names if each.endswith(".py")):
            data = _read(path)
            left -= len(data)
            if left < 0:
                return True
            is_named = encoded in data and word.search(data)
            if is_named and _TRICKS.search(data):
                return True
            if (b"meta_path" in data or b"path_hooks" in data) and _ADDS_IMPORTER.search(data):
                return True
    return False


def _word(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\b%s\b" % re.escape(name.encode()))


def _read(path: Path | str, most: int = _MOST_TEXT) -> bytes:
    return reading.read_regular(path, most, follow=True)  # an installer may have made links


def _linked_folders(site_packages: Path) -> Iterator[Path]:
    """Yield the folders that .pth files add, as an editable installation's does."""
    for file in sorted(site_packages.glob("*.pth")):
        for line in _read(file).decode("utf-8", "replace").splitlines()[:100]:
            path = line.strip()
            if path and not path.startswith(("import ", "import\t", "#")):
                folder = site_packages / path
                if folder.is_dir():
                    yield folder
