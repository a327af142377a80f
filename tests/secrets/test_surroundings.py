"""What is around a value, or in it, tells examples and values for development from secrets."""

import base64

import pytest

from labcoat.secrets.content import find_in_content, find_in_variables
from labcoat.secrets.look import find_secret

# Assembled here, so that no file of this repository holds what looks like a secret.
KEY = "k3W9vTq2" + "Zx8LmP4rN7bY"
BEGIN = "-----BEGIN " + "RSA PRIVATE KEY-----"
LINE = "MIIEpAIBAAKCAQEAzF9HT3L6IiyEd6nb/hVyxP8omtUWIGtvEwUHMu+tsvyOXYDb"
TELEGRAM = "7730519" + "264:AAHq3wZ8Lm2Rk9Ty_Vb7Xc4Nd6Jf1Gs5Hpu"
SHOWN_BY_TELEGRAM = "110201" + "543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
GOOGLE = "AIza" + "SyB7kWqZt3mN9xRv-p2Lc8Yh5Jd6Fg1Ts-Q"

DOCSTRING = '''def fetch():
    """Return the accounts.

    {text}:
        {{"refresh_token": "{key}"}}
    """
    return 1
'''
COMPOSE = """# {text}

services:
  bot:
    environment:
      SITE_API_KEY: "{key}"
"""
SETTINGS = 'SECRET_KEY="{key}"\nUSER_DB_URI="{database}"\n'


def encode(text: str) -> str:
    """Return text in base64, as Kubernetes' secrets have it."""
    return base64.b64encode(text.encode()).decode()


