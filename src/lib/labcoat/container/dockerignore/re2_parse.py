r"""Go's regular expressions (RE2 syntax), as far as an ignore pattern can hold them.

BuildKit turns a pattern into a Go regular expression and escapes only some of what is special there, so that `[!x]`,
`\w`, `a|b` and `a{2}` mean what Go says. Python's `re` reads several of these otherwise; so the expression is parsed
as Go's regexp/syntax does it. `gosearch` looks for it in a text.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

Ranges = tuple[tuple[int, int], ...]
TOP = 0x10FFFF
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_PERL: dict[str, Ranges] = {
    "d": ((48, 57),),
    "s": ((9, 10), (12, 13), (32, 32)),  # no vertical tab, unlike Python's
    "w": WORD,
}
_POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": ((48, 57),),
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CONTROL = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_ASSERTIONS = {"A": "A", "b": "b", "B": "B", "z": "Z"}  # Go's letter to Python's


class ExpressionError(ValueError):
    """Not a regular expression that Go compiles."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of `ranges`."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class At:
    """A place: `A` the start, `Z` the end, `b` a word's boundary, `B` no boundary."""

    where: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """`node`, `low` to `high` times; without bound where `high` is None."""

    node: "Node"
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """Any one of them."""

    nodes: "tuple[Node, ...]"


Node = Chars | At | Repeat | Sequence | Either


def parse_expression(expression: str) -> Node:
    """The expression's parts. Raises ExpressionError where Go refuses to compile it."""
    return _Parser(expression).parse()


def chars_in(code: int, ranges: Ranges) -> bool:
    """Whether the character is in one of them."""
    return any(low <= code <= high for low, high in ranges)


def chars_not_in(ranges: Ranges) -> Ranges:
    """Every character that is in none of `ranges`."""
    merged: list[tuple[int, int]] = [(-1, -1)]
    for low, high in sorted(ranges):
        merged.append((low, max(high, merged[-1][1])))
    gaps = (
        (before[1] + 1, after[0] - 1) for before, after in pairwise([*merged, (TOP + 1, TOP + 1)])
    )
    return tuple((low, high) for low, high in gaps if low <= high)


class _Parser:
    """Go's regexp/syntax/parse.go, Perl flags on, for what ignore patterns can contain."""

    def __init__(self, expression: str) -> None:
        self.text = expression
        self.at = 0

    def parse(self) -> Node:
        try:
            node = self._alternatives()
        except RecursionError as error:
            raise ExpressionError("expression nests too deeply") from error
        if self.at < len(self.text):
            raise ExpressionError("unexpected )")
        return node

    def _peek(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise ExpressionError("unexpected end")
        self.at += 1
        return self.text[self.at - 1]

    def _alternatives(self) -> Node:
        nodes = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            nodes.append(self._sequence())
        return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))

    def _sequence(self) -> Node:
        nodes: list[Node] = []
        repeated = False  # Go refuses a** and a++: "invalid nested repetition operator"
        while (char := self._peek()) and char not in "|)":
            bounds = self._repeat() if char in "*+?{" else None
            if bounds is None:
                nodes.extend(self._atoms())
                repeated = False
                continue
            if repeated or not nodes:
                raise ExpressionError("a repeat of nothing, or of a repeat")
            nodes[-1] = Repeat(nodes[-1], *bounds)
            repeated = True
        return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes))

    def _repeat(self) -> tuple[int, int | None] | None:
        """The bounds of the repeat that starts here, or None where `{` is an ordinary character."""
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
        if self._peek() == "?":  # not greedy: what is found is the same
            self.at += 1
        return bounds

    def _atoms(self) -> list[Node]:
        char = self._next()
        if char == "(":
            node = self._alternatives()
            if self._peek() != ")":
                raise ExpressionError("missing closing )")
            self.at += 1
            return [node]
        if char == "[":
            return [Chars(self._class())]
        if char == ".":
            return [Chars(((0, 9), (11, TOP)))]
        if char in "^$":
            return [At("A" if char == "^" else "Z")]
        if char == "\\":
            return self._escaped()
        return [_char(char)]

    def _escaped(self) -> list[Node]:
        char = self._peek()
        if char and char in _ASSERTIONS:
            self.at += 1
            return [At(_ASSERTIONS[char])]
        if char == "Q":
            literal, end, _ = self.text[self.at + 1 :].partition("\\E")
            self.at += 1 + len(literal) + len(end and "\\E")
            return [_char(each) for each in literal]
        named = self._named_class()
        return [Chars(named) if named is not None else _char(chr(self._escape()))]

    def _named_class(self) -> Ranges | None:
        """The class that the letter after a backslash names, or None."""
        char = self._peek()
        if char and char in "dswDSW":
            self.at += 1
            ranges = _PERL[char.lower()]
            return chars_not_in(ranges) if char.isupper() else ranges
        if not char or char not in "pP":
            return None
        self.at += 1
        name = self._next()
        if name == "{":
            name, closed, _ = self.text[self.at :].partition("}")
            if not closed:
                raise ExpressionError("invalid character class range")
            self.at += len(name) + 1
        ranges = _category(name.removeprefix("^"))
        return chars_not_in(ranges) if (char == "P") != name.startswith("^") else ranges

    def _escape(self) -> int:
        """The character that is meant after a backslash."""
        char = self._next()
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

    def _class(self) -> Ranges:
        inverse = self._peek() == "^"
        self.at += inverse
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            ranges.extend(self._member())
        self.at += 1
        return chars_not_in(tuple(ranges)) if inverse else tuple(ranges)

    def _member(self) -> Ranges:
        """One member of a class: a named class, a character, or a range of them."""
        if (
            self._peek() == "["
            and self._peek(1) == ":"
            and (end := self.text.find(":]", self.at + 2)) >= 0
        ):
            name = self.text[self.at + 2 : end]
            self.at = end + 2
            if name.removeprefix("^") not in _POSIX:
                raise ExpressionError(f"invalid character class range: [:{name}:]")
            ranges = _POSIX[name.removeprefix("^")]
            return chars_not_in(ranges) if name.startswith("^") else ranges
        if self._peek() == "\\":
            self.at += 1
            named = self._named_class()
            if named is not None:
                return named
            self.at -= 1
        low = high = self._class_char()
        if self._peek() == "-" and self._peek(1) not in ("", "]"):
            self.at += 1
            high = self._class_char()
            if high < low:
                raise ExpressionError("invalid character class range")
        return ((low, high),)

    def _class_char(self) -> int:
        char = self._next()
        return self._escape() if char == "\\" else ord(char)


def _char(char: str) -> Chars:
    return Chars(((ord(char), ord(char)),))


@lru_cache
def _category(name: str) -> Ranges:
    """The characters of one of Unicode's general categories, such as L or Lu."""
    import unicodedata  # half a megabyte that nobody's ignore file needs

    if name == "Any":
        return ((0, TOP),)
    codes = (
        [code for code in range(TOP + 1) if unicodedata.category(chr(code)).startswith(name)]
        if name
        else []
    )
    if not codes or name.startswith("Cn"):
        raise ExpressionError(f"invalid character class range: \\p{{{name}}}")
    starts = [codes[0], *(after for before, after in pairwise(codes) if after != before + 1)]
    ends = [*(before for before, after in pairwise(codes) if after != before + 1), codes[-1]]
    return tuple(zip(starts, ends, strict=True))
