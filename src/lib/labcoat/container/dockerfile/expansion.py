"""Expand variables and quotes in the words of a Dockerfile.

Source: BuildKit's frontend/dockerfile/shell; Dockerfile reference, "Environment replacement".
"""

import re
from collections.abc import Mapping
from fnmatch import translate

from labcoat.core.patterns import lazy_pattern

_NAME = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!-]")


class ExpansionError(ValueError):
    """A word that cannot be expanded."""


def expand_variables(word: str, values: Mapping[str, str]) -> str:
    """Return `word` without quotes, with `$name` and `${name…}` replaced.

    Raise ExpansionError if it is malformed, or if `${name:?}` requires a missing variable.
    """
    text, at = _expand_until(word, 0, values, "")
    return text if at >= len(word) else text + word[at:]


def _expand_until(word: str, at: int, values: Mapping[str, str], end: str) -> tuple[str, int]:
    """Return what is before an unquoted `end`, expanded, and the position of that `end`."""
    parts: list[str] = []
    while at < len(word) and not (end and word[at] == end):
        char = word[at]
        if char == "'":
            close = word.find("'", at + 1)
            if close < 0:
                raise ExpansionError(
                    "unexpected end of statement while looking for matching single-quote"
                )
            parts.append(word[at + 1 : close])
            at = close + 1
        elif char == '"':
            text, at = _expand_double_quoted(word, at + 1, values)
            parts.append(text)
        elif char == "\\":
            parts.append(word[at + 1 : at + 2])
            at += 2
        elif char == "$":
            text, at = _expand_variable(word, at + 1, values)
            parts.append(text)
        else:
            parts.append(char)
            at += 1
    return "".join(parts), at


def _expand_double_quoted(word: str, at: int, values: Mapping[str, str]) -> tuple[str, int]:
    parts: list[str] = []
    while at < len(word) and word[at] != '"':
        if word[at] == "$":
            text, at = _expand_variable(word, at + 1, values)
            parts.append(text)
        elif word[at] == "\\" and word[at + 1 : at + 2] in ('"', "$", "\\"):
            parts.append(word[at + 1])
            at += 2
        else:
            parts.append(word[at])
            at += 1
    if at >= len(word):
        raise ExpansionError("unexpected end of statement while looking for matching double-quote")
    return "".join(parts), at + 1


def _expand_variable(word: str, at: int, values: Mapping[str, str]) -> tuple[str, int]:
    """Return the value of the variable whose name begins at `at`, and the position after it."""
    braced = word[at : at + 1] == "{"
    found = _NAME.match(word, at + braced)
    if not found:
        if braced:
            raise ExpansionError("bad substitution")
        return "$", at
    value = values.get(found[0])
    if not braced:
        return value or "", found.end()
    at = found.end()
    operator = re.compile(r":?[-+?]|##?|%%?|//?|").match(word, at)
    assert operator  # noqa: S101 - the last alternative is empty
    other, at = _expand_until(word, operator.end(), values, "}")
    if at >= len(word) or (not operator[0] and other):
        raise ExpansionError("bad substitution")
    return _apply_operator(found[0], value, operator[0], other), at + 1


def _apply_operator(name: str, value: str | None, operator: str, other: str) -> str:
    """Return `${name operator other}`: a default, an alternative, or a part removed or replaced."""
    if operator.startswith(":"):
        value = value or None
        operator = operator[1:]
    if operator == "-":
        return other if value is None else value
    if operator == "+":
        return "" if value is None else other
    if operator == "?" and value is None:
        raise ExpansionError(f"{name}: {other or 'not allowed to be unset'}")
    if operator and operator[0] in "#%":
        return _trim_match(value or "", operator, other)
    if operator and operator[0] == "/":
        pattern, _, replacement = other.partition("/")
        return re.sub(
            translate(pattern)[4:-3], lambda _: replacement, value or "", count=len(operator) % 2
        )
    return value or ""


def _trim_match(value: str, operator: str, pattern: str) -> str:
    """Return `value` without a match of `pattern` at its start (`#`) or end (`%`).

    It is the shortest match, or with `##` and `%%` the longest.
    """
    matches = re.compile(translate(pattern)).match
    cuts = range(len(value) + 1)
    if operator[0] == "#":
        fits = [cut for cut in cuts if matches(value[:cut])]
        return value[fits[-1 if len(operator) == 2 else 0] :] if fits else value
    fits = [cut for cut in cuts if matches(value[cut:])]
    return value[: fits[0 if len(operator) == 2 else -1]] if fits else value
