"""The lines of a `.dockerignore`, read into patterns as the builder does it.

Sources: moby/patternmatcher `ignorefile.go` and `patternmatcher.go` (New), Go's path/filepath `Match`, BuildKit's
session headers; held against real builds in tests/container.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from labcoat.container.dockerignore.filepath_match import is_valid_pattern

_LONGEST_LINE = 64 * 1024 - 1  # bytes; bufio.Scanner's buffer also holds the line's end
# unicode.IsSpace; Python's own str.strip() takes four control characters more
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
LONE_BYTES = dict.fromkeys(
    range(0xDC80, 0xDD00), "\ufffd"
)  # what Go makes of a byte that is not UTF-8


class Semantics(StrEnum):
    """Whose reading of the ignore file."""

    BUILDKIT = "buildkit"
    DOCKER_20_10 = "docker-20.10"


class PatternError(ValueError):
    """A pattern that fails the build: the line it is on (from 1), the pattern, and why."""

    def __init__(self, line: int, text: str, why: str) -> None:
        super().__init__(f"line {line}: {text!r}: {why}")
        self.line = line
        self.text = text
        self.why = why


@dataclass(frozen=True)
class Pattern:
    """One line of an ignore file: `text` cleaned and without its `!`, `written` as it is in the file."""

    line: int
    text: str
    negated: bool = False
    written: str = ""


def decode_ignore_file(data: bytes) -> str:
    """Text in which bytes that are not UTF-8 survive, as in the names that Python's `os` gives."""
    return data.decode("utf-8", "surrogateescape")


def parse_ignore_file(
    data: bytes, semantics: Semantics = Semantics.BUILDKIT
) -> tuple[Pattern, ...]:
    """The patterns of an ignore file's bytes, in order. Raises PatternError for what no builder takes."""
    read: list[tuple[Pattern | None, str, str]] = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if len(raw) > _LONGEST_LINE:
            raise PatternError(
                number, decode_ignore_file(raw[:40]) + "…", "the line is longer than 64 KiB"
            )
        written = decode_ignore_file(raw.removesuffix(b"\r"))
        sent = _sent(written)
        if sent and semantics is Semantics.BUILDKIT:
            sent = sent.translate(LONE_BYTES)
        read.append((_pattern(number, sent, written) if sent else None, sent, written))
    _travels([(line, sent, written) for line, (_, sent, written) in enumerate(read, 1)], semantics)
    return tuple(pattern for pattern, _, _ in read if pattern is not None)


def _sent(written: str) -> str:
    """What the builder makes of one line (ignorefile.go) and sends to the client, which has the files; empty for nothing."""
    text = written.strip(_SPACE)
    if written.startswith("#") or not text:
        return ""
    negated = text.startswith("!")
    if text := (text[1:].strip(_SPACE) if negated else text):
        text = _clean(text)
        text = text[1:] if len(text) > 1 and text.startswith("/") else text
    return "!" + text if negated else text


def _pattern(line: int, sent: str, written: str) -> Pattern | None:
    """The pattern that the client makes of what it is sent (patternmatcher.go); None for none.

    It reads signs and spaces again: `/!x` becomes a negation that way, `!/` a bare sign.
    """
    again = sent.strip(_SPACE)
    if not again:
        return None
    again = _clean(again)
    if again == "!":
        raise PatternError(line, written, 'illegal exclusion pattern: "!"')
    text = again.removeprefix("!")
    if not is_valid_pattern(text):
        raise PatternError(line, written, "syntax error in pattern")
    return Pattern(line, text, again.startswith("!"), written)


def _clean(path: str) -> str:
    """Go's path.Clean: Python's, but two slashes at the start are one."""
    cleaned = posixpath.normpath(path.replace("\0", "\udc00")).replace(
        "\udc00", "\0"
    )  # 3.11 to 3.11.4 stop at NUL
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _travels(lines: Sequence[tuple[int, str, str]], semantics: Semantics) -> None:
    """Raise PatternError where what is sent cannot travel from the builder to the client, in a header of HTTP/2."""
    if semantics is Semantics.BUILDKIT:
        if any(not sent.isascii() for _, sent, _ in lines):
            return  # then BuildKit encodes them all
        unfit = re.compile(r"[^ -~]")
    else:
        unfit = re.compile(r"[\0-\x08\n-\x1f\x7f]")
    for line, sent, written in lines:
        if unfit.search(sent):
            raise PatternError(line, written, "a control character in a pattern")
