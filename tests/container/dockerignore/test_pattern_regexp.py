"""Patterns become the Go expressions that BuildKit and Docker 20.10 make of them.

compiled_pattern is covered here where it stands alone, and by test_matcher.
"""

import pytest

from labcoat.container.dockerignore.compiled_pattern import CompiledPattern, PatternGroup
from labcoat.container.dockerignore.parser import Pattern, PatternError, Semantics
from labcoat.container.dockerignore.pattern_regexp import pattern_regexp

EXPRESSIONS = {
    "a/b.c": ("exact", r"^a/b\.c$"),
    "a/**": ("prefix", "^a/.*$"),
    "**/a": ("suffix", "^(.*/)?a$"),
    "**": ("suffix", "^.*$"),
    "**a": ("suffix", "^(.*/)?a$"),
    "a**b": ("regexp", "^a(.*/)?b$"),
    "*.py": ("regexp", r"^[^/]*\.py$"),
    "a?": ("regexp", "^a[^/]$"),
    "**/*": ("regexp", "^(.*/)?[^/]*$"),
    "[!a]": ("regexp", "^[!a]$"),
    "a\\*": ("regexp", r"^a\*$"),
    "(a)+": ("exact", r"^\(a\)\+$"),
    "a|b": ("exact", "^a|b$"),
    "\ufeffa": ("exact", "^a$"),
    "\udcff*": ("regexp", "^\ufffd[^/]*$"),
}


@pytest.mark.parametrize(("pattern", "expected"), EXPRESSIONS.items(), ids=EXPRESSIONS.keys())
def test_buildkit(pattern: str, expected: tuple[str, str]) -> None:
    """Most patterns need no expression."""
    assert pattern_regexp(pattern, old=False) == expected


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [("a.b$", r"^a\.b\$$"), ("(a)+", "^(a)+$"), ("**/a", "^(.*/)?a$")],
)
def test_docker_20_10(pattern: str, expression: str) -> None:
    """It always uses the expression, and escapes less in it."""
    assert pattern_regexp(pattern, old=True) == ("regexp", expression)


def compiled(*texts: str) -> list[CompiledPattern]:
    return [CompiledPattern(Pattern(1, text, written=text), Semantics.BUILDKIT) for text in texts]


def test_expression_that_go_refuses_fails_when_it_is_used() -> None:
    """The builder notices only then, so labcoat does too."""
    (pattern,) = compiled("*[b-a]")
    assert pattern.error == "invalid character class range"
    with pytest.raises(PatternError, match="syntax error in pattern"):
        pattern.matches("x")


def test_group_matches_what_its_patterns_match() -> None:
    """Together as one by one, for each kind of pattern and a path that is not ASCII."""
    patterns = compiled("a", "b/**", "**/c", "**/d.py", "*.x", "e[0-9]", "(f*g*h*)*i", "é*")
    group = PatternGroup(patterns)
    paths = ["a", "b/1", "bc", "c", "1/c", "xc", "1/d.py", "1.x", "1/1.x", "e1", "ex", "fi", "z"]
    expected = [path for path in paths if not any(each.matches(path) for each in patterns)]
    assert group.filter_unmatched(paths) == expected
    assert [path for path in paths if not group.matches(path)] == expected
    assert group.filter_unmatched(["éa", "z"]) == ["z"]
