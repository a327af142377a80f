"""Expressions are parsed as Go's regexp/syntax does, where Python's `re` differs too.

Also covers re2_nodes and re2_classes. How texts are searched is in test_re2_match.
"""

import pytest

from labcoat.container.dockerignore.re2_nodes import (
    TOP,
    At,
    Chars,
    Either,
    ExpressionError,
    Repeat,
    Sequence,
    chars_in,
    chars_not_in,
    literal_char,
)
from labcoat.container.dockerignore.re2_parse import parse_expression

A, B = literal_char("a"), literal_char("b")
PARTS = {
    "a": A,
    "ab": Sequence((A, B)),
    "a|b": Either((A, B)),
    "": Sequence(()),
    "(a)": A,
    "a*": Repeat(A, 0, None),
    "a+?": Repeat(A, 1, None),
    "a?": Repeat(A, 0, 1),
    "a{2}": Repeat(A, 2, 2),
    "a{2,}": Repeat(A, 2, None),
    "a{2,3}?": Repeat(A, 2, 3),
    "a{,2}": Sequence(tuple(map(literal_char, "a{,2}"))),
    "a{x": Sequence(tuple(map(literal_char, "a{x"))),
    "a{02}": Sequence(tuple(map(literal_char, "a{02}"))),
    "^a$": Sequence((At("A"), A, At("Z"))),
    r"\ba\B\z": Sequence((At("b"), A, At("B"), At("Z"))),
    r"\Aa": Sequence((At("A"), A)),
    ".": Chars(((0, 9), (11, TOP))),
    r"\d": Chars(((48, 57),)),
    r"\s": Chars(((9, 10), (12, 13), (32, 32))),
    r"\D": Chars(chars_not_in(((48, 57),))),
    r"\x41\x{1F600}\101\0": Sequence(
        (literal_char("A"), literal_char("\U0001f600"), literal_char("A"), literal_char("\0"))
    ),
    r"\a\f\t\n\r\v": Sequence(tuple(map(literal_char, "\a\f\t\n\r\v"))),
    r"\.\_": Sequence((literal_char("."), literal_char("_"))),
    r"\Qa*\E*": Sequence((A, Repeat(literal_char("*"), 0, None))),
    r"\Qa": A,
    "[ab]": Chars(((97, 97), (98, 98))),
    "[!a]": Chars(((33, 33), (97, 97))),
    "[^a]": Chars(chars_not_in(((97, 97),))),
    "[]a]": Chars(((93, 93), (97, 97))),
    "[a-c-]": Chars(((97, 99), (45, 45))),
    r"[\]]": Chars(((93, 93),)),
    r"[\d_]": Chars(((48, 57), (95, 95))),
    "[[:digit:]]": Chars(((48, 57),)),
    "[[:^digit:]]": Chars(chars_not_in(((48, 57),))),
    "[[a]": Chars(((91, 91), (97, 97))),
    r"\p{Any}": Chars(((0, TOP),)),
}


@pytest.mark.parametrize(("expression", "node"), PARTS.items(), ids=PARTS.keys())
def test_parse_expression(expression: str, node: object) -> None:
    assert parse_expression(expression) == node


REFUSED = {
    "a**": "invalid nested repetition",
    "a{2}{3}": "invalid nested repetition",
    "*a": "missing argument to repetition",
    "a|*": "missing argument to repetition",
    "a{1001}": "invalid repeat count",
    "a{3,2}": "invalid repeat count",
    "(a": "missing closing",
    "a)": "unexpected",
    "[a": "unexpected end",
    "[z-a]": "invalid character class range",
    "[[:nothing:]]": "invalid character class range",
    r"\p{Nothing}": "invalid character class range",
    r"\p{L": "invalid character class range",
    r"\p{}": "invalid character class range",
    r"\p{Cn}": "invalid character class range",
    r"\p": "unexpected end",
    "a\\": "unexpected end",
    r"\8": "invalid escape sequence",
    r"\y": "invalid escape sequence",
    r"\é": "invalid escape sequence",
    r"\x{110000}": "invalid escape sequence",
    "(" * 5000: "nests too deeply",
}


@pytest.mark.parametrize(("expression", "reason"), REFUSED.items(), ids=range(len(REFUSED)))
def test_expressions_that_go_refuses(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        parse_expression(expression)


def test_unicode_categories() -> None:
    r"""`\pL` is a category, `\p{Lu}` a part of it."""
    letters, upper = (parse_expression(each) for each in (r"\pL", r"\p{Lu}"))
    assert isinstance(letters, Chars)
    assert isinstance(upper, Chars)
    assert [chars_in(ord(char), letters.ranges) for char in "aÉ中1_"] == [True] * 3 + [False] * 2
    assert [chars_in(ord(char), upper.ranges) for char in "aÉ中"] == [False, True, False]
    assert parse_expression(r"\PN") == parse_expression(r"\p{^N}")


def test_complement_covers_what_the_ranges_leave() -> None:
    """Overlapping and unsorted ranges too; twice the complement is the whole again."""
    ranges = ((98, 120), (97, 99), (0, 9))
    assert chars_not_in(ranges) == ((10, 96), (121, TOP))
    assert chars_not_in(chars_not_in(ranges)) == ((0, 9), (97, 120))
    assert chars_not_in(((0, TOP),)) == ()
