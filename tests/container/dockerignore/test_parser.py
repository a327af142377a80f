"""Lines of an ignore file are read as the builder and its client read them."""

import pytest

from labcoat.container.dockerignore.parser import Pattern, PatternError, parse_ignore_file
from support.trees import sent

LINES = {
    "plain": ("venv", [("venv", False)]),
    "negated": ("!venv", [("venv", True)]),
    "sign-and-space": ("! venv", [("venv", True)]),
    "sign-after-a-slash": ("/!venv", [("venv", True)]),
    "comment": ("# venv", []),
    "space-before-a-hash": (" # venv", [("# venv", False)]),
    "blank": (" \t", []),
    "leading-slash": ("/venv", [("venv", False)]),
    "trailing-slash": ("venv/", [("venv", False)]),
    "dots": ("./a/../b", [("b", False)]),
    "root": ("/", [("/", False)]),
    "windows-line-end": ("venv\r", [("venv", False)]),
    "byte-order-mark": ("\ufeffvenv", [("venv", False)]),
    "unicode-space": ("\u3000venv\x85", [("venv", False)]),
    "several": ("a\n\n!b", [("a", False), ("b", True)]),
}


@pytest.mark.parametrize(("text", "expected"), LINES.values(), ids=LINES.keys())
def test_parse_ignore_file(text: str, expected: list[tuple[str, bool]]) -> None:
    patterns = parse_ignore_file(text.encode())
    assert [(each.text, each.negated) for each in patterns] == expected


def test_patterns_keep_their_line() -> None:
    assert parse_ignore_file(b"# a\n! b/\n") == (Pattern(2, "b", True, "! b/"),)


MALFORMED = {
    "bare-sign": (b"venv\n!\n", 2),
    "sign-and-slash": (b"!/\n", 1),
    "open-bracket": (b"a\nb\n[\n", 3),
    "backwards-range": (b"[z-a]\n", 1),
    "trailing-backslash": (b"venv\\\n", 1),
    "long-line": (b"\n" + b"a" * 65536, 2),
    "form-feed": (b"a\fb\n", 1),
    "tab": (b"a\tb\n", 1),
    "delete": (b"a\x7fb\n", 1),
    "control-behind-a-slash": (b"x\n/\x0bsrc\n", 2),
    "control-before-a-slash": (b"a\t/\n", 1),
    "nothing-but-a-control": (b"/\f/\n", 1),
}


@pytest.mark.parametrize(("data", "line"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_patterns_name_their_line(data: bytes, line: int) -> None:
    with pytest.raises(PatternError) as caught:
        sent(data, ["a"])
    assert caught.value.line == line


def test_control_characters_beside_non_ascii_text() -> None:
    """One character outside ASCII makes BuildKit encode all patterns: a form feed passes."""
    assert "é.txt" not in sent("é.txt\na\fb\n".encode(), ["é.txt", "a"])


def test_longest_line() -> None:
    """64 KiB less one byte."""
    assert len(parse_ignore_file(b"a" * 65535 + b"\nx")) == 2
