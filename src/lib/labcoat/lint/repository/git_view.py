"""What git knows about a folder; each answer is computed when it is first needed."""

import os
from collections.abc import Container, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from labcoat.core import git, git_index, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.git_index import IndexRecord
from labcoat.inventory.virtualenvs import split_environments

LFS_POINTER = "version https://git-lfs.github.com/spec/"
LACKS_CONTENTS = "git lacks some tracked contents, as in a partial clone: did not search them"
_LIST_OTHERS = ("ls-files", "-o", "-z", "--directory", "--no-empty-directory")
_LIST_TRACKED_AND_IGNORED = ("ls-files", "-c", "-i", "-z", "--exclude-standard")


class IndexEntry(NamedTuple):
    """A path in git's index: its mode in octal, such as 100644, and the id of its content."""

    mode: str
    id: str
    path: str


class GitView:
    """The folder `root` as git sees it; outside of a git repository every answer is empty."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - keeps symlinks, unlike resolve()
        self.git_top = git.git_root(self.root)
        self.left_out: list[str] = []  # sentences about what was not checked
        self._started: dict[tuple[str, ...], git.BackgroundGit] = {}

    def start_listing(self) -> None:
        """Start the git commands that list the files, in the background."""
        self._start(git_index.LIST_INDEX, _LIST_OTHERS)

    def start_details(self) -> None:
        """Start the git command that lists tracked files that are ignored, in the background."""
        self._start(_LIST_TRACKED_AND_IGNORED)

    def _start(self, *commands: tuple[str, ...]) -> None:
        if self.git_top is not None:
            self._started |= {
                command: git.BackgroundGit(self.root, *command) for command in commands
            }

    def _git_output(self, command: tuple[str, ...], statuses: tuple[int, ...] = (0,)) -> bytes:
        if self.git_top is None:
            return b""
        running = self._started.pop(command, None) or git.BackgroundGit(self.root, *command)
        return running.result(statuses)

    @cached_property
    def _details(self) -> bytes:
        return self._git_output(git_index.LIST_INDEX)

    @cached_property
    def _records(self) -> list[IndexRecord]:
        return git_index.parse_records(self._details)

    @cached_property
    def _listed(self) -> list[str]:
        """The path of each record of the index; in a merge conflict a path has several."""
        return [os.fsdecode(record.path) for record in self._records]

    @cached_property
    def tracked(self) -> list[str]:
        """The tracked paths below the root."""
        return (
            self._listed
            if len(self.tracked_set) == len(self._listed)
            else list(dict.fromkeys(self._listed))
        )

    @cached_property
    def tracked_set(self) -> set[str]:
        """The tracked paths as a set."""
        return set(self._listed)

    @property
    def tracked_environments(self) -> dict[str, str]:
        """The tracked virtual environments, each with its marker."""
        return self._split_environments[0]

    @property
    def tracked_shared(self) -> dict[str, str]:
        """The folders of programs that are tracked environments too, each with its marker."""
        return self._split_environments[1]

    @cached_property
    def _split_environments(self) -> tuple[dict[str, str], dict[str, str]]:
        return split_environments(self.tracked)

    def index_entries(
        self, paths: Container[str] | None = None, mode: str = ""
    ) -> list[IndexEntry]:
        """Return the entries with a path among `paths` (None: all) and a mode that starts so."""
        start = mode.encode()
        return [
            IndexEntry(record.mode.decode(), record.id.decode(), path)
            for record, path in zip(self._records, self._listed, strict=True)
            if record.mode.startswith(start) and (paths is None or path in paths)
        ]

    def index_contents(self, paths: Container[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each regular file of the index among `paths` with its content, up to 64 MiB."""
        by_blob: dict[str, list[str]] = {}
        for entry in self.index_entries(paths, mode="100"):
            by_blob.setdefault(entry.id, []).append(entry.path)
        try:
            for blob, data in git.each_blob(self.root, by_blob, reading.WHOLE):
                for path in by_blob[blob]:
                    yield path, data
        except LabcoatError:
            self.left_out.append(LACKS_CONTENTS)

    @cached_property
    def _listed_others(self) -> list[str]:
        """The untracked paths; a folder without tracked files ends with a slash."""
        return git.split_nul(self._git_output(_LIST_OTHERS))

    @cached_property
    def _others(self) -> tuple[list[str], list[str]]:
        """The untracked files that are not ignored, and those that are (see `ignored`)."""
        others = self._listed_others
        decided = self.deciding_patterns(others)
        ignored = [
            path for path in others if path in decided and not decided[path][2].startswith("!")
        ]
        ignored_set = set(ignored)
        rest = dict.fromkeys(path for path in others if path not in ignored_set)
        folders = [f":(literal){path}" for path in rest if path.endswith("/")]
        untracked = [path for path in rest if not path.endswith("/")]
        if folders:
            below = ("-z", "--exclude-standard", "--", *folders)
            untracked += git.git_lines(self.root, "ls-files", "-o", *below)
            ignored += git.git_lines(self.root, "ls-files", "-o", "-i", "--directory", *below)
        return untracked, ignored

    @cached_property
    def tracked_and_ignored(self) -> list[str]:
        """The tracked files that a pattern ignores."""
        return git.split_nul(self._git_output(_LIST_TRACKED_AND_IGNORED))

    @property
    def untracked(self) -> list[str]:
        """The files that are neither tracked nor ignored."""
        return self._others[0]

    @property
    def ignored(self) -> list[str]:
        """The ignored, untracked files; a folder that is ignored as a whole ends with a slash."""
        return self._others[1]

    @cached_property
    def tracked_sizes(self) -> list[int]:
        """The bytes of each record of the index, as git last recorded the working tree."""
        return [int(record.size) for record in self._records]

    @cached_property
    def changed(self) -> set[str]:
        """The tracked paths whose file may differ from the index, deleted ones among them."""
        if self.git_top is None:
            return set()
        return git_index.find_changed(self.root, self._records, git.index_file(self.root))

    @cached_property
    def unchanged_sizes(self) -> dict[str, int]:
        """The bytes of each tracked file that is as git last recorded it."""
        return {path: size for path, size in self.tracked_with_sizes if path not in self.changed}

    @property
    def tracked_with_sizes(self) -> Iterable[tuple[str, int]]:
        """The tracked paths, each with its bytes."""
        return zip(self._listed, self.tracked_sizes, strict=False)

    def deciding_patterns(
        self, paths: Iterable[str], *, personal: bool = False
    ) -> dict[str, tuple[str, int, str]]:
        """Return the file, line and text of the pattern that decides whether git ignores a path.

        Whether the path is tracked does not matter; a path that no pattern matches is omitted.
        With `personal`, the user's own settings count too.
        """
        # One path beyond a symlink would abort the batch.
        folders: dict[str, bool] = {"": False}
        asked = [path for path in paths if path and not self._is_beyond_link(path, folders)]
        if self.git_top is None or not asked:
            return {}
        options = ("--stdin", "-z", "-v", "-n", "--no-index")
        process = git.start_git(self.root, "check-ignore", *options, personal=personal)
        # A path that starts with `:(` would be read as pathspec magic.
        stdin = b"".join(
            (b"./" if path[0] == ":" else b"") + os.fsencode(path) + b"\0" for path in asked
        )
        out = git.split_nul(
            git.finish_git(process, "check-ignore", self.root, stdin, statuses=(0, 1))
        )
        rows = zip(out[::4], out[1::4], out[2::4], out[3::4], strict=True)
        return {
            path.removeprefix("./"): (source, int(line), pattern)
            for source, line, pattern, path in rows
            if source
        }

    def is_link(self, path: str) -> bool:
        """Whether `path` is a symlink."""
        return (self.root / path).is_symlink()

    def _is_beyond_link(self, path: str, known: dict[str, bool]) -> bool:
        """Whether a folder of `path` is a symlink; `known` are the folders asked about before."""
        parent = path.rstrip("/").rpartition("/")[0]
        new = []
        while parent not in known:
            new.append(parent)
            parent = parent.rpartition("/")[0]
        beyond = known[parent]
        for each in reversed(new):
            beyond = known[each] = beyond or self.is_link(each)
        return beyond
