"""`.dockerignore`, as the builder matches it.

Two builders are known: today's BuildKit, and the one in Docker 20.10. They differ in how a folder's result reaches what
is in it, so neither can be asked about a path alone: the tree is walked from its root, `Matcher.folder` for each folder
and `Matcher.kept` for the files in it, with what the folder's parent gave.

Sources: moby/patternmatcher `patternmatcher.go`, tonistiigi/fsutil `filter.go`, and for 20.10 moby `pkg/fileutils` and
fsutil `walker.go`; each held against real builds in tests/container.
"""

import re
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from labcoat.container.dockerignore import re2_parse
from labcoat.container.dockerignore.parser import (
    LONE_BYTES,
    Pattern,
    PatternError,
    Semantics,
)
from labcoat.container.dockerignore.re2_match import Search, compile_fast_search, compile_search
from labcoat.container.dockerignore.re2_parse import ExpressionError

__all__ = ["Folder", "Info", "Matcher", "Pattern", "PatternError", "Semantics"]

_GLOB = frozenset("*[]?^\\")
_UNPLAIN = frozenset("|\\")  # what follows these in an expression need not stand in the text
_PLAIN = string.ascii_letters + string.digits + "_-."

Info = tuple[bool, ...]  # for each pattern, whether it matched a folder or one above it


@dataclass(frozen=True)
class Folder:
    """What a builder makes of a folder: whether to leave it out, whether to walk it, and what its contents need."""

    ignored: bool
    walked: bool
    info: Info = ()


