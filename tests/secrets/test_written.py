"""Credentials in headers and addresses, and app passwords."""

import base64
from pathlib import Path

import pytest

from labcoat.lint.runner import check_repository
from labcoat.secrets.content import find_in_content
from support.repositories import repository

TOKEN = "k3W9vTq2" + "Zx8LmP4rN7bY"
BASIC = base64.b64encode(b"service:k3W9" + b"vTq2Zx8L").decode()
SIMPLE = base64.b64encode(b"user:password").decode()
GROUPS = "xkqv zjwp" + " bhtr mqzd"
HEX = "41e3" + "88c07d5b4a2f9e61" + "b3d7f05ac812"
NEWS = "https://newsapi.org/v2/top-headlines?sources=globo"
ROWS = "https://api.powerbi.com/beta/72f988bf/datasets/a1/rows?noSignUpCheck=1"
# The account of an application, and the token for it; both are made up.
TWITTER = (
    "A" * 21
    + "LkqZwEAAAAA"
    + "xT7q%2Bm9Rv2Kp8%3DwYb4Nc6JdHs5TzGf1LeQxVi3UoAmBn0ZkPr"
    + "8sWt2HyM6gXc4R"
)


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("a.py", f'headers = {{"Authorization": "Basic {BASIC}"}}\n', "a password in a header"),
        ("a.py", f"headers['authorization'] = 'Bearer {TOKEN}'\n", "a token in a header"),
        ("a.ipynb", f'"h = {{\\"Authorization\\": \\"token {TOKEN}\\"}}"', "a token in a header"),
        ("a.yaml", f"Authorization: Bearer {TOKEN}\n", "a token in a header"),
        ("a.py", f"EMAIL_PASSWORD = '{GROUPS}'\n", "an app password of Google"),
        ("settings.py", f"server.login(me, password='{GROUPS}')\n", "an app password of Google"),
        ("a.py", f"get('{NEWS}&apiKey={HEX}')\n", "a key in an address"),
        ("a.ipynb", f'"url = \\"{NEWS}&api_key={HEX}\\""', "a key in an address"),
        (
            "a.py",
            f"get('http://api.openweathermap.org/data?q=x&APPID={HEX}')\n",
            "a key in an address",
        ),
        ("a.py", f"u = 'https://graph.io/me?access_token={TOKEN}&a=b'\n", "a key in an address"),
        ("push.py", f"post('{ROWS}&key={TOKEN}%2F9')\n", "a key in an address"),
        ("a.py", f"BEARER_TOKEN = '{TWITTER}'\n", "a Twitter token"),
        ("a.py", f"headers = {{'Authorization': 'Bearer {TWITTER}'}}\n", "a Twitter token"),
    ],
)
def test_is_found(path: str, text: str, kind: str, tmp_path: Path) -> None:
    """By content, and in a repository, whose files are searched for it."""
    found = find_in_content(path, text.encode())
    assert found
    assert (found.kind, found.sure) == (kind, True)
    report = check_repository(repository(tmp_path / "r", {path: text}))
    assert [each.rule for each in report.findings if each.rule.startswith("SEC")] == ["SEC001"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", f'headers = {{"Authorization": "Basic {SIMPLE}"}}\n'),
        ("a.py", "headers = {'Authorization': f'Bearer {token}'}\n"),
        ("a.py", "headers = {'Authorization': 'Bearer your-access-token-1'}\n"),
        ("a.py", "headers = {'Authorization': 'Bearer YOUR_ACCESS_TOKEN'}\n"),
        ("a.py", f'headers = {{"Authorization": "Bearer {TOKEN}{{suffix}}"}}\n'),
        ("a.sh", "curl -H 'Authorization: Bearer $ACCESS_TOKEN_OF_THE_SERVICE'\n"),
        ("a.py", "password = 'this that with from'\n"),
        ("a.py", "password = 'abcd efgh ijkl mnop'\n"),
        ("a.py", "password = 'xxxx xxxx xxxx xxxx'\n"),
        ("tests/test_a.py", f"headers = {{'Authorization': 'Bearer {TOKEN}'}}\n"),
        ("a.py", f"get(f'{NEWS}&apiKey={{API_KEY}}')\n"),
        ("a.py", f"get('{NEWS}&apiKey=YOUR_API_KEY_OF_NEWSAPI')\n"),
        ("a.py", f"url = 'https://open.weixin.com/x?appid=wx{HEX[:16]}'\n"),
        ("a.py", f"url = 'https://firebasestorage.googleapis.com/a?token={HEX}'\n"),
        ("a.py", f"url = 'https://api.mapbox.com/a?access_token=pk.eyJ{HEX}.{HEX}'\n"),
        ("map.html", f"<img src='https://tile.thunderforest.com/1.png?apikey={HEX}'>\n"),
        ("README.md", f"curl '{NEWS}&apiKey={HEX}'\n"),
        ("a.py", f"TOKEN = '{'A' * 21}NRILg{'A' * 6}nNwIzUejRCOuH5E6I8xnZz4puTs{TWITTER[32:]}'\n"),
        ("a.py", f"PICTURE = '{'A' * 120}'\n"),
    ],
)
def test_is_no_secret(path: str, text: str) -> None:
    """Placeholders, variables and tests."""
    found = find_in_content(path, text.encode())
    assert not (found and found.sure)


def test_a_text_shows_a_header() -> None:
    """What documentation has is a note."""
    found = find_in_content("README.md", f"Authorization: Bearer {TOKEN}\n".encode())
    assert found
    assert not found.sure
