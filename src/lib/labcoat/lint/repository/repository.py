"""What the rules ask about a repository; each answer is found once, when it is first asked for."""

import os
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from labcoat.core import git, reading, secret_patterns
from labcoat.core.errors import LabcoatError
from labcoat.core.path_filter import filter_paths
from labcoat.lint import config
from labcoat.lint.config import LintConfig
from labcoat.lint.repository.path_roles import is_sample

_QUICK_SIZE = re.compile(rb"  size: (\d+)\tflags")
_SIZE = re.compile(rb"\n  uid: \d+\tgid: \d+\n  size: (\d+)\t")
_IMPORT = re.compile(rb"^[^\S\n]*(?:import|from)[^\S\n]+[A-Za-z_].*", re.MULTILINE)
LFS_POINTER = "version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A path in git's index: its mode in octal, such as 100644, and the id of its content."""

    mode: str
    id: str
    path: str


class Repository:
    """A folder, with git's view of it where it is in a repository."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - symlinks stay as they are named
        self.git_top = git.git_root(self.root)
        self.left_out: list[str] = []  # what could not be looked at
        self._started: dict[tuple[str, ...], git.BackgroundGit] = {}

    def begin(self) -> None:
        """Have git begin to list the files, while something else is done."""
        self._start(_PATHS, _OTHERS)

    def begin_searches(self) -> None:
        """Have git begin with what takes long; what else is to be done meanwhile should leave it a processor."""
        locked = any((self.root / f"requirements.{suffix}").exists() for suffix in ("txt", "in"))
        self._start(_SIZES, _BOTH, _NEEDLES, _INDEX, *([_IMPORTS] if locked else []))

    def _start(self, *commands: tuple[str, ...]) -> None:
        if self.git_top is not None:
            self._started |= {
                command: git.BackgroundGit(self.root, *command) for command in commands
            }

    def _answer(self, command: tuple[str, ...], statuses: tuple[int, ...] = (0,)) -> bytes:
        if self.git_top is None:
            return b""
        running = self._started.pop(command, None) or git.BackgroundGit(self.root, *command)
        return running.result(statuses)

    @cached_property
    def settings(self) -> LintConfig:
        """What the owner has set."""
        return config.read_config(self.root)

    @cached_property
    def _listed(self) -> list[str]:
        """The path of each record of the index: in a conflict there are several for one path."""
        return git.split_nul(self._answer(_PATHS))

    @cached_property
    def tracked(self) -> list[str]:
        """The paths that are tracked, below the root."""
        return (
            self._listed
            if len(self.tracked_set) == len(self._listed)
            else list(dict.fromkeys(self._listed))
        )

    @cached_property
    def tracked_set(self) -> set[str]:
        """The same, to ask for some."""
        return set(self._listed)

    @cached_property
    def _index(self) -> bytes:
        """The records of the index, each after a NUL: mode, id, stage, a tab, the path."""
        return b"\0" + self._answer(_INDEX)

    def entries(self, paths: Container[str] | None = None, mode: str = "") -> list[IndexEntry]:
        """Those of the index whose path is among `paths` and whose mode begins with `mode`."""
        if f"\0{mode}".encode() not in self._index:
            return []
        records = [
            record.partition("\t")
            for record in git.split_nul(self._index)[1:]
            if record.startswith(mode)
        ]
        return [
            IndexEntry(head[:6], head[7:-2], path)
            for head, _, path in records
            if paths is None or path in paths
        ]

    def indexed(self, paths: Container[str]) -> Iterator[tuple[str, bytes]]:
        """Those of `paths` that are regular files in the index, each with what it holds there, up to 64 MiB."""
        places: dict[str, list[str]] = {}
        for entry in self.entries(paths, mode="100"):
            places.setdefault(entry.id, []).append(entry.path)
        for blob, data in git.each_blob(self.root, places, reading.WHOLE):
            for path in places[blob]:
                yield path, data

    @cached_property
    def _others(self) -> tuple[list[str], list[str]]:
        """What is not tracked: the files that are not ignored; and what is, whole folders with a slash at their end."""
        others = git.split_nul(self._answer(_OTHERS))
        decided = self.deciding(others)
        ignored = [
            path for path in others if path in decided and not decided[path][2].startswith("!")
        ]
        rest = dict.fromkeys(path for path in others if path not in set(ignored))
        folders = [f":(literal){path}" for path in rest if path.endswith("/")]
        untracked = [path for path in rest if not path.endswith("/")]
        if folders:
            untracked += git.git_lines(
                self.root, "ls-files", "-o", "-z", "--exclude-standard", "--", *folders
            )
            mixed = (
                "ls-files",
                "-o",
                "-i",
                "-z",
                "--exclude-standard",
                "--directory",
                "--",
                *folders,
            )
            ignored += git.git_lines(self.root, *mixed)
        return untracked, ignored

    @property
    def tracked_and_ignored(self) -> list[str]:
        """The tracked files that a pattern ignores."""
        return git.split_nul(self._answer(_BOTH))

    @property
    def untracked(self) -> list[str]:
        """The files that are neither tracked nor ignored."""
        return self._others[0]

    @property
    def ignored(self) -> list[str]:
        """What is ignored and not tracked; folders that are ignored whole end with a slash and are not gone into."""
        return self._others[1]

    @cached_property
    def files(self) -> list[str]:
        """The files that belong to the repository: tracked, or new; without git, those at the root."""
        if self.git_top is None:
            return sorted(_top_files(self.root))
        return [*self.tracked, *self.untracked]

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """Those of `files` that rules know by name, by the last part of their path in small letters; no samples."""
        found: dict[str, list[str]] = {}
        for path in filter_paths(self.files, ("ockerfile.", "ontainerfile."), _NAMED):
            if not is_sample(path):
                found.setdefault(path.lower().rpartition("/")[2], []).append(path)
        return found

    def named(self, pattern: str) -> list[str]:
        """The `files` that are there and whose names, in small letters, match the regular expression as a whole."""
        matches = re.compile(pattern).fullmatch
        found = (path for name, paths in self.names.items() if matches(name) for path in paths)
        return sorted(path for path in found if os.path.lexists(self.root / path))

    @cached_property
    def ignore_files(self) -> list[str]:
        """The .gitignore and .dockerignore files."""
        return self.named(r"\.gitignore|.*\.dockerignore")

    @cached_property
    def tracked_sizes(self) -> list[int]:
        """The bytes of each record of the index, as git last saw the file in the working tree."""
        answer = self._answer(_SIZES)
        quick = _QUICK_SIZE.findall(answer)  # names can hold what it looks for
        return list(map(int, quick if len(quick) == len(self._listed) else _SIZE.findall(answer)))

    @property
    def tracked_with_sizes(self) -> Iterable[tuple[str, int]]:
        """The tracked paths, each with its bytes."""
        return zip(self._listed, self.tracked_sizes, strict=False)

    @cached_property
    def suspects(self) -> list[str]:
        """The tracked files in which the beginning of a key or token stands, or a pointer of git LFS."""
        return git.split_nul(self._searched(_NEEDLES))

    @cached_property
    def import_lines(self) -> set[str]:
        """The lines of tracked Python sources that are imports, indented or not."""
        return {
            line.decode("utf-8", "replace")
            for line in set(_IMPORT.findall(self._searched(_IMPORTS)))
        }

    def _searched(self, command: tuple[str, ...]) -> bytes:
        """What git finds in tracked contents; nothing, and a note of it, where it does not have all of them."""
        try:
            return self._answer(command, statuses=(0, 1))
        except LabcoatError:
            self.left_out.append(
                "git lacks some of the tracked contents, as in a partial clone: they were not searched"
            )
            return b""

    def read(self, path: str) -> bytes:
        """The first megabyte of a file of the repository; nothing for what is no regular file inside of it."""
        return reading.read_inside(self.root, path)

    def whole(self, path: str) -> bytes:
        """The same with all of it, up to 64 MiB: for the few files in which something was seen."""
        return reading.read_inside(self.root, path, reading.WHOLE)

    def text(self, path: str) -> str:
        """The same as text: UTF-16 where a mark says so, as pip reads it; what is not UTF-8 in others is replaced."""
        data = self.read(path)
        return data.decode(
            "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8", "replace"
        )

    def is_link(self, path: str) -> bool:
        """Whether there is a symlink at `path`."""
        return (self.root / path).is_symlink()

    def deciding(
        self, paths: Iterable[str], *, personal: bool = False
    ) -> dict[str, tuple[str, int, str]]:
        """Which pattern of which file decides over each of `paths`, for git: file, line, pattern; tracked or not.

        Paths that no pattern speaks of are left out. With `personal`, the person's own settings count too.
        """
        asked = [
            path for path in paths if path and not self._beyond_link(path)
        ]  # one such path aborts the batch
        if self.git_top is None or not asked:
            return {}
        process = git.start_git(
            self.root, "check-ignore", "--stdin", "-z", "-v", "-n", "--no-index", personal=personal
        )
        given = b"".join(
            (b"./" if path[0] == ":" else b"") + os.fsencode(path) + b"\0" for path in asked
        )  # `:(` is magic
        out = git.split_nul(
            git.finish_git(process, "check-ignore", self.root, given, statuses=(0, 1))
        )
        rows = zip(out[::4], out[1::4], out[2::4], out[3::4], strict=True)
        return {
            path.removeprefix("./"): (source, int(line), pattern)
            for source, line, pattern, path in rows
            if source
        }

    def _beyond_link(self, path: str) -> bool:
        parent = path.rstrip("/").rpartition("/")[0]
        while parent:
            if self.is_link(parent):
                return True
            parent = parent.rpartition("/")[0]
        return False


_PATHS = ("ls-files", "-z")
_INDEX = ("ls-files", "-s", "-z")
_SIZES = ("ls-files", "-z", "--debug")
_OTHERS = ("ls-files", "-o", "-z", "--directory", "--no-empty-directory")
# One thread for each: several spend on their locks twice what reading a hundred thousand small files takes.
_GREP = ("grep", "--threads=1", "--cached")
_BOTH = ("ls-files", "-c", "-i", "-z", "--exclude-standard")
_NEEDLES = (
    *_GREP,
    "-l",
    "-z",
    "-F",
    *(f"-e{each}" for each in (*secret_patterns.NEEDLES, LFS_POINTER)),
)
# Git looks for words six times as quickly as for expressions.
_IMPORTS = (*_GREP, "-h", "-I", "-F", "-w", "-eimport", "-efrom", "--", "*.py")
# How the names of all files end that `named` is asked for, but for Dockerfile.NAME.
_NAMED = (
    *(
        "ignore",
        "file",
        ".txt",
        ".in",
        ".mk",
        ".sh",
        ".bash",
        ".toml",
        ".yml",
        ".yaml",
        ".gitattributes",
    ),
    *("setup.py", "setup.cfg", "tox.ini", "noxfile.py", ".ipynb"),
)


def open_repository(root: Path) -> Repository:
    """The repository at `root`, of which git begins to list the files. Raises Failure (status 2) where it cannot be looked at."""
    if not root.is_dir():
        raise LabcoatError(f"There is no folder {root}.", "Name a repository's folder.", status=2)
    if not os.access(root, os.R_OK | os.X_OK):
        raise LabcoatError(f"{root} cannot be read.", "See to its permissions.", status=2)
    repository = Repository(root)
    if repository.git_top is None and git.is_bare(root):
        raise LabcoatError(
            f"{root} is a bare repository.", "Check a clone of it that has files.", status=2
        )
    repository.begin()
    return repository


def _top_files(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