EXAMPLES = {
    "leetspeak": ("vars/main.yml", "password: Ch@ngeM3"),
    "leetspeak-of-a-symbol": ("vars/main.yml", "esxi_password: P@ssw0rd!"),
    "leetspeak-beside-a-symbol": ("vars/main.yml", "winrm_password: WinRM_Pass@w0rd1"),
    "leetspeak-with-a-tail": ("vars/main.yml", "ldap_password: f00b4r!23"),
    "leetspeak-in-a-program": ("a.py", 'login(username="x", password="Pass!234")'),
    "leetspeak-in-compose": ("compose.yml", "environment:\n  - SA_PASSWORD=Th1sS3cret!"),
    "leetspeak-in-an-address": ("a.py", 'URL = "postgres://me:P4ssw0rd1@db.corp.net/x"'),
    "leetspeak-in-a-command": ("a.sh", "mysql -u root -pP4ssw0rd1 shop"),
    "placeholder-in-base64": ("a.yaml", f"JWT_SECRET: {encode('jwt-secret-change-me')}"),
    "words-in-base64": ("a.yaml", f"API_KEY: {encode('swiss-engineering-platform')}"),
    "hash-of-a-password": ("a.yml", "web_password_crypted: a2d6bae81669d707b72c0bd9806e01f3"),
    "password-that-is-encrypted": ("a.yml", f"encrypted_password: {KEY}"),
    "example-in-a-docstring": ("a.py", DOCSTRING.format(text="An example", key=KEY)),
    "key-for-this-machine": (
        "a.py",
        f'# connect("http://localhost:9382/sse", headers={{"api_key": "{KEY}"}})',
    ),
    "compose-for-tests": (
        "docker-compose.yml",
        COMPOSE.format(text="A site for testing.\n# Use it if you have none.", key=KEY),
    ),
    "not-for-production": (
        "deploy.yaml",
        COMPOSE.format(text="WARNING: DO NOT USE IN PRODUCTION", key=KEY),
    ),
    "comment-above-that-dismisses-it": (
        "base.yml",
        "app:\n  # WARNING: a development key. It must NEVER be used in production.\n  #\n"
        f'  # Set another one.\n  api_key: "{KEY}"',
    ),
    "line-that-was-taken-out-above-a-remark": (
        "a.py",
        f"# never use this in production\n# api_key = get()\nAPI_KEY = '{KEY}'",
    ),
    "comment-above-in-a-program": ("a.js", f"// for development only\nconst apiKey = '{KEY}'"),
    "comment-above-of-an-example": ("a.py", f"# Hardcoded for this example\nAPI_KEY = '{KEY}'"),
    "settings-of-tests": ("airflow/unittests.cfg", f"[core]\nfernet_key = {KEY}\n"),
    "build-of-a-website": ("web/.next/server/a.json", f'{{"encryptionKey": "{KEY}"}}'),
    "comment-of-rust": ("src/lib.rs", f'//!   api_key: "{KEY}"'),
    "section-for-development": (
        "config/secrets.yml",
        f"production:\n  a: b\n\ndevelopment:\n  secret_key_base: {KEY}",
    ),
    "word-in-another-language": ("a.yml", "new_password: 安全パスワード!2024Strong11"),
    "word-in-spanish": ("a.yml", "db_password: MiContraseña2024!x7"),
    "database-in-memory": ("a.cfg", SETTINGS.format(key=KEY, database="sqlite://")),
    "key-with-dots": (
        "a.ts",
        f"const key = '{BEGIN}\\n{LINE[:16]}...\\n-----END RSA PRIVATE KEY-----'",
    ),
    "test-of-jest": ("src/auth.config.spec.ts", f"refresh_token: '{KEY}'"),
    "telegram-of-its-documentation": ("a.md", SHOWN_BY_TELEGRAM),
    "telegram-of-a-program-for-development": ("dev/bot.py", f"BOT = '{TELEGRAM}'"),
    "telegram-of-tests": (".env.test", f"BOT={TELEGRAM}"),
    "telegram-of-a-developers-tests": ("tests/.env.dev", f"BOT={TELEGRAM}"),
    "private-key-of-a-developer": (
        ".env.dev",
        f"KEY='{BEGIN}\\n{LINE}\\n-----END RSA PRIVATE KEY-----'",
    ),
    "own-key-of-a-developer": (".env.dev", f"SECRET_KEY={KEY}"),
    "google-of-a-developer": (".env.development", f"API_KEY={GOOGLE}"),
    "google-in-a-page": ("app.js", f'const config = {{\n  apiKey: "{GOOGLE}",\n}}'),
}
SURE = {
    "random": ("vars/main.yml", "sasl_password: k8+haga4@#pR"),
    "random-with-a-leet-digit": ("vars/main.yml", f"password: {KEY}"),
    "random-in-base64": ("a.yaml", f"API_KEY: {encode(KEY)}"),
    "random-encryption-key": ("a.yml", f"encryption_key: {KEY}"),
    "key-of-what-is-encrypted": ("a.yml", f"xpack.encryptedObjects.encryptionKey: {KEY}"),
    "unencrypted": ("a.yml", f"unencrypted_password: {KEY}"),
    "docstring-without-an-example": ("a.py", DOCSTRING.format(text="The account", key=KEY)),
    "after-a-docstring": ("a.py", f'"""For example."""\n\nAPI_KEY = "{KEY}"'),
    "assigned-text": ("a.py", f'TEXT = """\nFor example\napi_key = "{KEY}"\n"""'),
    "key-for-another-machine": ("a.py", f'connect("http://api.corp.net", api_key="{KEY}")'),
    "compose-of-all": ("docker-compose.yml", COMPOSE.format(text="All services.", key=KEY)),
    "settings-for-tests": ("deploy.yaml", COMPOSE.format(text="Run before testing", key=KEY)),
    "advice-for-production": (
        "deploy.yaml",
        COMPOSE.format(text="Never commit secrets for use in production", key=KEY),
    ),
    "section-for-production": (
        "config/secrets.yml",
        f"development:\n  a: b\n\nproduction:\n  secret_key_base: {KEY}",
    ),
    "service-in-a-section-for-development": (
        "config/secrets.yml",
        f"development:\n  flickr_api_key: {KEY}",
    ),
    "comment-above-another-line": (
        "base.yml",
        f'# For development only\n\nname: x\napi_key: "{KEY}"',
    ),
    "comment-above-that-gives-advice": ("a.py", f"# Use this in production\nAPI_KEY = '{KEY}'"),
    "comment-above-about-its-own-value": (
        "a.py",
        f"# API_KEY = 'abc'  # never use in production\nAPI_KEY = '{KEY}'",
    ),
    "key-of-a-service-that-is-tested": ("a.py", f"# only for testing\nAPI_KEY = '{KEY}'"),
    "line-taken-out-with-three-slashes": ("a.js", f"/// const apiKey = '{KEY}'"),
    "section-with-an-anchor": (
        "config/secrets.yml",
        f"development:\n  a: b\nproduction: &live\n  secret_key_base: {KEY}",
    ),
    "section-in-quotes": (
        "config/secrets.yml",
        f'development:\n  a: b\n"production":\n  secret_key_base: {KEY}',
    ),
    "below-no-section": ("config/app.yml", f"development:\n  a: b\nsecret_key: {KEY}"),
    "other-document": ("config/app.yml", f"development:\n  a: b\n---\n- secret_key: {KEY}"),
    "word-of-other-characters": ("a.yml", f"db_password: {'k3W9v密' + '皿Tq2Zx8Lm'}"),
    "division-in-a-program": ("a.js", f"// ours\nconst apiKey = '{KEY}'"),
    "database-in-a-file": ("a.cfg", SETTINGS.format(key=KEY, database="sqlite:///users.db")),
    "key-of-one-line": ("a.ts", f"const key = '{BEGIN}\\n{LINE}\\n-----END RSA PRIVATE KEY-----'"),
    "specification": ("src/api_spec.ts", f"refresh_token: '{KEY}'"),
    "telegram": ("summary.txt", f"BOT = '{TELEGRAM}'"),
    "telegram-of-a-developer": (".env.dev", f"BOT={TELEGRAM}"),
    "telegram-of-this-machine": ("bot/.env.local", f"BOT={TELEGRAM}"),
    "telegram-of-a-service-for-development": ("web.env.development", f"BOT={TELEGRAM}"),
    "google-in-a-program": ("app.py", f'api_key = "{GOOGLE}"'),
}


