"""The HCL that bake files are written in: blocks, attributes, texts, lists and maps.

What needs more, as functions and conditions do, is a text with a `$`, as an unknown variable is.
Syntax: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md.
"""

import re
from typing import Any

from labcoat.core.patterns import lazy_pattern

UNKNOWN = "${?}"
_MOST_NESTED = 50
_LARGEST = 1 << 16  # characters
_MOST_SEARCHED = 200  # texts and comments, each of which may end only with the file
_TOKEN = lazy_pattern(
    r"(?P<space>[ \t\r\f\v]+|(?:\#|//)[^\n]*|/\*.*?\*/)"
    r"|<<-?(?P<heredoc>\w+)\r?\n(?P<inside>.*?)^[ \t]*(?P=heredoc)[ \t\r]*$"
    r'|"(?P<text>(?:[^"\\$]|\\.|\$\{[^{}\n]*\}|\$)*)"'
    r"|(?P<word>[\w][\w.-]*)|(?P<mark>.)",
    re.DOTALL | re.MULTILINE,
)
_Token = tuple[str, str]  # its kind, and its text


def read_blocks(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the blocks of a text: the type, the label and the attributes of each.

    None of a text that is too large to be written by hand.
    """
    if len(text) > _LARGEST or text.count("<<") + text.count("/*") > _MOST_SEARCHED:
        return []
    return _Reader(_split(text)).read_blocks()


def _split(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    for found in _TOKEN.finditer(text):
        if found["text"] is not None:
            tokens.append(("text", found["text"]))
        elif found["heredoc"]:
            tokens.append(("text", found["inside"]))
        elif found["word"]:
            tokens.append(("word", found["word"]))
        elif found["mark"]:
            tokens.append(("mark", found["mark"]))
    return tokens


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.nested = 0

    def _peek(self, offset: int = 0) -> _Token:
        at = self.at + offset
        return self.tokens[at] if at < len(self.tokens) else ("end", "")

    def _skip_lines(self, *more: str) -> None:
        while self._peek() in (("mark", "\n"), *(("mark", each) for each in more)):
            self.at += 1

    def read_blocks(self) -> list[tuple[str, str, dict[str, Any]]]:
        blocks = []
        while self._peek()[0] != "end":
            kind, name = self._peek()
            label = self._peek(1)[1] if self._peek(1)[0] in ("text", "word") else ""
            opens = 2 if label else 1
            if kind == "word" and self._peek(opens) == ("mark", "{"):
                self.at += opens + 1
                blocks.append((name, label, self._read_pairs()))
            else:
                self.at += 1
        return blocks

    def _read_pairs(self) -> dict[str, Any]:
        """Read the attributes of a block or a map, up to the bracket that closes it."""
        pairs: dict[str, Any] = {}
        while True:
            self._skip_lines(",")
            kind, name = self._peek()
            self.at += 1
            if kind == "end" or (kind, name) == ("mark", "}"):
                return pairs
            if kind in ("word", "text") and self._peek() in (("mark", "="), ("mark", ":")):
                self.at += 1
                pairs[name] = self._read_value()
            elif (kind, name) == ("mark", "{"):  # of a block in this one
                self._read_inside(self._read_pairs)

    def _read_inside(self, read: Any) -> Any:
        self.nested += 1
        if self.nested > _MOST_NESTED:
            self.at = len(self.tokens)
            return None
        value = read()
        self.nested -= 1
        return value

    def _read_value(self) -> Any:
        """Read a value, up to the end of its line or to what separates it from the next."""
        kind, text = self._peek()
        self.at += 1
        value: Any = UNKNOWN
        if kind == "text":
            value = text
        elif kind == "word":
            value = (
                text if text in ("true", "false", "null") or text[0].isdigit() else f"${{{text}}}"
            )
        elif text == "[":
            value = self._read_inside(self._read_list)
        elif text == "{":
            value = self._read_inside(self._read_pairs)
        else:
            self.at -= 1
        depth = 0
        while depth or self._peek() not in tuple(("mark", mark) for mark in "\n,]}"):
            kind, mark = self._peek()
            if kind == "end":
                break
            depth += (kind == "mark") * ((mark in "([{") - (mark in ")]}"))
            value = UNKNOWN
            self.at += 1
        return value

    def _read_list(self) -> list[Any]:
        items: list[Any] = []
        while True:
            self._skip_lines(",")
            if self._peek()[0] == "end":
                return items
            if self._peek() == ("mark", "]"):
                self.at += 1
                return items
            if self._peek() == ("mark", "}"):  # it belongs to nothing
                return items
            items.append(self._read_value())
