"""What the rules ask about a repository; each answer is found once, when it is first asked for."""

import os
import re
import stat
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from labcoat.core import git, secrets
from labcoat.core.errors import Failure
from labcoat.hygiene import settings
from labcoat.hygiene.builds import BuildFacts, find_builds
from labcoat.hygiene.settings import Settings

_SIZE = re.compile(rb"\n  uid: \d+\tgid: \d+\n  size: (\d+)\t")
LFS_POINTER = "version https://git-lfs.github.com/spec/"
_LARGEST_READ = 1 << 20  # bytes of an ignore file, a Dockerfile, a lock that are looked at


@dataclass(frozen=True, slots=True)
class Entry:
    """A path in git's index: its mode in octal, such as 100644, and the id of its content."""

    mode: str
    id: str
    path: str


class Repository:
    """A folder, with git's view of it where it is in a repository."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - symlinks stay as they are named
        self.git_top = git.top(self.root)
        self._started: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}

    def begin(self) -> None:
        """Have git begin with what will be asked for, while something else is done."""
        if self.git_top is not None:
            for command in (_INDEX, _NEEDLES, _IGNORED, _UNTRACKED):
                self._started[command] = git.start(self.root, *command)

    def _answer(self, command: tuple[str, ...]) -> bytes:
        if self.git_top is None:
            return b""
        process = self._started.pop(command, None) or git.start(self.root, *command)
        return git.finish(process, command[0], self.root)

    @cached_property
    def settings(self) -> Settings:
        """What the owner has set."""
        return settings.read(self.root)

    @cached_property
    def index(self) -> list[Entry]:
        """What is tracked below the root."""
        text = os.fsdecode(self._answer(_INDEX))
        return [Entry(each[:6], each[7:47], path) for each, _, path in (r.partition("\t") for r in text.split("\0")) if path]

    @cached_property
    def tracked(self) -> list[str]:
        """The paths that are tracked."""
        return list(dict.fromkeys(entry.path for entry in self.index))

    @cached_property
    def untracked(self) -> list[str]:
        """The files that are neither tracked nor ignored."""
        return git.split(self._answer(_UNTRACKED))

    @cached_property
    def ignored(self) -> list[str]:
        """What is ignored and not tracked; folders that are ignored whole end with a slash and are not gone into."""
        return git.split(self._answer(_IGNORED))

    @cached_property
    def files(self) -> list[str]:
        """The files that belong to the repository: tracked, or new; without git, those at the root."""
        if self.git_top is None:
            return sorted(_top_files(self.root))
        return [*self.tracked, *self.untracked]

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """`files` by the last part of their path, in small letters."""
        found: dict[str, list[str]] = {}
        for path in self.files:
            found.setdefault(path[path.rfind("/") + 1 :].lower(), []).append(path)
        return found

    def named(self, pattern: str) -> list[str]:
        """The `files` that are there and whose names, in small letters, match the regular expression as a whole."""
        matches = re.compile(pattern).fullmatch
        found = (path for name, paths in self.names.items() if matches(name) for path in paths)
        return sorted(path for path in found if os.path.lexists(self.root / path))

    @cached_property
    def builds(self) -> list[BuildFacts]:
        """The Docker builds that this repository is meant for, as far as can be told."""
        return find_builds(self)

    @cached_property
    def ignore_files(self) -> list[str]:
        """The .gitignore and .dockerignore files."""
        return self.named(r".*\.(?:git|docker)ignore")

    @cached_property
    def tracked_sizes(self) -> list[tuple[str, int]]:
        """The tracked paths with the bytes that git last saw in the working tree."""
        sizes = _SIZE.findall(self._answer(_SIZES))
        return [(entry.path, int(size)) for entry, size in zip(self.index, sizes, strict=False)]

    @cached_property
    def suspects(self) -> list[str]:
        """The tracked files in which the beginning of a key or token stands, or a pointer of git LFS."""
        if self.git_top is None:
            return []
        process = self._started.pop(_NEEDLES, None) or git.start(self.root, *_NEEDLES)
        return git.split(git.finish(process, "grep", self.root, statuses=(0, 1)))

    def read(self, path: str) -> bytes:
        """The first megabyte of a file of the repository; nothing for what is no regular file inside of it."""
        return read_inside(self.root, path)

    def text(self, path: str) -> str:
        """The same as text; what is not UTF-8 in it is replaced."""
        return self.read(path).decode("utf-8", "replace")

    def is_link(self, path: str) -> bool:
        """Whether there is a symlink at `path`."""
        return (self.root / path).is_symlink()

    def deciding(self, paths: Iterable[str], *, personal: bool = False) -> dict[str, tuple[str, int, str]]:
        """Which pattern of which file decides over each of `paths`, for git: file, line, pattern; tracked or not.

        Paths that no pattern speaks of are left out. With `personal`, the person's own settings count too.
        """
        asked = [path for path in paths if path and not self._beyond_link(path)]  # one such path aborts the batch
        if self.git_top is None or not asked:
            return {}
        process = git.start(self.root, "check-ignore", "--stdin", "-z", "-v", "-n", "--no-index", personal=personal)
        given = b"".join(os.fsencode(path) + b"\0" for path in asked)
        out = git.split(git.finish(process, "check-ignore", self.root, given, statuses=(0, 1)))
        rows = zip(out[::4], out[1::4], out[2::4], out[3::4], strict=True)
        return {path: (source, int(line), pattern) for source, line, pattern, path in rows if source}

    def _beyond_link(self, path: str) -> bool:
        parent = path.rstrip("/").rpartition("/")[0]
        while parent:
            if self.is_link(parent):
                return True
            parent = parent.rpartition("/")[0]
        return False


_INDEX = ("ls-files", "-s", "-z")
_IGNORED = ("ls-files", "-o", "-i", "-z", "--exclude-standard", "--directory")
_NEEDLES = ("grep", "-l", "-z", "-F", *(f"-e{each}" for each in (*secrets.NEEDLES, LFS_POINTER)))
_SIZES = ("ls-files", "-z", "--debug")
_UNTRACKED = ("ls-files", "-o", "-z", "--exclude-standard")


def open_repository(root: Path) -> Repository:
    """The repository at `root`. Raises Failure (status 2) where there is nothing to look at."""
    if not root.is_dir():
        raise Failure(f"There is no folder {root}.", "Name a repository's folder.", status=2)
    if not os.access(root, os.R_OK | os.X_OK):
        raise Failure(f"{root} cannot be read.", "See to its permissions.", status=2)
    repository = Repository(root)
    if repository.git_top is None and git.is_bare(root):
        raise Failure(f"{root} is a bare repository.", "Check a clone of it that has files.", status=2)
    return repository


def read_inside(root: Path, path: str) -> bytes:
    """The first megabyte of the regular file `path` below `root`, reached through no symlink; nothing for all else."""
    folder = root
    for part in path.split("/")[:-1]:
        folder = folder / part
        if folder.is_symlink():
            return b""
    try:
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return b""
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        return file.read(_LARGEST_READ) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""


def _top_files(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
