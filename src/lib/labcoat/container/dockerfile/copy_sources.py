"""Files of a build context or stage that the sources of a COPY or ADD match.

Source: tonistiigi/fsutil `copy` (ResolveWildcards, FollowLinks); checked against real builds in
tests/integration.
"""

import posixpath
import stat
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from labcoat.container.dockerfile.parser import Dockerfile
from labcoat.container.dockerignore.filepath_match import filepath_match
from labcoat.core.patterns import lazy_pattern

_WILDCARD = lazy_pattern(r"[*?\[\\]")
_MOST_UNPACKED = 1 << 31  # bytes of an archive to read: a small file can contain any number
_MOST_LINKS = 255  # symlinks followed for one source, as fsutil does


class CopySource(NamedTuple):
    """A match of a source: `name` as matched, `path` with symlinks followed, and its `files`."""

    name: str
    path: str
    files: list[str]

    @property
    def is_file(self) -> bool:
        """Whether it is a file, or a dangling symlink."""
        return self.files == [self.path]


class SourceTree:
    """Files of the context or of a stage; `read_link` returns the target of a symlink or None."""

    def __init__(self, files: Iterable[str], read_link: Callable[[str], str | None]) -> None:
        self.paths = list(files)
        self._read_link = read_link
        self._below: dict[str, list[str]] = {}  # the files of folders that were asked for

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(self.paths)

    @cached_property
    def _folders(self) -> set[str]:
        """The folders that contain any of the files; the root is an empty string."""
        found = {""}
        for path in self.paths:
            folder = path
            while (folder := folder.rpartition("/")[0]) and folder not in found:
                found.add(folder)
        return found

    def find_sources(self, source: str) -> list[CopySource]:
        """Return the folders and files that `source` matches, with symlinks followed."""
        source = posixpath.normpath("/" + source).lstrip("/")
        literal, pattern = split_wildcards(source)
        if not pattern:
            return self._find_literal(source)
        base = self._resolve_symlinks(literal)
        if base is None:
            return []
        prefix = f"{base}/" if base else ""
        lead = prefix + _WILDCARD.split(pattern, maxsplit=1)[0]
        candidates = (
            path for path in (*self._files, *self._folders) if path and path.startswith(lead)
        )
        if "[" not in pattern:  # nothing else matches a slash
            depth = prefix.count("/") + pattern.count("/")
            candidates = (path for path in candidates if path.count("/") == depth)
        matches = sorted(
            (path for path in candidates if filepath_match(pattern, path[len(prefix) :])),
            key=lambda path: path.split("/"),  # as the builder walks: folder by folder
        )
        return [found for path in matches for found in self._find_literal(path)]

    def _find_literal(self, source: str) -> list[CopySource]:
        path = self._resolve_symlinks(source)
        name = posixpath.basename(source)
        if path is None:
            return []
        if not path:
            return [CopySource(name, "", self.paths)] if self.paths else []
        if path in self._files:
            return [CopySource(name, path, [path])]
        if path in self._folders:
            if path not in self._below:
                below = f"{path}/"
                self._below[path] = [each for each in self.paths if each.startswith(below)]
            return [CopySource(name, path, self._below[path])]
        return []

    def _resolve_symlinks(self, path: str) -> str | None:
        """Return `path` with symlinks followed, as BuildKit does; None for a cycle of them."""
        hops = 0
        done: list[str] = []
        parts = [part for part in path.split("/") if part]
        while parts:
            part = parts.pop(0)
            if part == "..":
                done = done[:-1]
                continue
            here = "/".join([*done, part])
            target = self._read_link(here) if here in self._files else None
            if target is None:
                done.append(part)
                continue
            hops += 1
            if hops > _MOST_LINKS:
                return None
            done = [] if target.startswith("/") else done
            parts = [each for each in target.split("/") if each not in ("", ".")] + parts
        return "/".join(done)


def names_source(parsed: Dockerfile, path: str) -> bool:
    """Whether a COPY or ADD names the file `path` itself, so that a build needs it."""
    return any(
        each.name in ("COPY", "ADD")
        and each.flag("from") is None
        and any(posixpath.normpath("/" + word)[1:] == path for word in each.words[:-1])
        for stage in parsed.stages
        for each in stage.instructions
    )


def context_tree(files: Iterable[str], root: Path) -> SourceTree:
    """Return the tree of the context `root`, of which `files` are sent."""

    def read_link(path: str) -> str | None:
        try:
            return str((root / path).readlink())
        except OSError:
            return None

    return SourceTree(files, read_link)


def split_wildcards(source: str) -> tuple[str, str]:
    """Return the folders before the first one with a wildcard, and the rest."""
    parts = source.split("/")
    wild = (index for index, part in enumerate(parts) if _WILDCARD.search(part))
    first = next(wild, len(parts))
    return "/".join(parts[:first]), "/".join(parts[first:])


def list_archive(path: Path) -> list[str]:
    """Return the files in a tar archive that ADD unpacks; empty if `path` is anything else."""
    import tarfile

    found: list[str] = []
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return []
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.isdir():
                    found.append(posixpath.normpath(member.name))
                if member.offset_data + member.size > _MOST_UNPACKED:
                    break
    except (OSError, tarfile.TarError, EOFError, ValueError, MemoryError):
        return []
    return found
