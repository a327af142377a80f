"""Values that a text assigns to names: in quotes, or without in files of settings and commands."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import names, values

# Calls that take a secret alone; `pro_api` is that of Tushare.
_CALLS = b"|".join(
    rb"(?<=\b%b\()" % each
    for each in (
        *(b"set_token", b"set_api_key", b"set_apikey", b"set_auth_token", b"set_access_token"),
        *(b"set_api_token", b"set_secret_key", b"setToken", b"setApiKey", b"pro_api"),
    )
)
# A value in quotes after `=`, `:`, `=>` or `,`, or all that a call has; a space may end it, and a
# backslash begin a quote. The pattern begins with one set of characters, which Python finds fast.
_QUOTED = lazy_pattern(
    rb"""[=:,>(](?:(?<!\()|%b)[ \t]{0,3}[rbuf]?\\?["']"""
    rb"""(?P<value>[^"'\s\\]{8,200})[ \t]{0,3}\\?["']""" % _CALLS
)
_CALLED = lazy_pattern(rb"(?i)set_?(?=token|a|secret)|pro_api$")
_NAME_BEFORE = lazy_pattern(
    rb"""([A-Za-z_][\w.-]*)\\?["']?\]?(?:[ \t]{0,3}:[ \t]{0,3}%b)?[ \t]{0,3}:?=?$""" % names.TYPE
)
# In a file of settings: `NAME=value`, `name: value`, `//index/:_authToken=value`.
_UNQUOTED = lazy_pattern(
    rb"""^(?P<before>[ \t-]*(?:export[ \t]+)?|.*/:)(?P<name>[A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*"""
    rb"""(?P<value>[^\s"'#]{8,200})[ \t\r]*(?:#.*)?$""",
    re.MULTILINE,
)
# In a Dockerfile or a script: several on a line, and `ENV NAME value`; systemd's `Environment=`.
_PAIR = lazy_pattern(
    rb"""(?im)(?:^|[ \t]|^Environment=)(?:ENV[ \t]+(?P<old>[A-Za-z_]\w*)[ \t]+"""
    rb"""|["']?(?!Environment=)(?P<name>[A-Za-z_]\w*)=)"""
    rb"""(?P<value>[^\s"'#$]{8,200})(?=["']?(?:\s|;|\Z))"""
)
# A digit, or ten letters; no path, no placeholder, no code.
_PLAUSIBLE = lazy_pattern(rb"(?=[^\d]*\d|[A-Za-z_-]{10})[^<>{}()\[\],;|]+")
# A parameter that is put at the end of an address, as `"&api_key=…"`.
_PARAMETER = lazy_pattern(rb"[?&][\w.-]{1,60}=")
_MOST_VALUES = 5000  # of one file
_MOST_QUOTED = 100_000  # of one file, which takes half a second
LEAST_TOKEN = 16  # characters of a token that has no form of its own
BEFORE = 60  # bytes before a value in which its name is
AFTER = 2  # bytes after it: its quote


def find_quoted(text: bytes) -> list[re.Match[bytes]]:
    """Return the values in quotes that may be secrets, those beside a word for one first of all.

    A table has thousands of others, and a secret may follow behind it.
    """
    parts = _join(values.SECRET_PARTS)
    named: list[re.Match[bytes]] = []
    others: list[re.Match[bytes]] = []
    for found in islice(_QUOTED.finditer(text), _MOST_QUOTED):
        if _has_part(text, found, parts):
            named.append(found)
        elif len(others) < _MOST_VALUES and len(found["value"]) >= LEAST_TOKEN:
            others.append(found)
    return sorted((*named[: _MOST_VALUES + 1], *others), key=lambda each: each.start())


def find_named_quoted(text: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the values in quotes beside a word for a secret, one after the other."""
    parts = _join(values.SECRET_PARTS)
    for found in _QUOTED.finditer(text):
        if _has_part(text, found, parts):
            yield found


def named_values(
    path: str, text: bytes, quoted: Iterable[re.Match[bytes]], parts: tuple[bytes, ...]
) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield names with the values that are assigned to them, and where the values are.

    Of the `quoted` ones those with one of `parts` around.
    """
    any_part = _join(parts)
    count = 0
    for found in quoted:
        count += 1
        value = found["value"]
        if not _has_part(text, found, any_part) or not (
            _PLAUSIBLE.fullmatch(value) or values.is_django_key(value)
        ):
            continue
        before = text[max(0, found.start() - BEFORE) : found.start()]
        if name := _NAME_BEFORE.search(before):
            parameter = _PARAMETER.match(value)
            skipped = parameter.end() if parameter else 0
            word = name[1].rpartition(b".")[2]
            if text.startswith(b"(", found.start()):
                word = _CALLED.sub(b"", word) or b"token"
            yield (
                word,
                value[skipped:],
                found.start("value") + skipped,
            )
    if count > _MOST_VALUES:
        return
    if names.holds_variables(path):
        for found in _UNQUOTED.finditer(text):
            yield found["name"], found["value"], found.start("value")
    if names.holds_commands(path):
        for found in _PAIR.finditer(text):
            yield found["name"] or found["old"], found["value"], found.start("value")


def _join(parts: Sequence[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(re.escape, parts)), re.IGNORECASE)


def _has_part(text: bytes, found: re.Match[bytes], parts: re.Pattern[bytes]) -> bool:
    return parts.search(text, max(0, found.start() - BEFORE), found.end() + AFTER) is not None


def around_long_values(path: str, text: bytes, quoted: Sequence[re.Match[bytes]]) -> bytes:
    """Return the parts of a text where the name of a service matters: a tenth of a notebook."""
    if names.holds_variables(path) or names.holds_commands(path):
        return text
    long = [found.span("value") for found in quoted if len(found["value"]) >= LEAST_TOKEN]
    return b"\n".join(text[max(0, start - BEFORE) : end + AFTER] for start, end in long)
