"""Arguments of a Dockerfile instruction as words: JSON lists, or words as a shell splits them."""

import re

# As BuildKit's parseWords (parser/line_parsers.go): an open quote takes the rest of the line, and
# expansion reports it.
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|\\$|"(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$))+""", re.DOTALL)


def split_words(text: str) -> list[str]:
    """Split at spaces outside quotes; quotes and backslashes stay for expansion.

    A quote can also be inside a word, as in `NAME="a b"`.
    """
    return [found[0] for found in _WORD.finditer(text)]


def split_at_spaces(text: str) -> list[str]:
    """Split at every space, also in quotes (BuildKit's parseStringsWhitespaceDelimited)."""
    return re.findall(r"[^\t\v\f\r ]+", text)


def parse_json_words(text: str) -> tuple[str, ...] | None:
    """Return the members of a JSON list of strings; None for any other text."""
    if not text.startswith("["):
        return None
    import json

    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(value)
