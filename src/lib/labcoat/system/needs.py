"""What the shared objects of one installed package need, and which of them its code loads.

The package's code loads its modules, unless each import of one is in a `try`, and the libraries
whose names are in code that loads libraries. Others, such as plugins, are loaded by other libraries
if at all.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from labcoat.inventory.records import read_metadata, read_record
from labcoat.system.elf import SharedObject
from labcoat.system.object_files import DISK, ObjectFiles
from labcoat.system.relations import list_imports, list_modules, read_requirements

_OBJECT = re.compile(r"\.so(\.[\w.+-]+)*$")
# What every system has whose Python the wheel's tags allow: glibc or musl, and what Python needs.
CORE = re.compile(
    r"(ld-linux|ld64|ld-musl-|libc\.musl-)[\w.-]*"
    r"|lib(c|m|dl|rt|util|pthread|resolv|anl|gcc_s|stdc\+\+|BrokenLocale|z|expat)\.so\.\d+"
)
_ASIDE = re.compile(r"/(tests?|testing|examples?|demos?|docs|benchmarks?)/")
_MOST_SOURCE = 1 << 22
_IMPORT = re.compile(
    rb"^([ \t]*)(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]*(\([^)]*\)|[^\n(]*)", re.MULTILINE
)
_WORD = re.compile(rb"\w+")
# How code loads a library by its name: ctypes, cffi, and frameworks of their own.
_LOADS = re.compile(rb"ctypes|cffi|dlopen|CDLL|load_?(op_)?library", re.IGNORECASE)
_CATCHING = {"ImportError", "ModuleNotFoundError", "OSError", "Exception", "BaseException"}


class Package(NamedTuple):
    """One installed distribution: its metadata's directory, and the files that RECORD lists.

    They are read from `disk`.
    """

    folder: str
    site: str
    files: list[str]
    disk: ObjectFiles = DISK


def list_packages(site: str, prefix: str, disk: ObjectFiles = DISK) -> Iterator[Package]:
    """Yield the distributions in `site`, with those of their files that are in the environment."""
    try:
        infos = sorted(name for name in disk.list_names(site) if name.endswith(".dist-info"))
    except OSError:
        return
    for info in infos:
        folder = os.path.join(site, info)
        paths = (
            os.path.normpath(os.path.join(site, one))
            for one, _, _ in read_record(folder, disk) or ()
        )
        inside = [path for path in paths if path.startswith((site + os.sep, prefix + os.sep))]
        yield Package(folder, site, inside, disk)


def read_package(package: Package, machine: tuple[int, int]) -> dict[str, Any]:
    """Return what a package needs; system.records.PackageNeeds describes the shape.

    Objects for another machine are left out, except modules: an import of one fails.
    """
    name, version, tags = read_metadata(package.folder, package.disk)
    objects: dict[str, SharedObject] = {}
    damaged: dict[str, str] = {}
    for path in package.files:
        if not _OBJECT.search(path):
            continue
        try:
            found = package.disk.read_object(path)
        except ValueError as error:
            damaged[_short(path, package)] = f"is damaged: {error}"
            continue
        except OSError:
            continue  # the proof names missing files
        if found is None:
            continue
        if found.machine == machine:
            objects[path] = found
        elif _is_module(path, found, package) and _has_abi(path):
            damaged[_short(path, package)] = "is for another kind of machine"
    graph = _Graph(package, objects)
    return {
        "name": name,
        "version": version,
        "tags": tags,
        "objects": graph.describe_objects(),
        "damaged": damaged,
        **read_requirements(package.folder, package.disk),
        "imports": graph.list_imports(),
        "modules": list_modules(package.files, package.site) if objects or damaged else [],
    }


class _Graph:
    """The objects of one package, and which of them load which."""

    def __init__(self, package: Package, objects: dict[str, SharedObject]) -> None:
        self.package, self.objects = package, objects
        self.own = {name: path for path, one in objects.items() for name in _names(path, one)}

    def describe_objects(self) -> list[dict[str, Any]]:
        modules = {
            path for path, one in self.objects.items() if _is_module(path, one, self.package)
        }
        roots = modules - self._find_guarded(filter(self._is_foreign, modules))
        reached = self._reach([*roots])
        others = self.objects.keys() - reached - modules
        roots |= {path for path in others if self._is_foreign(path) and self._is_named(path)}
        return [
            {
                "path": _short(path, self.package),
                "name": one.name,
                "needed": one.needed,
                "rpath": one.rpath,
                "runpath": one.runpath,
                "wanted": one.wanted,
                "is_root": path in roots,
            }
            for path, one in sorted(self.objects.items())
        ]

    def list_imports(self) -> list[str]:
        """Return the modules that code imports which may load libraries for the package.

        Nothing if it needs none but its own and those that every system has.
        """
        if not any(self._is_foreign(path) for path in self.objects):
            return []
        return list_imports(
            data
            for path, data in self._sources.items()
            if os.path.basename(path) == "__init__.py" or _LOADS.search(data)
        )

    def _reach(self, starts: Sequence[str]) -> set[str]:
        """Return the objects that loading those in `starts` loads, with themselves."""
        found, waiting = set(starts), list(starts)
        while waiting:
            for library in self.objects[waiting.pop()].needed:
                path = self.own.get(library, "")
                if path and path not in found:
                    found.add(path)
                    waiting.append(path)
        return found

    def _is_foreign(self, path: str) -> bool:
        """Return whether loading `path` needs something that not every system has."""
        needed = {library for one in self._reach([path]) for library in self.objects[one].needed}
        return any(one not in self.own and not CORE.fullmatch(one) for one in needed)

    def _find_guarded(self, modules: Iterable[str]) -> set[str]:
        """Return the `modules` that the package imports only where they may be missing.

        If its __init__.py does, the package works without, whatever other modules of it import.
        """
        stems = {path: os.path.basename(path).split(".")[0] for path in modules}
        plain, indented = self._index_imports({*stems.values()})
        found = set()
        for path, stem in stems.items():
            sources = sorted(indented.get(stem, ()))
            starts = [one for one in sources if os.path.basename(one) == "__init__.py"]
            if self._guards_all(starts, stem) or (
                stem not in plain and self._guards_all(sources, stem)
            ):
                found.add(path)
        return found

    def _guards_all(self, sources: Sequence[str], stem: str) -> bool:
        """Return whether these sources import a module called `stem`, each time in a `try`."""
        found = [guarded for one in sources for guarded in _imports(self._sources[one], stem)]
        return bool(found) and all(found)

    def _is_named(self, path: str) -> bool:
        """Return whether code that loads libraries has the name of this one, or imports the name.

        Other code hands it on, such as to a compiler that loads a plugin for some processor.
        """
        word = os.path.basename(path).partition(".so")[0].encode()
        pattern = re.compile(rb"\b" + re.escape(word) + rb"\b")
        named = [
            one for one, data in self._sources.items() if word in data and pattern.search(data)
        ]
        if any(_LOADS.search(self._sources[one]) for one in named):
            return True
        stems = {_module_stem(one) for one in named}
        return bool(stems) and any(
            _LOADS.search(data) and self._imports_any(data, stems)
            for data in self._sources.values()
        )

    @staticmethod
    def _imports_any(data: bytes, stems: set[str]) -> bool:
        """Return whether an import in `data` has one of these names."""
        return any(
            not stems.isdisjoint(word.decode() for word in _WORD.findall(module + b" " + names))
            for _, module, names in _IMPORT.findall(data)
        )

    @cached_property
    def _sources(self) -> dict[str, bytes]:
        found = {}
        for path in self.package.files:
            if path.endswith(".py") and not _ASIDE.search(path[len(self.package.site) :]):
                try:
                    found[path] = self.package.disk.read(path, _MOST_SOURCE)
                except OSError:
                    continue
        return found

    def _index_imports(self, stems: set[str]) -> tuple[set[str], dict[str, set[str]]]:
        """Return which of `stems` a source imports at its top level, and the others' sources."""
        plain: set[str] = set()
        indented: dict[str, set[str]] = {}
        wanted = [stem.encode() for stem in stems]
        for path, data in self._sources.items() if stems else ():
            if not any(stem in data for stem in wanted):
                continue
            for indent, module, names in _IMPORT.findall(data):
                words = _WORD.findall(names) + _WORD.findall(module)[-1:]
                for stem in stems.intersection(word.decode() for word in words):
                    if indent:
                        indented.setdefault(stem, set()).add(path)
                    else:
                        plain.add(stem)
        return plain, indented


