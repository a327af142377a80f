"""What is around the environment in an image, compared with the base image's own files.

If only labcoat's steps made the image, each file must be the base's or labcoat's. A project's own
steps may write any file, so that then only those count which decide what code Python runs: the
interpreter and its standard library, the loader and the libraries that the base has, and the
programs on PATH that start Python.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

from labcoat.container.filesystem import loader
from labcoat.container.filesystem.configuration import compare_configuration
from labcoat.container.filesystem.dpkg_records import DpkgRecords
from labcoat.container.filesystem.image_python import ImagePython
from labcoat.container.filesystem.programs import compare_programs
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, replace
from labcoat.inventory.code_paths import byte_code
from labcoat.inventory.code_paths.byte_code import CompiledFile
from labcoat.inventory.file_finding import FileFinding

_MOST = 50
# Engines write these into each container, the export's among them.
_ENGINES = lazy_pattern(
    r"\.dockerenv|(dev|proc|sys)(/.*)?|etc/(hosts|hostname|resolv\.conf|mtab)"
    r"|run(/\.containerenv|/secrets(/.*)?)?"
)
_USERS = {
    "etc/passwd": b"labcoat:x:1000:1000::/home/labcoat:/bin/sh",
    "etc/group": b"labcoat:x:1000:",
}
_NEW, _OTHER, _GONE = (
    "is not in the base image",
    "is not the base image's",
    "is in the base image, but not in this one",
)


class Surroundings(Record):
    """An image, its base, its Python, the variables of its settings, and its working directory."""

    files: ExportedFiles
    base: ExportedFiles
    python: ImagePython
    variables: Mapping[str, str]
    workdir: str

    def compare_all(self) -> Iterator[FileFinding]:
        """Yield each file outside of the environment and the project that is not the base's."""
        found = [*self._compare_all()]
        yield from found[:_MOST]
        if len(found) > _MOST:
            more = f"has {len(found) - _MOST} more files that are not the base image's"
            yield FileFinding("base", "the image", more)

    def _compare_all(self) -> Iterator[FileFinding]:
        ours, theirs = self.files.entries, self.base.entries
        own = tuple(f"{one}/" for one in (self.python.prefix, self.workdir.strip("/")) if one)
        above = {one for path in own for one in _parents(path.rstrip("/"))}
        new = "\0"
        for path in sorted(ours.keys() | theirs.keys()):
            if path.startswith((*own, new)) or path in above or _ENGINES.fullmatch(path):
                continue
            one, other = ours.get(path), theirs.get(path)
            if path in _USERS and one and other and self._has_user(path, other):
                continue
            if one is None:
                yield FileFinding("base", f"/{path}", _GONE)
            elif other is None and one.kind == "folder":
                new = f"{path}/"  # and all that is in it
                yield FileFinding("base", f"/{new}", _NEW)
            elif other is None:
                yield FileFinding("base", f"/{path}", _NEW)
            elif not _is_same(one, other):
                yield FileFinding("base", f"/{path}", _OTHER)

    def _has_user(self, path: str, other: ExportedFile) -> bool:
        """Return whether a list of users is the base's with labcoat's user in the end."""
        try:
            before = self.base.read(path)
            after = self.files.read(path)
        except OSError:
            return self.files.entries[path].digest == other.digest
        return after in {before, before + _USERS[path] + b"\n"}

    def compare_deciding(
        self, packages: DpkgRecords
    ) -> tuple[list[FileFinding], list[CompiledFile]]:
        """Return the files outside of the environment that decide which code Python runs.

        The second part is byte code of the standard library that the base does not have.
        `packages` tells which files the system's packages bring.
        """
        library, compiled = self._compare_library(packages)
        found = [
            *library,
            *self._compare_start(packages),
            *loader.compare_loader(self.files, self.base, packages),
            *compare_configuration(self.files, self.base, packages),
            *compare_programs(
                self.files, self.base, self.python, self.variables.get("PATH", ""), packages
            ),
        ]
        return found[:_MOST], compiled

    def _compare_library(
        self, packages: DpkgRecords
    ) -> tuple[list[FileFinding], list[CompiledFile]]:
        top = f"{self.python.library}/"
        if not any(path.startswith(top) for path in self.base.entries):
            return [], []  # the project's own steps installed another Python
        found, compiled = [], []
        for path, one in self.files.entries.items():
            if not path.startswith(top) or re.match(r"(site|dist)-packages(/|$)", path[len(top) :]):
                continue
            before = self.base.entries.get(path)
            if one.kind == "folder" and before is None:
                if not any(each.startswith(f"{path}/") for each in self.files.entries):
                    found.append(FileFinding("base", f"/{path}", _NEW))
            elif one.kind != "folder" and not self._is_bases(path) and not packages.has(path):
                if path.endswith(".pyc") and "/__pycache__/" in path:
                    compiled.append(path)
                else:
                    found.append(FileFinding("base", f"/{path}", _OTHER if before else _NEW))
        wrong, pairs = byte_code.pair_sources(
            compiled,
            self.python.minor,
            "/{}".format,
            lambda path: self.files.find(path) is not None,
        )
        # A source that is not the base's is reported itself. Debian's sitecustomize.py is a link.
        trusted = [
            replace(one, source=self.files.resolve(one.source))
            for one in pairs
            if self._is_bases(one.source) or packages.has(one.source)
        ]
        return [*found, *wrong], trusted

    def _is_bases(self, path: str) -> bool:
        """Return whether a file, and what a link leads to, is as in the base."""
        one, other = self.files.entries.get(path), self.base.entries.get(path)
        if one is None or other is None or not _is_same(one, other):
            return False
        if one.kind != "link":
            return True
        mine, theirs = self.files.find(path), self.base.find(path)
        return (mine.digest if mine else "") == (theirs.digest if theirs else "")

    def _compare_start(self, packages: DpkgRecords) -> Iterator[FileFinding]:
        """Yield files beside the interpreter that it obeys, and the interpreter itself."""
        home, program = self.python.home, self.python.program
        folder = posixpath.dirname(program)
        zipped = f"lib/python{self.python.minor.replace('.', '')}.zip"
        for path in (
            program,
            f"{program}._pth",
            f"{folder}/pyvenv.cfg",
            f"{folder}/pybuilddir.txt",
            f"{home}/pyvenv.cfg".lstrip("/"),
            f"{home}/{zipped}".lstrip("/"),
        ):
            entry, before = self.files.entries.get(path), self.base.entries.get(path)
            # The program itself may be one that the project's own steps installed.
            is_installed = path == program and before is None
            if entry and not (is_installed or self._is_bases(path) or packages.has(path)):
                yield FileFinding("base", f"/{path}", _OTHER if before else _NEW)


def _parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _is_same(one: ExportedFile, other: ExportedFile) -> bool:
    """Return whether two entries have the same kind, contents, link, rights and owner."""
    if one.kind != other.kind:
        return False
    if one.kind == "folder":
        return not one.mode & ~other.mode & 0o022
    return (one.digest, one.target, one.owner) == (other.digest, other.target, other.owner) and (
        one.kind == "link" or (one.mode, one.capability) == (other.mode, other.capability)
    )
