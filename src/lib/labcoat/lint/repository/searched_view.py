"""What searches in the tracked files find, of which earlier checks may know a part."""

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from labcoat.container.context.build_context import file_sizes
from labcoat.core import git, git_history
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository import search_memory
from labcoat.lint.repository.git_view import LACKS_CONTENTS, LFS_POINTER, GitView
from labcoat.lint.repository.import_lines import GREP, GREP_IMPORTS, SOURCES, find_import_lines
from labcoat.lint.repository.pattern_state import identify_patterns
from labcoat.lint.repository.search_memory import Known, Place, Searched
from labcoat.secrets import look
from labcoat.secrets.searches import PLAIN, make_searches

_SEARCHES = make_searches(LFS_POINTER)
_GREP_PLAIN = (*GREP, "-l", "-z", "-F", *(f"-e{each}" for each in (*PLAIN, LFS_POINTER)))
_PRINTED = lazy_pattern(rb"([^\0]+)\0\d+\0([^\n]*)\n")  # by `git grep -n -z`
_LEAST_REMEMBERED = 1 << 16  # bytes of the index's details, some 350 files
_LEAST_SEARCHED = 1 << 21  # bytes of all tracked files, as large notebooks and tables have
_LARGEST_POINTER = 1024  # bytes; git LFS's own limit
_MOST_NAMED = 500  # files; more are searched together with the others

Lines = dict[str, list[bytes]]  # of each file


