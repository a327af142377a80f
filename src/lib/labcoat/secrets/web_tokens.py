"""JSON web tokens (RFC 7519) that still let somebody in: others are in many logs and examples."""

import binascii
import json
import time
from collections.abc import Iterator
from typing import Any

from labcoat.core.patterns import lazy_pattern

# A header and a payload, which are JSON and so begin with `{"` in base64, and a signature.
_TOKEN = lazy_pattern(
    rb"(?<![\w.-])eyJ[A-Za-z0-9_-]{10,500}\.(?P<payload>eyJ[A-Za-z0-9_-]{10,4000})"
    rb"\.[A-Za-z0-9_-]{20,1000}(?![\w-])"
)
_NEEDLE = b".eyJ"
# Supabase's tokens for those who are not logged in, which each page has.
_STANDARD = bytes.maketrans(b"-_", b"+/")  # base64 as addresses have it
_PUBLIC_ROLES = ("anon",)
# The names in examples: https://jwt.io, and the issuer that Supabase's own compose file has.
_INVENTED = {"name": ("John Doe", "Jane Doe"), "iss": ("supabase-demo",), "sub": ("1234567890",)}
# What a token says of who is let in, and to what (RFC 7519, 9068, 8693).
_OF_SOMEBODY = frozenset(
    {"iss", "sub", "aud", "exp", "jti", "scope", "scopes", "scp", "role", "roles", "groups"}
    | {"permissions", "user", "user_id", "userId", "username", "uid", "id", "email", "name"}
    | {"client_id", "azp", "act", "type", "token_type", "session", "sid", "account", "admin"}
)
_IN_LINK = lazy_pattern(rb"[?&][\w.-]{1,40}=\Z")


def find_web_tokens(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the tokens begin and end that have no date of expiry, or one in the future."""
    if _NEEDLE not in text:
        return
    for found in _TOKEN.finditer(text):
        claims = _decode(found["payload"])
        before = text[max(0, found.start() - 42) : found.start()]
        # As the links of a newsletter, which tell whose they are when somebody follows them.
        is_link = _IN_LINK.search(before) and _OF_SOMEBODY.isdisjoint(claims)
        if claims and not is_link and _lets_in(claims):
            yield found.span()


def _decode(payload: bytes) -> dict[str, Any]:
    """Return the claims of a token; nothing if they cannot be read."""
    try:
        decoded = binascii.a2b_base64(payload.translate(_STANDARD) + b"==")
        claims = json.loads(decoded)
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _lets_in(claims: dict[str, Any]) -> bool:
    expiry = claims.get("exp")
    is_valid = not isinstance(expiry, int | float) or expiry > time.time()
    invented = any(claims.get(name) in known for name, known in _INVENTED.items())
    return is_valid and not invented and claims.get("role") not in _PUBLIC_ROLES


def is_useless(value: bytes) -> bool:
    """Whether a value is a token that lets no one in: it has expired, or everybody may have it."""
    found = _TOKEN.fullmatch(value)
    claims = _decode(found["payload"]) if found else {}
    return bool(claims) and not _lets_in(claims)
