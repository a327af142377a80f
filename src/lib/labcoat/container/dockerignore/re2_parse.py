r"""Parse Go's regular expressions (RE2 syntax), as far as ignore patterns contain them.

BuildKit turns a pattern into a Go regular expression and escapes only some special characters, so
that `[!x]`, `\w`, `a|b` and `a{2}` mean what Go says. Python's `re` reads several of these
otherwise. `re2_match` searches a text for the parsed expression.

Source: Go's regexp/syntax/parse.go.
"""

import re

from labcoat.container.dockerignore.re2_classes import (
    PERL_CLASSES,
    POSIX_CLASSES,
    unicode_category,
)
from labcoat.container.dockerignore.re2_nodes import (
    TOP,
    At,
    Chars,
    Either,
    ExpressionError,
    Node,
    Ranges,
    Repeat,
    Sequence,
    chars_not_in,
    literal_char,
)

_CONTROL = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_ASSERTIONS = {"A": "A", "b": "b", "B": "B", "z": "Z"}  # Go's letter: Python's


def parse_expression(expression: str) -> Node:
    """Return the expression's parts. Raise ExpressionError if Go refuses to compile it."""
    return _Parser(expression).parse()


class _Parser:
    """A recursive descent over the text, with Go's Perl flags on."""

    def __init__(self, expression: str) -> None:
        self.text = expression
        self.at = 0

    def parse(self) -> Node:
        try:
            node = self._parse_alternatives()
        except RecursionError as error:
            raise ExpressionError("expression nests too deeply") from error
        if self.at < len(self.text):
            raise ExpressionError("unexpected )")
        return node

    def _peek(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def _next_char(self) -> str:
        if self.at >= len(self.text):
            raise ExpressionError("unexpected end")
        self.at += 1
        return self.text[self.at - 1]

    def _parse_alternatives(self) -> Node:
        nodes = [self._parse_sequence()]
        while self._peek() == "|":
            self.at += 1
            nodes.append(self._parse_sequence())
        return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))

    def _parse_sequence(self) -> Node:
        nodes: list[Node] = []
        repeated = False  # Go refuses a** and a++
        while (char := self._peek()) and char not in "|)":
            bounds = self._parse_bounds() if char in "*+?{" else None
            if bounds is None:
                nodes.extend(self._parse_atoms())
                repeated = False
                continue
            if repeated or not nodes:
                which = "invalid nested" if repeated else "missing argument to"
                raise ExpressionError(f"{which} repetition operator")
            nodes[-1] = Repeat(nodes[-1], *bounds)
            repeated = True
        return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes))

    def _parse_bounds(self) -> tuple[int, int | None] | None:
        """Return the bounds of the repeat here; None where `{` is an ordinary character."""
        known: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        bounds = known.get(self._peek())
        length = 1
        if bounds is None:
            found = re.compile(r"\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}").match(self.text, self.at)
            if not found:
                return None
            low = int(found[1][:9])
            high = low if found[2] is None else int(found[3][:9]) if found[3] else None
            if low > 1000 or (high is not None and (high > 1000 or high < low)):
                raise ExpressionError(f"invalid repeat count: {found[0]}")
            bounds, length = (low, high), len(found[0])
        self.at += length
        if self._peek() == "?":  # not greedy: matches the same texts
            self.at += 1
        return bounds

    def _parse_atoms(self) -> list[Node]:
        char = self._next_char()
        if char == "(":
            node = self._parse_alternatives()
            if self._peek() != ")":
                raise ExpressionError("missing closing )")
            self.at += 1
            return [node]
        if char == "[":
            return [Chars(self._parse_class())]
        if char == ".":
            return [Chars(((0, 9), (11, TOP)))]
        if char in "^$":
            return [At("A" if char == "^" else "Z")]
        if char == "\\":
            return self._parse_escaped()
        return [literal_char(char)]

    def _parse_escaped(self) -> list[Node]:
        char = self._peek()
        if char and char in _ASSERTIONS:
            self.at += 1
            return [At(_ASSERTIONS[char])]
        if char == "Q":
            literal, end, _ = self.text[self.at + 1 :].partition("\\E")
            self.at += 1 + len(literal) + len(end and "\\E")
            return [literal_char(each) for each in literal]
        named = self._parse_named_class()
        return [Chars(named) if named is not None else literal_char(chr(self._parse_escape()))]

    def _parse_named_class(self) -> Ranges | None:
        """Return the class that the letter after a backslash names, or None."""
        char = self._peek()
        if char and char in "dswDSW":
            self.at += 1
            ranges = PERL_CLASSES[char.lower()]
            return chars_not_in(ranges) if char.isupper() else ranges
        if not char or char not in "pP":
            return None
        self.at += 1
        name = self._next_char()
        if name == "{":
            name, closed, _ = self.text[self.at :].partition("}")
            if not closed:
                raise ExpressionError("invalid character class range")
            self.at += len(name) + 1
        ranges = unicode_category(name.removeprefix("^"))
        return chars_not_in(ranges) if (char == "P") != name.startswith("^") else ranges

    def _parse_escape(self) -> int:
        """Return the character that is escaped here, after the backslash."""
        char = self._next_char()
        if char in _CONTROL:
            return _CONTROL[char]
        if char == "x":
            found = re.compile(r"\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2})").match(self.text, self.at)
            if found and (code := int(found[1] or found[2], 16)) <= TOP:
                self.at = found.end()
                return code
        octal = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}").match(self.text, self.at - 1)
        if octal:
            self.at = octal.end()
            return int(octal[0], 8)
        if char.isascii() and not char.isalnum():
            return ord(char)
        raise ExpressionError(f"invalid escape sequence: \\{char}")

    def _parse_class(self) -> Ranges:
        inverse = self._peek() == "^"
        self.at += inverse
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            ranges.extend(self._parse_member())
        self.at += 1
        return chars_not_in(tuple(ranges)) if inverse else tuple(ranges)

    def _parse_member(self) -> Ranges:
        """Return one member of a class: a named class, a character, or a range of them."""
        if (
            self._peek() == "["
            and self._peek(1) == ":"
            and (end := self.text.find(":]", self.at + 2)) >= 0
        ):
            name = self.text[self.at + 2 : end]
            self.at = end + 2
            if name.removeprefix("^") not in POSIX_CLASSES:
                raise ExpressionError(f"invalid character class range: [:{name}:]")
            ranges = POSIX_CLASSES[name.removeprefix("^")]
            return chars_not_in(ranges) if name.startswith("^") else ranges
        if self._peek() == "\\":
            self.at += 1
            named = self._parse_named_class()
            if named is not None:
                return named
            self.at -= 1
        low = high = self._parse_class_char()
        if self._peek() == "-" and self._peek(1) not in ("", "]"):
            self.at += 1
            high = self._parse_class_char()
            if high < low:
                raise ExpressionError("invalid character class range")
        return ((low, high),)

    def _parse_class_char(self) -> int:
        char = self._next_char()
        return self._parse_escape() if char == "\\" else ord(char)
