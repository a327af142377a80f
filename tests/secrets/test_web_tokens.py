"""JSON web tokens: those that still let somebody in are secrets."""

import base64
import json
import time
from typing import Any

import pytest

from labcoat.secrets.content import find_in_content
from labcoat.secrets.look import find_secret

SIGNATURE = "q8xT3vLm2Rw9KpYb7NcJd4HsWz5Ta1Ue0Gf6Vi"


def make_token(**claims: Any) -> bytes:
    """Return a token with `claims` and an invented signature."""
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    encoded = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts
    ]
    return ".".join([*encoded, SIGNATURE]).encode()


@pytest.mark.parametrize(
    "claims",
    [
        {"role": "service_role", "iss": "supabase"},
        {"user": "robot", "exp": time.time() + 1e7},
        {"user": "robot", "exp": None},
    ],
)
def test_valid_token_is_a_secret(claims: dict[str, Any]) -> None:
    """It never expires, or does so in the future."""
    found = find_in_content("app.py", b"client = connect('%b')\n" % make_token(**claims))
    assert found
    assert found.kind == "a JSON web token"
    assert found.sure


@pytest.mark.parametrize(
    "claims",
    [
        {"user": "robot", "exp": time.time() - 10},
        {"role": "anon", "iss": "supabase"},
        {"role": "service_role", "iss": "supabase-demo"},
        {"sub": "1234567890", "name": "John Doe", "iat": 1516239022},
    ],
)
def test_token_that_lets_no_one_in_is_none(claims: dict[str, Any]) -> None:
    """It has expired, is public, or is the example of a page that everybody reads."""
    assert not find_in_content("app.py", b"client = connect('%b')\n" % make_token(**claims))


@pytest.mark.parametrize("path", ["README.md", "tests/test_app.py"])
def test_token_of_an_example_is_a_note(path: str) -> None:
    """Documentation shows the form of an answer."""
    found = find_in_content(path, make_token(user="robot") + b"\n")
    assert found
    assert not found.sure


@pytest.mark.parametrize("payload", [b"eyJhbGciOi_____________", b"eyJ" + b"A" * 40, b"eyJ1" * 20])
def test_text_that_is_no_token_is_none(payload: bytes) -> None:
    """What cannot be decoded has no claims."""
    assert not find_in_content("a.txt", b"eyJhbGciOiJIUzI1NiJ9.%b.%b" % (payload, b"A" * 40))


@pytest.mark.parametrize("path", [".env", "app.py"])
@pytest.mark.parametrize(
    ("claims", "sure"),
    [
        ({"user": "robot", "exp": 1_700_000_000}, False),
        ({"role": "anon"}, False),
        ({"user": "robot"}, True),
        ({"role": "service_role"}, True),
    ],
)
def test_name_makes_no_secret_of_a_useless_token(
    path: str, claims: dict[str, Any], sure: bool
) -> None:
    """A variable for secrets may have a token that has expired."""
    text = b"OIDC_TOKEN = '%b'\n" % make_token(**claims)
    found = find_secret(path, text)
    assert found
    assert found.sure is sure


LINK = "https://app.news.io/tc?token="


@pytest.mark.parametrize(
    ("claims", "before", "secret"),
    [
        ({"destination": "a@b.io", "campaign": 7}, LINK, False),
        ({"destination": "a@b.io", "campaign": 7}, "token = ", True),
        ({"sub": "robot", "campaign": 7}, LINK, True),
        ({"scope": "admin"}, LINK, True),
    ],
)
def test_link_that_says_whose_it_is(claims: dict[str, Any], before: str, secret: bool) -> None:
    """The links of a newsletter let no one in: they tell who follows them."""
    text = before.encode() + make_token(**claims) + b"\n"
    assert bool(find_in_content("data.json", text)) == secret