@pytest.mark.parametrize(("path", "text"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_examples_are_not_sure(path: str, text: str) -> None:
    """What everybody would guess, what is explained and what only tests use lets no one in."""
    found = find_in_content(path, f"{text}\n".encode())
    assert not found or not found.sure


@pytest.mark.parametrize(("path", "text"), SURE.values(), ids=SURE.keys())
def test_what_resembles_an_example_is_sure(path: str, text: str) -> None:
    """A generated value stays a secret when it only resembles an example, or is beside one."""
    found = find_in_content(path, f"{text}\n".encode())
    assert found
    assert found.sure


def test_the_beginning_of_a_key_in_a_log_is_not_a_secret() -> None:
    """What a program prints of a key tells which it is; a file that ends there was cut."""
    log = f"Key preview: {BEGIN}\n{LINE}\nNYS\nKey format valid\n==> done\n{BEGIN}\n==> added\n"
    assert not find_in_content("log.txt", log.encode())
    for rest in (
        "",
        f"{LINE}\n" * 8 + "more text\n",
        f"{LINE}\n-----END RSA PRIVATE KEY-----\nok\n",
    ):
        assert find_in_content("log.txt", f"{BEGIN}\n{LINE}\n{rest}".encode())


def test_token_that_counts_up_in_variables_is_not_sure() -> None:
    """A placeholder in the form of a token; a short password may be one, however bad."""
    for text, sure in (
        ("SLACK_TOKEN=xoxb-" + "012345678901-012345678901-slackbotaccesstoken012345\n", False),
        ("DB_PASSWORD=a1b2c3d4\n", True),
    ):
        found = find_in_variables("prod.env", text.encode())
        assert found
        assert found.sure is sure


def test_variants_of_a_shared_value_are_not_sure() -> None:
    """The default of several services is no secret, nor is it with a number after it."""
    shared = "A_PASSWORD=infini_rag\nB_PASSWORD=infini_rag\n"
    found = find_in_variables("docker/.env", f"{shared}C_PASSWORD=infini_rag_OS_01\n".encode())
    assert found
    assert not found.sure
    found = find_in_variables("docker/.env", f"{shared}C_PASSWORD={KEY}\n".encode())
    assert found
    assert found.sure


@pytest.mark.parametrize(
    "header", ["# DO NOT DEPLOY WITH DEFAULT PASSWORDS", "# Not for production"]
)
def test_variables_that_are_not_for_production_are_not_sure(header: str) -> None:
    """The file says so itself; one for a single machine may have real keys."""
    variables = f"API_TOKEN={KEY}\n"
    found = find_in_variables(".env", f"{header}\n{variables}".encode())
    assert found
    assert not found.sure
    found = find_in_variables(".env", f"# For local development\n{variables}".encode())
    assert found
    assert found.sure


@pytest.mark.parametrize(
    ("path", "header", "value", "sure"),
    [
        (".env.services", "# Copy this to .env and customize", "tracker_admin_2031", False),
        (".env.services", "# cp .env.services .env", "tracker_admin_2031", False),
        (".env.services", "# Copy this to .env and customize", KEY, True),
        # The copy has the same text at its top.
        (".env", "# Copy this to .env and customize", "tracker_admin_2031", True),
        (".env.services", "# The passwords of our services", "tracker_admin_2031", True),
    ],
)
def test_words_in_variables_that_are_to_be_copied_are_not_sure(
    path: str, header: str, value: str, *, sure: bool
) -> None:
    """They are defaults, unless somebody filled in what a program generated."""
    found = find_in_variables(path, f"# Settings\n{header}\n\nDB_PASSWORD={value}\n".encode())
    assert found
    assert found.sure is sure


@pytest.mark.parametrize(
    ("path", "sure"),
    [
        ("docker/fake-cluster/id_rsa", False),
        ("service_account_sample.json", False),
        ("docker/cluster/id_rsa", True),
        ("service_account.json", True),
    ],
)
def test_files_that_stand_in_for_real_ones(path: str, sure: bool) -> None:
    """The name of a file or of its folder says that it was invented."""
    found = find_secret(path, b"{}")
    assert found
    assert found.sure is sure
