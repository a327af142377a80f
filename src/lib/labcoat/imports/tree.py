"""The files of a repository that can say something about its environment."""

import codecs
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from labcoat.core import git, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.path_roles import is_generated, is_sample
from labcoat.core.records import Record, field
from labcoat.core.text_encoding import decode_text
from labcoat.inventory.virtualenvs import environments

MOST_FILES = 100_000
_MOST_TEXT = 1 << 20  # bytes of a list of packages
LIST = "requirements.txt"
_FILES = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
_SKIPPED = frozenset({".git", "node_modules", "__pycache__", "site-packages", ".labcoat"})


class Tree(Record):
    """A directory and the paths of its files, relative to it; `is_cut` if there are too many."""

    root: Path
    paths: tuple[str, ...]
    is_cut: bool = False
    _real: dict[str, bool] = field(default_factory=dict, compare=False)

    def read_bytes(self, path: str, most: int = _MOST_TEXT) -> bytes:
        """Return the first `most` bytes of a file, which a link may lead to inside of the tree.

        Return nothing for what is not a regular file.
        """
        folder = path.rpartition("/")[0]
        if folder not in self._real:
            names = folder.split("/")
            parents = ("/".join(names[: count + 1]) for count in range(len(names)))
            self._real[folder] = not any((self.root / each).is_symlink() for each in parents)
        if not self._real[folder]:
            return b""
        return reading.read_regular(f"{self.root}/{path}", most) or self._read_linked(path, most)

    def _read_linked(self, path: str, most: int) -> bytes:
        """Return the bytes of a file that a link inside of the tree leads to."""
        linked = self.root / path
        if not linked.is_symlink():
            return b""
        try:
            return reading.read_for_build(self.root, linked)[:most]
        except (OSError, ValueError):
            return b""

    def read_source(self, path: str) -> bytes:
        """Return a source with LF line endings and no byte order mark, as Python reads it."""
        data = self.read_bytes(path).removeprefix(codecs.BOM_UTF8)
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data

    def read_text(self, path: str) -> str:
        """Return the text of a file with LF line endings; nothing for one that is not text."""
        try:
            text = decode_text(self.read_bytes(path))
        except ValueError:
            return ""
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def named(self, *names: str) -> list[str]:
        """Return the paths of files with one of these names (in lower case), the nearest first."""
        found = [path for path in self.paths if path.rpartition("/")[2].lower() in names]
        return sorted(found, key=nearness)


def nearness(path: str) -> tuple[int, str]:
    """Sort paths by their depth, then by name."""
    return path.count("/"), path


def list_tree(root: Path) -> Tree:
    """Return the files of `root` that git tracks or would track; without git, all of them.

    Its requirements.txt counts, also where git ignores it, for labcoat is about to replace it.
    Left out are environments, test data, generated files, Jupyter's copies of notebooks and this
    labcoat.
    """
    try:
        found = git.git_lines(root, *_FILES) if git.git_root(root) else _walk(root)
    except LabcoatError:
        found = _walk(root)
    paths = list(found)[: MOST_FILES + 1]
    if LIST not in paths and (root / LIST).is_file():
        paths.insert(0, LIST)
    left_out = tuple(f"{folder}/" for folder in (*environments(paths), *_labcoats(paths)))
    kept = tuple(
        path
        for path in paths[:MOST_FILES]
        if not path.startswith(left_out)
        and not is_generated(path)
        and not is_sample(path)
        and ".egg-info/" not in path
        and ".ipynb_checkpoints/" not in path
    )
    return Tree(root, kept, is_cut=len(paths) > MOST_FILES)


def _labcoats(paths: Iterable[str]) -> Iterator[str]:
    """Yield the folders with a copy of labcoat, which is no part of the project."""
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name == "include.python.mk" and folder:
            yield folder


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = [
            each
            for each in sorted(folders)
            if each not in _SKIPPED and not each.startswith(".venv")
        ]
        if "pyvenv.cfg" in names and Path(folder) != root:
            folders[:] = []
            continue
        for name in sorted(names):
            yield os.path.relpath(f"{folder}/{name}", root)
