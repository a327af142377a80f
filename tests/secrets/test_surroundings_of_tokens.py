"""What a text says about a token beside it: that others look like it, or that it has expired."""

import base64
import textwrap
from pathlib import Path

import pytest

from labcoat.lint.runner import Selection, check_repository
from labcoat.secrets.content import find_in_content
from labcoat.secrets.look import find_secret
from support.repositories import repository

KEY = "k3W9vTq2" + "Zx8LmP4rN7bY"
GOOGLE = "AIza" + "SyB7kWqZt3mN9xRv-p2Lc8Yh5Jd6Fg1Ts-Q"
DBT = "dbtu_" + "k3W9vTq2Zx8LmP4rN7bY" * 2 + "aB3dE5fG7h"
ANSWER = "{{'{name}': '{key}', 'token_type': 'Bearer', 'expires_in': {seconds}}}\n"


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("It will look something like this: `{}`.", False),
        ("Your key looks like\n\n    {}", False),
        ("Put this into the file: `{}`.", True),
        ("It looks good. My key is {}", True),
    ],
)
def test_prose_may_introduce_a_form(text: str, sure: bool) -> None:
    """Only a text that says so right before shows the form of other keys."""
    found = find_in_content("notes.md", f"{text.format(GOOGLE)}\n".encode())
    assert found
    assert found.sure is sure


def test_comment_in_a_program_introduces_no_form() -> None:
    """A key beside the program that needs it is a real one."""
    found = find_in_content("a.py", f"# It looks like this:\nx = '{GOOGLE}'\n".encode())
    assert found
    assert found.sure


@pytest.mark.parametrize(
    ("name", "seconds", "sure"),
    [
        ("access_token", 3600, False),
        ("access_token", 5_184_000, True),
        ("refresh_token", 3600, True),
        ("api_token", 3600, True),
    ],
)
def test_token_of_a_session_has_expired(name: str, seconds: int, sure: bool) -> None:
    """One of an hour is no secret when it is committed; one of two months, or a renewing, is."""
    text = ANSWER.format(name=name, key=KEY, seconds=seconds)
    found = find_in_content("a.ipynb", text.encode())
    assert found
    assert found.sure is sure


def test_access_token_alone_is_a_secret() -> None:
    """Nothing says when it expires."""
    found = find_in_content("a.ipynb", f"access_token = '{KEY}'\n".encode())
    assert found
    assert found.sure


def test_dbt_token_is_a_secret() -> None:
    """The file that dbt's cloud hands out has one in it."""
    found = find_secret("models/dbt_cloud.yml", f'token-value: "{DBT}"\n'.encode())
    assert found
    assert found.kind == "a dbt token"
    assert found.sure


@pytest.mark.parametrize("kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY"])
def test_private_key_in_base64_is_a_secret(kind: str) -> None:
    """As a kubeconfig under another name has it."""
    text = f"-----BEGIN {kind}-----\n{'MIIEpAIBAAKCAQEAzF9HT3L6Iiy' * 8}\n-----END {kind}-----\n"
    encoded = base64.b64encode(text.encode()).decode()
    found = find_in_content("admin.yaml", f"client-key-data: {encoded}\n".encode())
    assert found
    assert found.kind == "a private key"
    assert found.sure


def test_certificate_in_base64_is_none() -> None:
    """It begins with the same letters, and everybody may have it."""
    text = f"-----BEGIN CERTIFICATE-----\n{'MIIEpAIBAAKCAQEAzF9HT3L6Iiy' * 8}\n"
    encoded = base64.b64encode(text.encode()).decode()
    assert not find_in_content("admin.yaml", f"ca-data: {encoded}\n".encode())


@pytest.mark.parametrize(
    ("path", "sure"),
    [
        ("roles/web/templates/app.conf", True),
        ("deploy/playbooks/templates/app.conf", True),
        ("templates/app.conf", False),
        ("roles/web/files/local/app.conf", False),
    ],
)
def test_templates_of_ansible_are_for_production(path: str, sure: bool) -> None:
    """Other templates are samples that users fill in."""
    text = textwrap.dedent(f"""\
        [api]
        api_key = "{KEY}"
    """)
    found = find_in_content(path, text.encode())
    assert found
    assert found.sure is sure


