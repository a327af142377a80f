"""Texts are searched as Go does, in polynomial time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcoat.container.dockerignore.re2_match import compile_fast_search, compile_search
from labcoat.container.dockerignore.re2_nodes import ExpressionError
from labcoat.container.dockerignore.re2_parse import parse_expression
from support.trees import sent

FOUND = [
    ("b", "abc", True),
    ("^b", "abc", False),
    ("c$", "abc", True),
    ("c$", "abc\n", False),  # Python's $ also matches before a line feed at the end
    ("^a|b$", "xb", True),
    (r"\bb", "a b", True),
    (r"\bb", "ab", False),
    (r"\Bb", "ab", True),
    (r"\w", "é", False),
    (r"\w", "ª_", True),
    (r"\s", "\v", False),
    (".", "\n", False),
    ("[^a]", "\n", True),
    (r"\pL", "é", True),
    (r"[^\x00-\x{10FFFF}]", "a", False),
    (r"\p{Any}", "\U0001f600", True),
    ("(a*)*b", "aaab", True),
    ("(a|b){2,3}$", "xab", True),
    ("^(a{2}){2,}$", "aaaaa", False),
    ("^(a{2}){2,}$", "aaaaaa", True),
    (r"(\bx)*y", "x y", True),
]


@pytest.mark.parametrize(("expression", "text", "expected"), FOUND)
def test_search(expression: str, text: str, expected: bool) -> None:
    assert compile_search(parse_expression(expression))(text) is expected


@pytest.mark.parametrize(
    ("expression", "fast"),
    [("a*b*", True), ("a*b*c*", False), ("(a+)+", False), ("(a?)+", True), ("(a{2}){2}", False)],
)
def test_backtracking_only_where_it_is_cheap(expression: str, fast: bool) -> None:
    """Three open repeats, or one repeat inside another, are left to the slower search."""
    assert (compile_fast_search(parse_expression(expression)) is not None) is fast


HANGING = ("*a" * 30 + "b", "**/" * 30 + "b", "*a" * 12 + "{2}b", "a{2,900}" * 6 + "*a{2,900}*b")


@pytest.mark.parametrize("pattern", HANGING, ids=range(len(HANGING)))
def test_matching_takes_polynomial_time(pattern: str) -> None:
    """Patterns on which a backtracking matcher would never finish are answered."""
    path = "/".join(["a" * 200] * 10)
    assert sent(pattern.encode(), [path]) == {path}


EXPRESSIONS = st.lists(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "(a|b)", "(ab)", "a*", "b+", "(a?)", "(a*b)*"]),
    max_size=5,
).map("".join)


@given(EXPRESSIONS, st.text(st.sampled_from("abc"), max_size=6))
def test_both_searches_agree(expression: str, text: str) -> None:
    """The search that follows all positions finds what Python's `re` finds."""
    many = f"({expression})*{expression}c?c?c?$"  # too many repeats for the fast one
    try:
        node = parse_expression(many)
    except ExpressionError:
        return
    assert compile_search(node)(text) is bool(re.search(many.replace("$", r"\Z"), text))