class Matcher:
    """What one builder does with the patterns of one ignore file."""

    def __init__(
        self, patterns: Sequence[Pattern], semantics: Semantics = Semantics.BUILDKIT
    ) -> None:
        self.patterns = tuple(patterns)
        self.semantics = semantics
        self._tests = [_Test(pattern, semantics) for pattern in patterns]
        self._exceptions = [test for test in self._tests if test.negated]
        self._runs: dict[int, list[_Run]] = {}

    def folder(self, path: str, info: Info = ()) -> Folder:
        """What becomes of the folder `path` (relative to the context, `/` between), whose parent gave `info`.

        Raises PatternError for a pattern that is malformed in a way builders notice only when they come to need it.
        """
        if self.semantics is Semantics.DOCKER_20_10:
            ignored = self._matches_20_10(path)
            return Folder(ignored, not ignored or self._literally_excepted(path))
        if (
            not self._exceptions and not self._fragile
        ):  # then what matches is not walked, and nothing is carried down
            ignored = _decided(self._runs_after(-1), path, otherwise=False)
            return Folder(ignored, not ignored)
        ignored, info = self._with_parent(path, info)
        return Folder(ignored, not ignored or self._excepted(path), info)

    def kept(self, paths: Sequence[str], info: Info = ()) -> list[str]:
        """Those of `paths`, the files of one folder, that are sent; `info` as `folder` gave it for that folder."""
        if self.semantics is Semantics.DOCKER_20_10:
            return [path for path in paths if not self._matches_20_10(path)]
        if self._fragile:
            return [path for path in paths if not self._with_parent(path, info)[0]]
        last = max((index for index, matched in enumerate(info) if matched), default=-1)
        runs = self._runs_after(last)
        ignored = last >= 0 and not self._tests[last].negated
        if len(runs) == 1 and not runs[0].negated and not ignored:
            return runs[0].unmatched(paths)
        return [path for path in paths if not _decided(runs, path, otherwise=ignored)]

    @property
    def empties(self) -> bool:
        """Whether there can be files that arrive empty."""
        return self.semantics is Semantics.BUILDKIT and bool(self._exceptions)

    def emptied(self, path: str) -> bool:
        """Whether the file `path`, which is sent, arrives empty.

        BuildKit lists files with each pattern's result for the folder carried down, but opens them by testing every
        folder above against every pattern. Where the two disagree, nothing is read: `d`, `!d/f`, `d*` empties d/f.
        """
        if not self.empties:
            return False
        try:
            return self.matches_or_below(path)
        except PatternError:  # which only ends the walk
            return True

    def matches_or_below(self, path: str) -> bool:
        """Whether the last pattern that matches `path`, or any folder above it, is not negated."""
        parts = path.split("/")
        ways = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        return self._last_match(lambda test: any(test.matches(way) for way in ways), lazily=True)

    def broken(self) -> list[tuple[Pattern, str]]:
        """The patterns that fail the build if they are ever tried, each with why."""
        return [(test.pattern, test.broken) for test in self._tests if test.broken]

    @cached_property
    def _fragile(self) -> bool:
        """Whether a pattern fails the build if it is ever tried: then it matters which are."""
        return any(test.broken for test in self._tests)

    def _with_parent(self, path: str, parent: Info) -> tuple[bool, Info]:
        """patternmatcher.go, MatchesUsingParentResults."""
        ignored = False
        info = []
        for index, test in enumerate(self._tests):
            matched = bool(parent) and parent[index]
            if not matched and test.negated == ignored:
                matched = test.matches(path)
            info.append(matched)
            if matched:
                ignored = not test.negated
        return ignored, tuple(info)

    def _matches_20_10(self, path: str) -> bool:
        """Matches of pkg/fileutils: of the folders above, it tests the one as deep as the pattern."""
        parents = path.split("/")[:-1]

        def matches(test: _Test) -> bool:
            own = test.matches(path)
            return own or bool(
                0 < test.depth <= len(parents) and test.matches("/".join(parents[: test.depth]))
            )

        return self._last_match(matches)

    def _last_match(self, matches: Callable[["_Test"], bool], *, lazily: bool = False) -> bool:
        """Whether the last pattern that matches ignores; `lazily`, a pattern that would change nothing is not tried."""
        ignored = False
        for test in self._tests:
            if not (lazily and test.negated != ignored) and matches(test):
                ignored = not test.negated
        return ignored

    def _excepted(self, folder: str) -> bool:
        """Whether an ignored folder is walked all the same, since a `!` pattern could match in it (filter.go)."""
        if any(_GLOB & set(test.without_trailing_glob) for test in self._exceptions):
            return True
        return any(
            f"{test.without_trailing_glob}/".startswith(f"{folder}/") for test in self._exceptions
        )

    def _literally_excepted(self, folder: str) -> bool:
        """The same in 20.10, which takes `*` for a letter (walker.go)."""
        return any(f"{test.text}/".startswith(f"{folder}/") for test in self._exceptions)

    def _runs_after(self, last: int) -> "list[_Run]":
        """The patterns after the one at `last`, in runs of one sign each, the last run first."""
        if last not in self._runs:
            groups = groupby(self._tests[last + 1 :], key=lambda test: test.negated)
            self._runs[last] = [_Run(list(tests)) for _, tests in groups][::-1]
        return self._runs[last]


def _decided(runs: "list[_Run]", path: str, *, otherwise: bool) -> bool:
    for run in runs:
        if run.matches(path):
            return not run.negated
    return otherwise


class _Test:
    """One pattern, ready to be tried on paths."""

    def __init__(self, pattern: Pattern, semantics: Semantics) -> None:
        self.pattern = pattern
        self.text = pattern.text
        self.negated = pattern.negated
        self.depth = pattern.text.count("/") + 1
        self.without_trailing_glob = pattern.text.removesuffix("/**").removesuffix("/*")
        self.kind, expression = _expression(pattern.text, old=semantics is Semantics.DOCKER_20_10)
        self.python: str | None = None
        self.broken = ""
        if self.kind == "regexp":
            try:
                self._node = re2_parse.parse_expression(expression)
                self.python = compile_fast_search(self._node)
            except ExpressionError as error:
                self.broken = str(error)

    def matches(self, path: str) -> bool:
        if self.kind == "exact":
            return path == self.text
        if self.kind == "prefix":
            return path.startswith(self.text[:-2])
        if self.kind == "suffix":
            return path.endswith(self.text[2:]) or (self.text[2] == "/" and path == self.text[3:])
        if self.broken:
            raise PatternError(self.pattern.line, self.pattern.written, "syntax error in pattern")
        return self._search(_as_go_sees(path))

    @cached_property
    def _search(self) -> Search:
        return compile_search(self._node)


