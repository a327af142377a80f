"""Parse the lines of a `.dockerignore` into patterns, as the builder does.

Sources: moby/patternmatcher `ignorefile.go` and `patternmatcher.go` (New), Go's path/filepath
`Match`, BuildKit's session headers; checked against real builds in tests/integration.
"""

import posixpath
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from labcoat.container.dockerignore.filepath_match import is_valid_pattern

_LONGEST_LINE = 64 * 1024 - 1  # bytes; bufio.Scanner's buffer also holds the line's end
# unicode.IsSpace; Python's str.strip() also strips four control characters.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
# Go decodes a byte that is not UTF-8 as U+FFFD.
LONE_BYTES = dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd")


class Semantics(StrEnum):
    """The builder whose reading of the ignore file counts."""

    BUILDKIT = "buildkit"
    DOCKER_20_10 = "docker-20.10"


class PatternError(ValueError):
    """A pattern that fails the build: its line (from 1), its text, and why."""

    def __init__(self, line: int, text: str, why: str) -> None:
        super().__init__(f"line {line}: {text!r}: {why}")
        self.line = line
        self.text = text
        self.why = why


class TooManyLinesError(PatternError):
    """What labcoat leaves unread, because its patterns would take minutes, for a builder too."""


MOST_LINES = 100_000


class Pattern(NamedTuple):
    """One line of an ignore file: `written` in the file, `text` cleaned and without its `!`."""

    line: int
    text: str
    negated: bool = False
    written: str = ""


def decode_ignore_file(data: bytes) -> str:
    """Decode UTF-8; other bytes become surrogates, as in file names that Python's `os` returns."""
    return data.decode("utf-8", "surrogateescape")


@lru_cache(maxsize=32)  # several rules read the same file
def parse_ignore_file(
    data: bytes, semantics: Semantics = Semantics.BUILDKIT
) -> tuple[Pattern, ...]:
    """Return the patterns in an ignore file's bytes, in order.

    Raise PatternError for a pattern that every build refuses.
    """
    patterns: list[Pattern] = []
    lines: list[tuple[int, str, str]] = []
    if data.count(b"\n") >= MOST_LINES:
        raise TooManyLinesError(MOST_LINES + 1, "…", f"labcoat reads at most {MOST_LINES} lines")
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if len(raw) > _LONGEST_LINE:
            start = decode_ignore_file(raw[:40]) + "…"
            raise PatternError(number, start, "the line is longer than 64 KiB")
        written = decode_ignore_file(raw.removesuffix(b"\r"))
        sent = _clean_line(written)
        if sent and semantics is Semantics.BUILDKIT:
            sent = sent.translate(LONE_BYTES)
        if sent and (pattern := _parse_sent_line(number, sent, written)):
            patterns.append(pattern)
        lines.append((number, sent, written))
    _check_transport(lines, semantics)
    return tuple(patterns)


def _clean_line(written: str) -> str:
    """Return the line that the builder sends to the client, which has the files.

    It is empty for a blank line or a comment (ignorefile.go).
    """
    text = written.strip(_SPACE)
    if written.startswith("#") or not text:
        return ""
    negated = text.startswith("!")
    if text := (text[1:].strip(_SPACE) if negated else text):
        text = _clean_path(text)
        text = text[1:] if len(text) > 1 and text.startswith("/") else text
    return "!" + text if negated else text


def _parse_sent_line(line: int, sent: str, written: str) -> Pattern | None:
    """Return the pattern that the client makes of a line sent to it (patternmatcher.go).

    It interprets signs and spaces again: `/!x` becomes a negation, `!/` a sign alone.
    """
    again = sent.strip(_SPACE)
    if not again:
        return None
    again = _clean_path(again)
    if again == "!":
        raise PatternError(line, written, 'illegal exclusion pattern: "!"')
    text = again.removeprefix("!")
    if not is_valid_pattern(text):
        raise PatternError(line, written, "syntax error in pattern")
    return Pattern(line, text, again.startswith("!"), written)


def _clean_path(path: str) -> str:
    """Go's path.Clean: like Python's normpath, but two slashes at the start become one."""
    # Python 3.11.0 to 3.11.3 stop at NUL.
    cleaned = posixpath.normpath(path.replace("\0", "\udc00")).replace("\udc00", "\0")
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _check_transport(lines: Sequence[tuple[int, str, str]], semantics: Semantics) -> None:
    """Raise PatternError if a line cannot be sent from builder to client in an HTTP/2 header."""
    if semantics is Semantics.BUILDKIT:
        if any(not sent.isascii() for _, sent, _ in lines):
            return  # then BuildKit encodes them all
        unfit = re.compile(r"[^ -~]")
    else:
        unfit = re.compile(r"[\0-\x08\n-\x1f\x7f]")
    for line, sent, written in lines:
        if unfit.search(sent):
            raise PatternError(line, written, "a control character in a pattern")