def _imports(data: bytes, stem: str) -> Iterator[bool]:
    """Yield, for each import of a module called `stem`, whether its failure is caught."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, guarded = waiting.pop()
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names] + [(node.module or "").split(".")[-1]]
            if stem in names:
                yield guarded
        elif isinstance(node, ast.Import):
            if any(alias.name.split(".")[-1] == stem for alias in node.names):
                yield guarded
        elif isinstance(node, ast.Try):
            inside = guarded or any(_catches(handler) for handler in node.handlers)
            waiting += [(each, inside) for each in node.body]
            rest = [*node.handlers, *node.orelse, *node.finalbody]
            waiting += [(each, guarded) for each in rest]
            continue
        waiting += [(each, guarded) for each in ast.iter_child_nodes(node)]


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(one, ast.Name) and one.id in _CATCHING for one in ast.walk(handler.type))


def _module_stem(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == "__init__.py" else name[: -len(".py")]


def _names(path: str, one: SharedObject) -> set[str]:
    return {os.path.basename(path), one.name} - {""}


def _is_module(path: str, one: SharedObject, package: Package) -> bool:
    """Return whether Python can import this object."""
    folder, name = os.path.split(path)
    if not path.startswith(package.site + os.sep) or not (one.is_module or _has_abi(path)):
        return False
    parts = folder[len(package.site) + 1 :].split(os.sep) if folder != package.site else []
    return all(part.isidentifier() for part in [*parts, name.split(".")[0]])


def _has_abi(path: str) -> bool:
    return bool(re.search(r"\.(cpython-[\w-]+|abi3)\.so$", path))


def _short(path: str, package: Package) -> str:
    start = package.site + os.sep
    return path[len(start) :] if path.startswith(start) else path
