"""Go's filepath.Match: wildcards of COPY and ADD, and which ignore patterns are malformed.

Source: Go's path/filepath/match.go.
"""

from functools import lru_cache

from labcoat.container.dockerignore.re2_match import Search, compile_search
from labcoat.container.dockerignore.re2_nodes import (
    TOP,
    At,
    Chars,
    Node,
    Repeat,
    Sequence,
    chars_in,
    chars_not_in,
    literal_char,
)

_NOT_SLASH = Chars(chars_not_in(((47, 47),)))


class GlobError(ValueError):
    """A malformed pattern."""


def filepath_match(pattern: str, path: str) -> bool:
    """Whether the whole of `path` matches `pattern`; False for a malformed pattern."""
    try:
        return _compile_pattern(pattern)(path)
    except GlobError:
        return False


def is_valid_pattern(pattern: str) -> bool:
    """Whether Go's filepath.Match(pattern, ".") succeeds: how builders check an ignore pattern.

    It reads no further than the first part (parts begin at stars) that does not match: `m*/[`
    is valid here, and fails when it is first tried on a path.
    """
    name = "."
    while pattern := pattern.lstrip("*"):
        try:
            items, end = _parse_until_star(pattern)
        except GlobError:
            return False
        if len(items) != 1 or not name or not chars_in(ord(name), items[0].ranges):
            return True
        pattern, name = pattern[end:], ""
    return True


@lru_cache
def _compile_pattern(pattern: str) -> Search:
    nodes: list[Node] = [At("A")]
    while pattern:
        if pattern.startswith("*"):
            nodes.append(Repeat(_NOT_SLASH, 0, None))
            pattern = pattern.lstrip("*")
        items, end = _parse_until_star(pattern)
        nodes.extend(items)
        pattern = pattern[end:]
    return compile_search(Sequence((*nodes, At("Z"))))


def _parse_until_star(pattern: str) -> tuple[list[Chars], int]:
    """Return the class of each character up to the next star, and where that star is.

    Raise GlobError if the pattern is malformed.
    """
    items: list[Chars] = []
    at = 0
    while at < len(pattern) and pattern[at] != "*":
        if pattern[at] == "[":
            item, at = _parse_brackets(pattern, at + 1)
        elif pattern[at] == "?":
            item, at = _NOT_SLASH, at + 1
        else:
            at += pattern[at] == "\\"
            if at >= len(pattern):
                raise GlobError("a backslash at the end")
            item, at = literal_char(pattern[at]), at + 1
        items.append(item)
    return items, at


def _parse_brackets(pattern: str, at: int) -> tuple[Chars, int]:
    """Return the characters in brackets, and the position after them."""
    inverse = pattern[at : at + 1] == "^"
    at += inverse
    ranges: list[tuple[int, int]] = []
    while not (ranges and pattern[at] == "]"):
        low, at = _parse_member(pattern, at)
        high = low
        if pattern[at] == "-":
            high, at = _parse_member(pattern, at + 1)
        ranges.append((low, high))
    kept = tuple((low, high) for low, high in ranges if low <= high)
    return Chars(chars_not_in(kept) if inverse else kept), at + 1


def _parse_member(pattern: str, at: int) -> tuple[int, int]:
    """Return one character in brackets and the position after it, which is before the end."""
    if pattern[at : at + 1] in ("", "-", "]"):
        raise GlobError("empty brackets or half a range")
    at += pattern[at] == "\\"
    if at + 1 >= len(pattern) or "\udc80" <= pattern[at] <= "\udcff":
        raise GlobError("missing closing ]")
    return min(ord(pattern[at]), TOP), at + 1