def _as_go_sees(text: str) -> str:
    return text if text.isascii() else text.translate(LONE_BYTES)


class _Run:
    """Patterns of one sign that follow each other: a whole tree is asked, so a call per pattern would be too slow."""

    def __init__(self, tests: Sequence[_Test]) -> None:
        self.negated = tests[0].negated
        self.exact = {test.text for test in tests if test.kind == "exact"}
        self.exact |= {
            test.text[3:] for test in tests if test.kind == "suffix" and test.text[2:3] == "/"
        }
        self.prefixes = tuple(test.text[:-2] for test in tests if test.kind == "prefix")
        self.suffixes = tuple(test.text[2:] for test in tests if test.kind == "suffix")
        self.slow = [test for test in tests if test.kind == "regexp" and test.python is None]
        quick = [test for test in tests if test.python is not None]
        self.search = _any(quick)
        self.endings = (
            *self.suffixes,
            *(tail for test in quick if (tail := _literal_tail(test.text))),
        )
        endless = [test for test in quick if not _literal_tail(test.text)]
        self.search_endless = _any(endless) if endless else None

    def matches(self, path: str) -> bool:
        """Whether any of the patterns matches."""
        if path in self.exact or path.endswith(self.suffixes) or path.startswith(self.prefixes):
            return True
        return self.search(_as_go_sees(path)) is not None or any(
            test.matches(path) for test in self.slow
        )

    def unmatched(self, paths: Sequence[str]) -> list[str]:
        """Those of `paths` that no pattern matches."""
        if self.slow or not "".join(paths).isascii():
            return [path for path in paths if not self.matches(path)]
        exact, prefixes, endings, search = (
            self.exact,
            self.prefixes,
            self.endings,
            self.search_endless,
        )
        suspects = {
            path
            for path in paths
            if path.endswith(endings)
            or path in exact
            or path.startswith(prefixes)
            or (search and search(path))
        }
        return (
            [path for path in paths if path not in suspects or not self.matches(path)]
            if suspects
            else list(paths)
        )


def _any(tests: Iterable[_Test]) -> Callable[[str], object]:
    """A search for the first of the tests' expressions that matches."""
    return re.compile("|".join(f"(?:{test.python})" for test in tests) or "(?!)", re.ASCII).search


def _literal_tail(pattern: str) -> str:
    """Letters with which all that the pattern matches must end; none where that is not plain."""
    return "" if _UNPLAIN & set(pattern) else pattern[len(pattern.rstrip(_PLAIN)) :]


def _expression(pattern: str, *, old: bool) -> tuple[str, str]:
    """How a pattern is matched (exact, prefix, suffix or regexp) and its Go expression: patternmatcher.go, compile.

    20.10 (`old`) always uses the expression, and escapes only `.` and `$` in it.
    """
    escaped = (
        ".$" if old else ".+()$"
    )  # today's also means `|{}`, but its table has no room for them
    kind = "exact"
    text = _as_go_sees(pattern).removeprefix("\ufeff")  # text/scanner skips a byte order mark
    parts = ["^"]
    at = 0
    while at < len(text):
        if text.startswith("**", at):
            kind, part, taken = _double_star(text, at, kind)
        else:
            kind, part, taken = _single(text, at, kind, escaped)
        parts.append(part)
        at += taken
    return "regexp" if old else kind, "".join(parts) + "$"


def _double_star(text: str, at: int, kind: str) -> tuple[str, str, int]:
    taken = 3 if text.startswith("/", at + 2) else 2
    if at + taken < len(text):
        return ("suffix" if at == 0 else "regexp"), "(.*/)?", taken
    if at == 0:
        return "suffix", ".*", taken
    return ("prefix" if kind == "exact" else "regexp"), ".*", taken


def _single(text: str, at: int, kind: str, escaped: str) -> tuple[str, str, int]:
    char = text[at]
    if char == "*":
        return "regexp", "[^/]*", 1
    if char == "?":
        return "regexp", "[^/]", 1
    if char in escaped:
        return kind, f"\\{char}", 1
    if char == "\\":
        return "regexp", text[at : at + 2], 2
    if char in "[]":
        return "regexp", char, 1
    return kind, char, 1
