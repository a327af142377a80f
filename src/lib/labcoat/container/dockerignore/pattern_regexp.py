"""The Go regular expression that a pattern of an ignore file stands for.

Source: moby/patternmatcher `patternmatcher.go` (compile), and for 20.10 moby `pkg/fileutils`.
"""

from typing import Literal

from labcoat.container.dockerignore.parser import LONE_BYTES

# How a pattern is matched: `prefix` is all but `**` at the end, `suffix` all but `**` at the start.
MatchKind = Literal["exact", "prefix", "suffix", "regexp"]


def decode_as_go(text: str) -> str:
    """Return `text` with each byte that is not UTF-8 replaced, as Go does."""
    return text if text.isascii() else text.translate(LONE_BYTES)


def pattern_regexp(pattern: str, *, old: bool) -> tuple[MatchKind, str]:
    """Return how a pattern is matched, and its Go expression.

    Docker 20.10 (`old`) always uses the expression, and escapes only `.` and `$` in it.
    """
    # BuildKit means to escape `|{}` too, but its table has no room for them.
    escaped = ".$" if old else ".+()$"
    kind: MatchKind = "exact"
    text = decode_as_go(pattern).removeprefix("\ufeff")  # text/scanner skips a byte order mark
    parts = ["^"]
    at = 0
    while at < len(text):
        if text.startswith("**", at):
            kind, part, length = _double_star(text, at, kind)
        else:
            kind, part, length = _single_char(text, at, kind, escaped)
        parts.append(part)
        at += length
    return "regexp" if old else kind, "".join(parts) + "$"


def _double_star(text: str, at: int, kind: MatchKind) -> tuple[MatchKind, str, int]:
    """Return the kind, the expression and the length of the `**` at position `at`."""
    length = 3 if text.startswith("/", at + 2) else 2
    if at + length < len(text):
        return "suffix" if at == 0 else "regexp", "(.*/)?", length
    if at == 0:
        return "suffix", ".*", length
    return "prefix" if kind == "exact" else "regexp", ".*", length


def _single_char(text: str, at: int, kind: MatchKind, escaped: str) -> tuple[MatchKind, str, int]:
    """Return the kind, the expression and the length of what begins at position `at`."""
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
