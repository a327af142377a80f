"""What the sources of a COPY or ADD name in the build context.

Source: tonistiigi/fsutil `copy` (ResolveWildcards, FollowLinks); held against real builds in tests/container.
"""

import posixpath
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from labcoat.container.dockerignore import filepath_match

_MOST_UNPACKED = (
    1 << 31
)  # bytes of an archive that are looked through; a small file can hold any number
_MOST_LINKS = 255  # symlinks followed for one source, as fsutil does


@dataclass(frozen=True)
class CopySource:
    """Something that a source names: by `name`, at `path` once symlinks are followed, with the files in or at it."""

    name: str
    path: str
    files: list[str]

    @property
    def is_file(self) -> bool:
        """Whether it is a file, or a symlink to nothing."""
        return self.files == [self.path]


class SourceTree:
    """Files, of the context or of a stage, asked for by what a source names; `link` gives where a symlink leads."""

    def __init__(self, files: Iterable[str], link: Callable[[str], str | None]) -> None:
        self.paths = list(files)
        self._link = link

    @cached_property
    def _all(self) -> frozenset[str]:
        return frozenset(self.paths)

    @cached_property
    def _folders(self) -> set[str]:
        """The folders that hold any of the files, the root as an empty text."""
        found = {""}
        for path in self.paths:
            folder = path
            while (folder := folder.rpartition("/")[0]) and folder not in found:
                found.add(folder)
        return found

    def named(self, source: str) -> list[CopySource]:
        """What `source` names: folders and files, symlinks followed."""
        source = posixpath.normpath("/" + source).lstrip("/")
        literal, pattern = split_wildcards(source)
        if not pattern:
            return self._exactly(source)
        base = self._resolved(literal)
        if base is None:
            return []
        prefix = f"{base}/" if base else ""
        every = [*self._all, *self._folders]
        matches = sorted(
            path
            for path in every
            if path
            and path.startswith(prefix)
            and filepath_match.filepath_match(pattern, path[len(prefix) :])
        )
        return [found for path in matches for found in self._exactly(path)]

    def _exactly(self, source: str) -> list[CopySource]:
        path = self._resolved(source)
        name = posixpath.basename(source)
        if path is None:
            return []
        if not path:
            return [CopySource(name, "", self.paths)] if self.paths else []
        if path in self._all:
            return [CopySource(name, path, [path])]
        if path in self._folders:
            return [
                CopySource(name, path, [each for each in self.paths if each.startswith(f"{path}/")])
            ]
        return []

    def _resolved(self, path: str) -> str | None:
        """`path` with symlinks in it followed, as BuildKit follows those of a source; None where they go round."""
        hops = 0
        done: list[str] = []
        parts = [part for part in path.split("/") if part]
        while parts:
            part = parts.pop(0)
            if part == "..":
                done = done[:-1]
                continue
            here = "/".join([*done, part])
            target = self._link(here) if here in self._all else None
            if target is None:
                done.append(part)
                continue
            hops += 1
            if hops > _MOST_LINKS:
                return None
            done = [] if target.startswith("/") else done
            parts = [each for each in target.split("/") if each not in ("", ".")] + parts
        return "/".join(done)


def split_wildcards(source: str) -> tuple[str, str]:
    """The folders before the first one with a wildcard, and the rest."""
    parts = source.split("/")
    first = next(
        (index for index, part in enumerate(parts) if re.search(r"[*?\[\\]", part)), len(parts)
    )
    return "/".join(parts[:first]), "/".join(parts[first:])


def match_sources(path: Path) -> list[str]:
    """The files in a tar archive that ADD unpacks; nothing where `path` is no such archive."""
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
