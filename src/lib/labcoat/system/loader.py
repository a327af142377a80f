"""Find a shared library as the loader of a machine would: ld.so(8), for glibc and musl."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from labcoat.system.elf import SharedObject
from labcoat.system.object_files import DISK, ObjectFiles

_CACHE = "etc/ld.so.cache"
_MAGIC = b"glibc-ld.so.cache1.1"
_MOST_CACHE = 1 << 26
_LIBRARY = re.compile(r"[^/]+\.so(\.[\w.]+)?")


class Search(NamedTuple):
    """Where one object has its libraries searched, besides the usual places.

    `origin` is its directory. With a `runpath`, DT_RPATH does not count.
    """

    origin: str
    rpath: Sequence[str] = ()
    runpath: Sequence[str] = ()


class Loader:
    """The loader of a machine whose files are below `root`, for what `program` loads."""

    def __init__(
        self,
        program: str,
        environ: Mapping[str, str],
        root: str = "/",
        files: ObjectFiles = DISK,
    ) -> None:
        self.root = root
        self.files = files
        self._objects: dict[str, SharedObject | None] = {}
        program = files.real_path(program)
        own = self.read(program, is_program=True)
        self.machine = own.machine if own else (0, 0)
        self.preset = environ.get("LD_LIBRARY_PATH", "").replace(";", ":").split(":")
        self.folders = _default_folders(root, files)
        self.cache = read_cache(os.path.join(root, _CACHE), files)
        self.rpath = [
            folder.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", os.path.dirname(program))
            for folder in (own.rpath if own else ())
        ]
        self.loaded: dict[str, str] = {}
        if own:
            self._load(own, os.path.dirname(program))

    def read(self, path: str, is_program: bool = False) -> SharedObject | None:
        """Return the shared object at `path`; None if there is none, or if it is damaged."""
        if path not in self._objects:
            try:
                self._objects[path] = self.files.read_object(path, is_program)
            except (OSError, ValueError):
                self._objects[path] = None
        return self._objects[path]

    def find(self, library: str, search: Search) -> str:
        """Return the file that an object gets for `library`; empty if the loader finds none."""
        if "/" in library:
            return next((path for path in _expand([library], search) if self._fits(path)), "")
        for folder in self._search_folders(search):
            path = os.path.join(folder, library)
            if self._fits(path):
                return path
        if library in self.loaded:  # whatever has this name is taken
            return self.loaded[library]
        usual = [os.path.join(folder, library) for folder in self.folders]
        known: list[str] = self.cache.get(library, [])
        return next((path for path in known + usual if self._fits(path)), "")

    def names(self) -> list[str]:
        """Return the names of all libraries that every object finds."""
        found = {*self.cache, *self.loaded}
        for folder in self.folders:
            try:
                found.update(filter(_LIBRARY.fullmatch, self.files.list_names(folder)))
            except OSError:
                continue
        return sorted(found)

    def _search_folders(self, search: Search) -> Iterator[str]:
        if not search.runpath:
            yield from _expand(search.rpath, search)
            yield from self.rpath
        yield from (folder for folder in self.preset if folder.startswith("/"))
        yield from _expand(search.runpath, search)

    def _fits(self, path: str) -> bool:
        # Most names are looked for in several directories, and reading is slower.
        found = self.read(path) if self.files.exists(path) else None
        return found is not None and found.machine == self.machine

    def _load(self, first: SharedObject, origin: str) -> None:
        """Keep what the program itself loads: an object that needs it gets the same."""
        waiting = [(first, origin)]
        while waiting:
            one, folder = waiting.pop()
            for library in one.needed:
                path = self.find(library, Search(folder, one.rpath, one.runpath))
                found = self.read(path) if path else None
                if found and library not in self.loaded:
                    self.loaded[library] = path
                    waiting.append((found, os.path.dirname(path)))


def read_cache(path: str, files: ObjectFiles = DISK) -> dict[str, list[str]]:
    """Return the paths in a cache of ldconfig by library; none if it is missing or damaged."""
    try:
        data = files.read(path, _MOST_CACHE)
        start = data.index(_MAGIC)
        (count,) = struct.unpack_from("=I", data, start + len(_MAGIC))
        found: dict[str, list[str]] = {}
        for index in range(min(count, len(data) // 24)):
            _, name, value, _, _ = struct.unpack_from("=iIIIQ", data, start + 48 + 24 * index)
            found.setdefault(_text(data, start + name), []).append(_text(data, start + value))
    except (OSError, ValueError, struct.error):
        return {}
    return found


def _text(data: bytes, start: int) -> str:
    return data[start : data.index(b"\0", start)].decode("utf-8", "surrogateescape")


def _default_folders(root: str, files: ObjectFiles) -> list[str]:
    """Return the directories that are searched by default, in their order."""
    if paths := _musl_folders(root, files):
        return paths
    names: list[tuple[str, str]] = []
    for top in ("lib", "usr/lib"):
        try:
            inside = sorted(files.list_names(os.path.join(root, top)))
        except OSError:
            inside = []
        names += [(top, name) for name in inside if name.endswith(("-linux-gnu", "-gnueabihf"))]
    folders = [os.path.join(root, top, name) for top, name in names]
    return folders + [os.path.join(root, name) for name in ("lib64", "usr/lib64", "lib", "usr/lib")]


def _musl_folders(root: str, files: ObjectFiles) -> list[str]:
    """Return the directories of musl's loader; none if it is not here."""
    try:
        names = files.list_names(os.path.join(root, "lib"))
    except OSError:
        return []
    for name in names:
        if name.startswith("ld-musl-"):
            chosen = os.path.join(root, "etc", name.partition(".so")[0] + ".path")
            try:
                return re.split(r"[:\n]+", files.read(chosen).decode().strip())
            except (OSError, ValueError):
                return [os.path.join(root, one) for one in ("lib", "usr/local/lib", "usr/lib")]
    return []


def _expand(folders: Sequence[str], search: Search) -> Iterator[str]:
    """Replace $ORIGIN. Those with other variables are left out: they differ between machines."""
    for folder in folders:
        found = re.sub(r"\$(ORIGIN\b|\{ORIGIN\})", lambda _: search.origin, folder)
        if "$" not in found and found.startswith("/"):
            yield os.path.normpath(found)
