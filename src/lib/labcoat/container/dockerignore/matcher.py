"""Which files of a build context a `.dockerignore` leaves out, as the builder decides it.

Two builders are known: today's BuildKit, and the one in Docker 20.10. They differ in how the
result for a folder affects its contents, so neither can be asked about a path alone: the tree is
walked from its root, with `Matcher.match_folder` for each folder and `Matcher.filter_files` for
the files in it, and the matches of the parent folder passed down.

Sources: moby/patternmatcher `patternmatcher.go`, tonistiigi/fsutil `filter.go`, and for 20.10 moby
`pkg/fileutils` and fsutil `walker.go`; each checked against real builds in tests/integration.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from labcoat.container.dockerignore.compiled_pattern import CompiledPattern, PatternGroup
from labcoat.container.dockerignore.parser import Pattern, PatternError, Semantics

__all__ = [
    "FolderResult",
    "Matcher",
    "ParentMatches",
    "Pattern",
    "PatternError",
    "Semantics",
]

_GLOB = frozenset("*[]?^\\")

ParentMatches = tuple[bool, ...]  # for each pattern, whether it matched a folder or one above it


class FolderResult(NamedTuple):
    """Whether a builder leaves a folder out, whether it walks it, and what its contents need."""

    ignored: bool
    walked: bool
    matches: ParentMatches = ()


class Matcher:
    """What one builder does with the patterns of one ignore file."""

    def __init__(
        self, patterns: Sequence[Pattern], semantics: Semantics = Semantics.BUILDKIT
    ) -> None:
        self.patterns = tuple(patterns)
        self.semantics = semantics
        self._compiled = [CompiledPattern(pattern, semantics) for pattern in patterns]
        self._negated = [each for each in self._compiled if each.negated]
        self._groups: dict[int, list[PatternGroup]] = {}
        self._whole: dict[int, PatternGroup] = {}
        self._above: dict[str, ParentMatches] = {}
        self._as_deep: dict[str, frozenset[CompiledPattern]] = {}

    def match_folder(self, path: str, parent: ParentMatches = ()) -> FolderResult:
        """Match the folder `path`, relative to the context with `/` as separator.

        `parent` are the matches of its parent folder. Raise PatternError for a pattern that is
        malformed in a way that builders notice only when they first use it.
        """
        if self.semantics is Semantics.DOCKER_20_10:
            ignored = self._matches_20_10(path)
            return FolderResult(ignored, not ignored or self._has_exception_below_20_10(path))
        if not self._negated and not self._has_errors:
            # What matches is not walked, so there is nothing to pass down.
            ignored = _last_group_decides(self._groups_after(-1), path, otherwise=False)
            return FolderResult(ignored, not ignored)
        ignored, matches = self._match_with_parent(path, parent)
        return FolderResult(ignored, not ignored or self._may_have_exception_below(path), matches)

    def filter_files(self, paths: Sequence[str], parent: ParentMatches = ()) -> list[str]:
        """Return those of `paths`, the files of one folder, that are sent.

        `parent` are that folder's matches. Raise PatternError like `match_folder`.
        """
        if self.semantics is Semantics.DOCKER_20_10:
            return self._keep_20_10(paths)
        if self._has_errors:
            return [path for path in paths if not self._match_with_parent(path, parent)[0]]
        return self._keep(paths, _last_index(parent))

    @property
    def may_empty_files(self) -> bool:
        """Whether there can be files that arrive empty."""
        return self.semantics is Semantics.BUILDKIT and bool(self._negated)

    def find_emptied(self, paths: Iterable[str]) -> list[str]:
        """Return those of `paths`, which are sent, that arrive empty.

        BuildKit lists files with the result of each pattern for the folder passed down, but opens
        them by testing every parent folder against every pattern. Where the two disagree, nothing
        is read: `d`, `!d/f`, `d*` empties d/f.
        """
        if not self.may_empty_files:
            return []
        if self._has_errors:
            return [path for path in paths if self._matches_or_fails(path)]
        by_folder: dict[str, list[str]] = {}
        for path in paths:
            by_folder.setdefault(path.rpartition("/")[0], []).append(path)
        emptied: list[str] = []
        for folder, files in by_folder.items():
            kept = set(self._keep(files, _last_index(self._matches_at_or_above(folder))))
            emptied += [path for path in files if path not in kept]
        return emptied

    def _matches_or_fails(self, path: str) -> bool:
        try:
            return self.matches_path_or_parent(path)
        except PatternError:  # which only ends the walk
            return True

    def matches_path_or_parent(self, path: str) -> bool:
        """Whether the last pattern that matches `path`, or any parent folder, is not negated."""
        if self._has_errors:  # then it matters which patterns are used
            parts = path.split("/")
            ways = ["/".join(parts[: end + 1]) for end in range(len(parts))]
            return self._last_match(lambda each: any(map(each.matches, ways)), lazily=True)
        return not self._keep(
            [path], _last_index(self._matches_at_or_above(path.rpartition("/")[0]))
        )

    def _matches_at_or_above(self, folder: str) -> ParentMatches:
        """Return for each pattern whether it matches `folder` or a folder above it."""
        if not folder:
            return (False,) * len(self._compiled)
        if folder not in self._above:
            parent = self._matches_at_or_above(folder.rpartition("/")[0])
            self._above[folder] = tuple(
                matched or each.matches(folder)
                for each, matched in zip(self._compiled, parent, strict=True)
            )
        return self._above[folder]

    def malformed_patterns(self) -> list[tuple[Pattern, str]]:
        """Return the patterns that fail the build when they are first used, each with why."""
        return [(each.pattern, each.error) for each in self._compiled if each.error]

    @cached_property
    def _has_errors(self) -> bool:
        """Whether a pattern fails the build once it is used: then it matters which are used."""
        return any(each.error for each in self._compiled)

    def _match_with_parent(self, path: str, parent: ParentMatches) -> tuple[bool, ParentMatches]:
        """patternmatcher.go, MatchesUsingParentResults."""
        ignored = False
        matches = []
        for index, each in enumerate(self._compiled):
            matched = bool(parent) and parent[index]
            if not matched and each.negated == ignored:
                matched = each.matches(path)
            matches.append(matched)
            if matched:
                ignored = not each.negated
        return ignored, tuple(matches)

    def _matches_20_10(self, path: str) -> bool:
        """Matches of pkg/fileutils: it tests the one parent folder as deep as the pattern."""
        parents = self._parents_20_10(path.rpartition("/")[0])
        if not self._has_errors and not self._whole_after(-1).matches(path):
            return self._last_match(lambda each: each in parents) if parents else False
        return self._last_match(lambda each: each in parents or each.matches(path))

    def _parents_20_10(self, folder: str) -> frozenset[CompiledPattern]:
        """Return the patterns that match `folder` or a folder above it, if they are as deep."""
        if not folder:
            return frozenset()
        if folder not in self._as_deep:
            depth = folder.count("/") + 1
            as_deep = [each for each in self._compiled if each.depth <= depth]
            for each in as_deep if self._has_errors else ():
                each.matches(folder)  # the first that is malformed fails
            matching = [each for each in as_deep if each.depth == depth and each.matches(folder)]
            self._as_deep[folder] = self._parents_20_10(folder.rpartition("/")[0]).union(matching)
        return self._as_deep[folder]

    def _keep_20_10(self, paths: Sequence[str]) -> list[str]:
        """Return those of `paths`, the files of one folder, that are sent."""
        if self._has_errors or not paths:
            return [path for path in paths if not self._matches_20_10(path)]
        parents = self._parents_20_10(paths[0].rpartition("/")[0])
        ignored = self._last_match(lambda each: each in parents) if parents else False
        unmatched = set(self._whole_after(-1).filter_unmatched(paths))
        return [
            path
            for path in paths
            if not (ignored if path in unmatched else self._matches_20_10(path))
        ]

    def _last_match(
        self, matches: Callable[[CompiledPattern], bool], *, lazily: bool = False
    ) -> bool:
        """Whether the last pattern that matches is not negated.

        `lazily`: do not try a pattern that would change nothing.
        """
        ignored = False
        for each in self._compiled:
            if not (lazily and each.negated != ignored) and matches(each):
                ignored = not each.negated
        return ignored

    def _may_have_exception_below(self, folder: str) -> bool:
        """Whether a `!` pattern could match in an ignored folder, so it is walked (filter.go)."""
        prefixes = [each.without_trailing_glob for each in self._negated]
        if any(_GLOB & set(prefix) for prefix in prefixes):
            return True
        return any(f"{prefix}/".startswith(f"{folder}/") for prefix in prefixes)

    def _has_exception_below_20_10(self, folder: str) -> bool:
        """The same in 20.10, which reads `*` as a letter (walker.go)."""
        return any(f"{each.text}/".startswith(f"{folder}/") for each in self._negated)

    def _keep(self, paths: Sequence[str], last: int) -> list[str]:
        """Return those of `paths` that are sent if `last` is the last pattern of their folder."""
        groups = self._groups_after(last)
        ignored = last >= 0 and not self._compiled[last].negated
        if not groups:
            return [] if ignored else list(paths)
        if len(groups) == 1 and not (groups[0].negated or ignored):
            return groups[0].filter_unmatched(paths)
        unmatched = set(self._whole_after(last).filter_unmatched(paths))
        return [
            path
            for path in paths
            if not (
                ignored
                if path in unmatched
                else _last_group_decides(groups, path, otherwise=ignored)
            )
        ]

    def _whole_after(self, last: int) -> PatternGroup:
        """Return the patterns after the one at `last`, of both signs."""
        if last not in self._whole:
            self._whole[last] = PatternGroup(self._compiled[last + 1 :])
        return self._whole[last]

    def _groups_after(self, last: int) -> list[PatternGroup]:
        """Return the patterns after the one at `last` in groups of one sign, the last first."""
        if last not in self._groups:
            signs = groupby(self._compiled[last + 1 :], key=lambda each: each.negated)
            self._groups[last] = [PatternGroup(list(patterns)) for _, patterns in signs][::-1]
        return self._groups[last]


def _last_index(matches: ParentMatches) -> int:
    """Return the index of the last pattern that matches; -1 if none does."""
    return max((index for index, matched in enumerate(matches) if matched), default=-1)


def _last_group_decides(groups: Sequence[PatternGroup], path: str, *, otherwise: bool) -> bool:
    """Whether the last group that matches `path` is not negated; `otherwise` if none matches."""
    for group in groups:
        if group.matches(path):
            return not group.negated
    return otherwise
