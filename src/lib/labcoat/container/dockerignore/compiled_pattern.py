"""Patterns of an ignore file ready to match paths, one by one or many at once."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from labcoat.container.dockerignore.parser import Pattern, PatternError, Semantics
from labcoat.container.dockerignore.pattern_regexp import decode_as_go, pattern_regexp
from labcoat.container.dockerignore.re2_match import Search, compile_fast_search, compile_search
from labcoat.container.dockerignore.re2_nodes import ExpressionError
from labcoat.container.dockerignore.re2_parse import parse_expression

_ALTERNATIVE_OR_ESCAPE = frozenset("|\\")  # what follows these need not be in the text
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."


class CompiledPattern:
    """One pattern of an ignore file; `error` is why Go cannot compile it, empty if it can."""

    def __init__(self, pattern: Pattern, semantics: Semantics) -> None:
        self.pattern = pattern
        self.text = pattern.text
        self.negated = pattern.negated
        self.depth = pattern.text.count("/") + 1
        self.without_trailing_glob = pattern.text.removesuffix("/**").removesuffix("/*")
        old = semantics is Semantics.DOCKER_20_10
        self.kind, expression = pattern_regexp(pattern.text, old=old)
        self.python: str | None = None  # the expression for Python's `re`, where that is fast
        self.error = ""
        if self.kind == "regexp":
            try:
                self._node = parse_expression(expression)
                self.python = compile_fast_search(self._node)
            except ExpressionError as error:
                self.error = str(error)

    def matches(self, path: str) -> bool:
        """Whether the pattern matches `path`. Raise PatternError if Go cannot compile it."""
        if self.kind == "exact":
            return path == self.text
        if self.kind == "prefix":
            return path.startswith(self.text[:-2])
        if self.kind == "suffix":
            return path.endswith(self.text[2:]) or (self.text[2] == "/" and path == self.text[3:])
        if self.error:
            raise PatternError(self.pattern.line, self.pattern.written, "syntax error in pattern")
        return self._search(decode_as_go(path))

    @cached_property
    def _search(self) -> Search:
        return compile_search(self._node)


class PatternGroup:
    """Consecutive patterns, all negated or none.

    One call matches all of them: a call for each pattern and path would be too slow for a tree.
    """

    def __init__(self, patterns: Sequence[CompiledPattern]) -> None:
        by_kind: dict[str, list[CompiledPattern]] = defaultdict(list)
        for each in patterns:
            by_kind[each.kind].append(each)
        suffixes = [each.text[2:] for each in by_kind["suffix"]]
        fast = [each for each in patterns if each.python is not None]
        tails = {each: _literal_tail(each.text) for each in fast}
        without_tail = [each for each in fast if not tails[each]]
        self.negated = any(each.negated for each in patterns[:1])
        self._exact = {each.text for each in by_kind["exact"]}
        self._exact |= {suffix[1:] for suffix in suffixes if suffix.startswith("/")}
        self._prefixes = tuple(each.text[:-2] for each in by_kind["prefix"])
        self._suffixes = tuple(suffixes)
        self._slow = [each for each in by_kind["regexp"] if each.python is None]
        self._search = _search_any(fast)
        self._tails = (*suffixes, *filter(None, tails.values()))
        self._search_without_tail = _search_any(without_tail) if without_tail else None

    def matches(self, path: str) -> bool:
        """Whether any of the patterns matches `path`."""
        if path in self._exact or path.endswith(self._suffixes) or path.startswith(self._prefixes):
            return True
        return self._search(decode_as_go(path)) is not None or any(
            each.matches(path) for each in self._slow
        )

    def filter_unmatched(self, paths: Sequence[str]) -> list[str]:
        """Return those of `paths` that no pattern matches."""
        if self._slow or not "".join(paths).isascii():
            return [path for path in paths if not self.matches(path)]
        exact, prefixes, tails = self._exact, self._prefixes, self._tails
        search = self._search_without_tail
        suspects = {
            path
            for path in paths
            if path.endswith(tails)
            or path in exact
            or path.startswith(prefixes)
            or (search and search(path))
        }
        if not suspects:
            return list(paths)
        return [path for path in paths if path not in suspects or not self.matches(path)]


def _search_any(patterns: Iterable[CompiledPattern]) -> Callable[[str], object]:
    """Return a search for the first of the patterns' expressions that matches."""
    alternatives = "|".join(f"(?:{each.python})" for each in patterns)
    return re.compile(alternatives or "(?!)", re.ASCII).search


def _literal_tail(pattern: str) -> str:
    """Return the letters with which all that the pattern matches ends; empty if unknown."""
    if _ALTERNATIVE_OR_ESCAPE & set(pattern):
        return ""
    return pattern[len(pattern.rstrip(_PLAIN)) :]