@pytest.mark.parametrize("name", ["personal_token", "deploy-token", "slackToken", "token-value"])
def test_named_token_is_a_secret(name: str) -> None:
    """A service issued it."""
    found = find_in_content("a.php", f"${name} = '{KEY}';\n".encode())
    assert found
    assert found.sure


@pytest.mark.parametrize("name", ["page_token", "next_token", "pad_token", "token_type"])
def test_other_token_is_none(name: str) -> None:
    """It tells a page, a place in a text, or a kind."""
    assert not find_in_content("a.php", f"${name} = '{KEY}';\n".encode())


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("  POSTGRES_PASSWORD: a2F0aWI=", False),
        ("  OIDC_CLIENT_SECRET: pUBnBOY80SnXgjib" + "TYM9ZWNzY2xreNGQok", False),
        ("  POSTGRES_PASSWORD: a2F0a3I9xQ7=", True),
        ("  OIDC_CLIENT_SECRET: pUBnBOY80SnXgjibTYM9ZWNzY2xreNGQoz", True),
    ],
)
def test_default_of_kubernetes_is_no_secret(text: str, sure: bool) -> None:
    """A short word in base64, and what comes with Kubeflow."""
    found = find_in_content("secret.yaml", f"stringData:\n{text}\n".encode())
    assert (found is not None and found.sure) is sure


HEX = "9f86d081884c7d659a2feaa0c55ad015"
ISSUED = {
    "an OpenRouter key": "sk-or-v1-" + HEX * 2,
    "a Groq key": "gsk_" + "k3W9vTq2Zx8LmP4rN7bYaB3dE5" * 2,
    "a Tavily key": "tvly-dev-" + "k3W9vTq2Zx8LmP4rN7bYaB3dE5fG7h2J",
    "a LangSmith key": f"lsv2_pt_{HEX}_{HEX[:10]}",
    "a Replicate token": "r8_" + "k3W9vTq2Zx8LmP4rN7bYaB3dE5fG7h2Jk9Lm1",
}


@pytest.mark.parametrize(("kind", "key"), ISSUED.items(), ids=ISSUED.keys())
def test_keys_of_models_are_secrets(kind: str, key: str, tmp_path: Path) -> None:
    """Whatever they are called, also in a document."""
    root = repository(tmp_path / "r", {"notes.md": f"Use {key} today.\n", "a.py": f"x('{key}')\n"})
    found = check_repository(root, Selection(("SEC",))).findings
    assert {each.path for each in found} == {"notes.md", "a.py"}
    assert all(each.message.startswith(kind) for each in found)
    assert not find_in_content("a.py", f"x('{key[:-9]}')\n".encode())


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("<script src='https://maps.example.org/js?key={}'></script>", False),
        ("<script nonce=''>\n start('{}')\n</script>", False),
        ("<script></script>\nkey = '{}'\n<script></script>", True),
        ("print('<script>')\nkey = '{}'", True),
    ],
)
def test_key_in_a_page_is_public(text: str, sure: bool) -> None:
    """Every browser that loads the page reads it; a notebook has pages that were downloaded."""
    found = find_in_content("scrape.ipynb", text.format(GOOGLE).encode())
    assert found
    assert found.sure is sure


@pytest.mark.parametrize(
    ("address", "name", "sure"),
    [
        ("https://localhost/", "token", False),
        ("http://127.0.0.1:8000", "api_token", False),
        ("https://shop.example.org/", "token", True),
        ("https://localhost/", "payment_api_key", True),
    ],
)
def test_token_for_the_machine_itself(address: str, name: str, sure: bool) -> None:
    """Its server stands right above it; a key of a service is for others."""
    text = f"host = '{address}'\n\n{name} = '{KEY}'\n"
    found = find_in_content("register.py", text.encode())
    assert found
    assert found.sure is sure


def test_google_oauth_secret(tmp_path: Path) -> None:
    """Its form is searched for in all folders, as that of migrations."""
    secret = "GOCSPX-" + "k3W9vTq2Zx8LmP4rN7bYaB3dE5fG"
    root = repository(tmp_path / "r", {"app/migrations/0001_a.py": f"x = '{secret}'\n"})
    found = check_repository(root, Selection(("SEC001",))).findings
    assert ["a Google OAuth secret" in each.message for each in found] == [True]
