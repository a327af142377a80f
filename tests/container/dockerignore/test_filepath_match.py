"""Wildcards match as Go's filepath.Match does."""

import pytest

from labcoat.container.dockerignore.filepath_match import filepath_match, is_valid_pattern

MATCHES = [
    ("abc", "abc", True),
    ("abc", "abcd", False),
    ("*", "abc", True),
    ("*", "a/b", False),
    ("*", "", True),
    ("**", "a/b", False),
    ("a*", "a", True),
    ("a*/b", "a/b", True),
    ("a*/b", "a/c/b", False),
    ("a*b*c", "axbyc", True),
    ("a*b*c", "axbybx", False),
    ("?", "é", True),
    ("?", "/", False),
    ("a?c", "ac", False),
    ("[a-c]", "b", True),
    ("[a-c]", "d", False),
    ("[^a-c]", "d", True),
    ("[^a-c]", "b", False),
    ("[!a]", "!", True),  # Go negates with ^ alone
    ("[!a]", "b", False),
    ("[ab-]", "-", False),  # half a range is malformed
    ("[\\]]", "]", True),
    ("[\\-x]", "-", True),
    ("[é-ö]", "ó", True),
    ("[c-a]", "b", False),
    ("a\\*", "a*", True),
    ("a\\*", "ab", False),
    ("a.b", "axb", False),
    ("a|b", "a", False),
    ("(a)", "(a)", True),
    ("[", "[", False),
    ("[]a]", "]", False),
    ("[a", "a", False),
    ("a\\", "a", False),
    ("", "", True),
    ("a\n", "a", False),
    ("a", "a\n", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), MATCHES)
def test_filepath_match(pattern: str, path: str, expected: bool) -> None:
    """The whole path has to match; a malformed pattern matches nothing."""
    assert filepath_match(pattern, path) is expected


VALID = [
    ("a", True),
    ("[a-z]*", True),
    ("\\[", True),
    ("[", False),
    ("[]", False),
    ("[a-", False),
    ("[-a]", False),
    ("[^]", False),
    ("a\\", False),
    ("*[", False),
    ("m*/[", True),  # Go reads only the first part that does not match
    (".*[", False),
    ("", True),
    ("***", True),
]


@pytest.mark.parametrize(("pattern", "expected"), VALID)
def test_valid_patterns(pattern: str, expected: bool) -> None:
    """What builders accept in an ignore file before they try it on a path."""
    assert is_valid_pattern(pattern) is expected


def test_many_stars_take_polynomial_time() -> None:
    assert not filepath_match("*a" * 30 + "b", "a" * 2000)