class SearchedView(GitView):
    """A folder as git sees it, and what searches in its tracked files find.

    The searches are in the working tree: git's objects take five times as long to read.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        # The files with a secret, among those that the searches find, once a rule has looked.
        self.confirmed: dict[str, list[Known]] | None = None
        self.cleared: set[str] = set()  # the files that a rule has read, and found no secret in
        self._places: dict[str, list[Place]] = {}  # see recall_places
        self._forced: dict[str, bool] = {}

    def start_searches(self) -> None:
        """Start the git commands that take long, in the background; they use a processor each."""
        if self._known_ignored is None:
            self.start_details()
        if self.git_top is None:
            return
        locked = any((self.root / f"requirements.{suffix}").exists() for suffix in ("txt", "in"))
        imports = locked and self._known_imports is None
        self._start(*self._suspect_searches, *([self._search_imports] if imports else []))

    def remember_searches(self) -> None:
        """Keep what was found for the next check, unless it is known."""
        if not self._is_large or self.git_top is None or "_found" not in self.__dict__:
            return
        whole, lines, complete = self._found
        if not complete:
            return
        suspects = whole | lines.keys()
        if self.confirmed is not None:
            small = self.unchanged_sizes
            suspects = {
                path
                for path in suspects
                if path in self.confirmed or small.get(path, 0) < _LARGEST_POINTER
            }
        imports = self._known_imports
        if "_import_lines" in self.__dict__ and not self._changed_sources:
            imports = frozenset(self._import_lines)
        places = self._places or (self._memory.places if self._is_unchanged else {})
        secrets = self.known_secrets if self.confirmed is None else self.confirmed
        now = Searched(
            self._unchanged_details,
            frozenset(suspects - self.changed),
            imports,
            places,
            (self.clean | self.cleared & self.tracked_set) - self.changed,
            {path: found for path, found in secrets.items() if path not in self.changed},
            self._forced,
            {self._pattern_state: self.tracked_and_ignored} if self._pattern_state else {},
        )
        if now != self._memory:
            search_memory.remember(self.root, repr(_SEARCHES), now)

    @cached_property
    def suspects(self) -> list[str]:
        """The tracked files that may contain a key, a token, or a pointer of git LFS.

        Those that differ from the index are among them, because git searches the files.
        """
        return sorted(self._found[0] | self.changed)

    @cached_property
    def suspect_lines(self) -> dict[str, list[bytes]]:
        """The lines of other tracked files that may contain a secret."""
        whole, lines, _ = self._found
        return {path: lines[path] for path in lines.keys() - whole - self.changed}

    @cached_property
    def clean(self) -> frozenset[str]:
        """The tracked files without a secret: an earlier check read them as they are now."""
        if self._unsearched is None:
            return frozenset()
        return self._memory.clean.difference(self._unsearched, self.changed)

    @cached_property
    def known_secrets(self) -> Mapping[str, list[Known]]:
        """The secrets of tracked files that are as an earlier check read them."""
        if self._unsearched is None:
            return {}
        new = self.changed.union(self._unsearched)
        return {path: found for path, found in self._memory.secrets.items() if path not in new}

    @cached_property
    def import_lines(self) -> set[str]:
        """The lines of tracked Python sources that are imports, indented or not."""
        known = self._known_imports
        lines = self._import_lines if known is None else known
        return {line.decode("utf-8", "replace") for line in lines}

    @cached_property
    def tracked_and_ignored(self) -> list[str]:
        """The tracked files that a pattern ignores: git compares each one with all patterns."""
        known = self._known_ignored
        return super().tracked_and_ignored if known is None else known

    @property
    def _known_ignored(self) -> list[str] | None:
        """The tracked files that a pattern ignores, if files and patterns are as they were."""
        return self._memory.ignored.get(self._pattern_state) if self._is_same else None

    @cached_property
    def _pattern_state(self) -> str:
        """What tells that patterns are the same, as long as the tracked files are; or nothing."""
        if self.changed or self.git_top != self.root:
            return ""
        return identify_patterns(self.root, self._listed_others)

    def was_forced(self, path: str, source: str, pattern: str) -> bool:
        """Whether `pattern` of the ignore file `source` ignored `path` when a commit added it.

        git looks through the history for it once, until the files of the repository change.
        """
        key = f"{path}\n{source}\n{pattern}"
        known = self._memory.forced.get(key) if self._is_unchanged else None
        if known is None:
            known = git_history.was_ignored_when_added(self.root, path, source, pattern)
        self._forced[key] = known
        return known

    def recall_places(self, key: str) -> list[Place] | None:
        """Return what an earlier check kept by `keep_places`, if no source has changed since."""
        known = self._memory.places.get(key) if self._is_unchanged else None
        if known is not None:
            self._places[key] = known
        return known

    def keep_places(self, key: str, places: list[Place]) -> None:
        """Keep where sources first import modules for later checks."""
        if not self._has_other_sources:
            self._places[key] = places

    @property
    def _is_unchanged(self) -> bool:
        """Whether the sources are those of the last check."""
        return self._is_same and not self._has_other_sources

    @property
    def _is_same(self) -> bool:
        """Whether the tracked files are those of the last check."""
        return self._memory.details == self._unchanged_details

    @property
    def _has_other_sources(self) -> bool:
        """Whether there are sources that git's index does not describe."""
        return self._changed_sources or any(path.endswith(SOURCES) for path in self.untracked)

    @cached_property
    def _unchanged_details(self) -> bytes:
        """The details of the files that are as git last recorded them."""
        return search_memory.leave_out(self._details, self.changed)

    @cached_property
    def _is_large(self) -> bool:
        """Whether to search the files takes longer than to remember what was found."""
        if len(self._details) > _LEAST_REMEMBERED:
            return True
        return sum(self.tracked_sizes) > _LEAST_SEARCHED

    @cached_property
    def _memory(self) -> Searched:
        if not self._is_large:
            return search_memory.NOTHING
        return search_memory.recall(self.root, repr(_SEARCHES))

    @cached_property
    def _unsearched(self) -> list[str] | None:
        """The files to search, besides the changed ones; None for all of them."""
        if not self._memory.details:
            return None
        found = self._memory.unsearched(self._unchanged_details)
        return sorted(found) if len(found) <= _MOST_NAMED else None

    @cached_property
    def _suspect_searches(self) -> dict[tuple[str, ...], bool]:
        """The commands that search for secrets, and whether they print lines."""
        commands = {}
        for each in _SEARCHES:
            options = each.options(self._unsearched)
            if options:
                commands[(*GREP, *options)] = each.in_lines
        return commands

    @cached_property
    def _found(self) -> tuple[set[str], Lines, bool]:
        """The files to search as a whole, lines of others, and whether all was searched."""
        whole: set[str] = set()
        if self._unsearched is not None:
            whole.update(self._memory.suspects & self.tracked_set)
        if self.git_top is None:
            return whole, {}, False
        try:
            found, lines = self._run_searches(self._suspect_searches)
        except LabcoatError:
            return set(git.split_nul(self._search_contents(_GREP_PLAIN))), {}, False
        return whole | found, lines, True

    def _run_searches(self, commands: Mapping[tuple[str, ...], bool]) -> tuple[set[str], Lines]:
        """Return the files that searches find, and the lines of others. Raise LabcoatError."""
        whole: set[str] = set()
        lines: Lines = {}
        for command, in_lines in commands.items():
            answer = self._git_output(command, statuses=(0, 1))
            if in_lines:
                for found in _PRINTED.finditer(answer):
                    lines.setdefault(os.fsdecode(found[1]), []).append(found[2])
            else:
                whole.update(git.split_nul(answer))
        return whole, lines

    def leave_out_unsuspected(self, paths: Iterable[str]) -> list[str]:
        """Return `paths` without new files in which git finds nothing like a secret.

        To read a few is faster; git's search has to walk the whole tree. Names say nothing here.
        """
        chosen = list(paths)
        new = set(self.untracked).intersection(chosen) if len(chosen) > _MOST_NAMED else set()
        if len(new) <= _MOST_NAMED:
            return chosen
        commands = {(*GREP, "--untracked", *each.options()): each.in_lines for each in _SEARCHES}
        try:
            whole, lines = self._run_searches(commands)
        except LabcoatError:
            return chosen
        new -= whole
        sizes = file_sizes(self.root, new & lines.keys())
        new -= {path for path, size in sizes if look.is_in_lines(path, lines[path], size)}
        return [path for path in chosen if path not in new]

    @cached_property
    def _changed_sources(self) -> bool:
        """Whether a source is not as git recorded it; one that is deleted imports nothing."""
        return any(
            path.endswith(SOURCES) and os.path.lexists(self.root / path) for path in self.changed
        )

    @cached_property
    def _known_imports(self) -> frozenset[bytes] | None:
        """The lines with imports, if no source is different from what was searched."""
        return self._memory.imports if self._is_same and not self._changed_sources else None

    @cached_property
    def _import_lines(self) -> set[bytes]:
        return find_import_lines(self._search_contents(self._search_imports))

    @cached_property
    def _search_imports(self) -> tuple[str, ...]:
        """The search for imports, outside of environments that are tracked."""
        roots = self.tracked_environments
        return (*GREP_IMPORTS, *(f":(exclude,literal){root}" for root in roots))

    def _search_contents(self, command: tuple[str, ...]) -> bytes:
        """Return what git finds in tracked contents; note it if git does not have all of them."""
        try:
            return self._git_output(command, statuses=(0, 1))
        except LabcoatError:
            self.left_out.append(LACKS_CONTENTS)
            return b""
