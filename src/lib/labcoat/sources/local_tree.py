"""The files of a local package: those that git tracks, and new ones that it does not ignore.

An editable installation and a built one never have the same files, so what holds them together is a
digest of these. Builds outside of the directory copy them, so that nothing that is ignored gets in.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.core import git, git_status
from labcoat.core.project import Project
from labcoat.sources.sources_file import LockedSource

_LEFT_OUT = frozenset({"__pycache__", "build", "dist", "node_modules"})
# Records of what was built, which no build depends on.
_RECORDS = ("image", ".lock.yaml")


def list_files(folder: Path) -> list[str]:
    """Return the files of the package in `folder`, relative to it and sorted, links included."""
    if git.git_root(folder) is not None:
        words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."]
        found = set(git.git_lines(folder, *words))
        listed = [path for path in found if os.path.lexists(folder / path)]
        paths = [each for path in listed for each in _expand_folder(folder, path)]
    else:
        paths = list(_walk(folder, ""))
    return sorted(path for path in paths if not _is_made(path))


def sources_digest(folder: Path) -> str:
    """Return the digest of the files of the package in `folder`: names, contents, modes."""
    total = hashlib.sha256()
    for path in list_files(folder):
        full = folder / path
        found = os.lstat(full)
        if stat.S_ISLNK(found.st_mode):
            kind, digest = "link", hashlib.sha256(os.fsencode(full.readlink())).hexdigest()
        elif stat.S_ISREG(found.st_mode):
            kind = "program" if found.st_mode & stat.S_IXUSR else "file"
            with full.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            continue
        total.update(os.fsencode(f"{kind} {digest} {path}\n"))
    return f"sha256:{total.hexdigest()}"


def copy_files(folder: Path, target: Path) -> None:
    """Copy the files of the package in `folder` to the new directory `target`."""
    target.mkdir(parents=True)
    for path in list_files(folder):
        source, copy = folder / path, target / path
        if source.is_symlink() or source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)


def is_dirty_checkout(folder: Path, root: Path) -> bool:
    """Whether `folder` is in a repository of its own, such as a submodule, with changed files.

    What others check out there is the commit, without the changes.
    """
    own = git.git_root(folder)
    outer = git.git_root(root)
    if own is None or own == outer or (outer is None and own == root):
        return False
    return bool(git_status.read_status(own))


def _expand_folder(folder: Path, path: str) -> Iterator[str]:
    """Yield a file as it is, and the files of a submodule or another repository, a directory."""
    full = folder / path
    if full.is_dir() and not full.is_symlink():
        prefix = path.rstrip("/")
        if git.git_root(full) == Path(os.path.abspath(full)):  # noqa: PTH100 - links stay
            yield from (f"{prefix}/{each}" for each in list_files(full))
    else:
        yield path


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.name.startswith(".") or entry.name in _LEFT_OUT:
            continue
        path = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.endswith(".egg-info") and not Path(entry, "pyvenv.cfg").exists():
                yield from _walk(Path(entry), f"{path}/")
        elif not entry.name.endswith(".pyc"):
            yield path


def _is_made(path: str) -> bool:
    """Whether a build or labcoat writes the file: metadata, byte code, the record of an image."""
    *folders, name = path.split("/")
    if any(each.endswith(".egg-info") or each == "__pycache__" for each in folders):
        return True
    return name.startswith(_RECORDS[0]) and name.endswith(_RECORDS[1])


def describe_sources(project: Project, sources: Sequence[LockedSource]) -> str:
    """Return what an image has of `sources`: names with commits, hashes or digests of files."""
    words = []
    for each in sorted(sources, key=lambda one: one.name):
        held = each.commit or each.digest
        if each.kind == "local":
            held = sources_digest(project.root / each.path).removeprefix("sha256:")
        words.append(f"{each.name}={held}")
    return " ".join(words)
