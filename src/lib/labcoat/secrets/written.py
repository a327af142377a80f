"""Secrets that are known by how they are written: in a header, an address, a group of letters."""

import binascii
from collections.abc import Iterator

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import values

# RFC 7235: a scheme and a token. In code, quotes or a comma are between the name and the value.
_HEADER = lazy_pattern(
    rb"(?i:authorization)[\\\"'\])]{0,3}[ \t]{0,3}[:=,][ \t]{0,3}[rbuf]{0,2}\\?[\"']?"
    rb"(?P<scheme>(?i:basic|bearer|token))[ ](?P<value>[\w.~+/-]{16,500}={0,2})(?![\w.~+/{$<-])"
)
# https://support.google.com/accounts/answer/185833: four groups of four letters
_APP_PASSWORD = lazy_pattern(
    rb"(?i:pass|pwd|password|pw)\w{0,12}[\\\"'\]]{0,3}[ \t]{0,3}[:=,][ \t]{0,3}\\?[\"']?"
    rb"(?P<value>[a-z]{4}(?:[ ][a-z]{4}){3})[ \t]{0,3}(?:[\\\"'#\r\n]|\Z)"
)
# Not `token`, which signs the address of one file for a while, and not `appid` alone, which names
# an application for all to see.
_IN_QUERY = lazy_pattern(
    rb"://(?P<host>[\w.-]{4,100})[^\s\"'<>]{0,300}?[?&]"
    rb"(?P<name>(?i:api_?key|access_?token|appid|key))=(?P<value>[\w.%-]{16,300})(?![\w.%{$(<-])"
)
_OF_HOST = {b"appid": b"openweathermap.org", b"key": b"api.powerbi.com"}
IN_ADDRESS = "a key in an address"


def find_written(text: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Yield the kind, the place and the value of each credential in a header or in groups."""
    if b"uthorization" in text or b"UTHORIZATION" in text:
        for found in _HEADER.finditer(text):
            value = found["value"]
            if found["scheme"].lower() == b"basic":
                password = _decode_password(value)
                if values.is_mixed(password) and not values.is_disguised(password):
                    yield "a password in a header", found.start("value"), value
            elif values.is_generated(value):
                yield "a token in a header", found.start("value"), value
    if b"://" in text and b"\0" not in text:  # byte code repeats what its source has
        for found in _IN_QUERY.finditer(text):
            host = _OF_HOST.get(found["name"].lower(), b"")
            if found["host"].endswith(host) and values.is_generated(found["value"]):
                yield IN_ADDRESS, found.start("value"), found["value"]
    lower = text.lower()
    if b"pass" not in lower and b"pw" not in lower:
        return
    for found in _APP_PASSWORD.finditer(text):
        if values.is_generated(found["value"].replace(b" ", b"")):
            yield "an app password of Google", found.start("value"), found["value"]


def _decode_password(value: bytes) -> bytes:
    """Return the password of `user:password` in base64 (RFC 7617); empty for other text."""
    try:
        decoded = binascii.a2b_base64(value + b"=" * (-len(value) % 4), strict_mode=True)
    except ValueError:
        return b""
    return decoded.partition(b":")[2]
