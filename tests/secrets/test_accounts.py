"""Passwords beside the host of one account at a service, and values in files for secrets."""

import json
import time
from pathlib import Path

import pytest

from labcoat.lint.runner import Selection, check_repository
from labcoat.secrets.accounts import find_passwords, is_host
from labcoat.secrets.look import find_secret
from support.repositories import repository

# A word and a number, which would be no secret elsewhere.
WORD = "Turnip" + "field2031!"
AZURE = "odds-of-clubs.postgres.database.azure.com"
HOSTS = [
    AZURE,
    "odds-of-clubs.mysql.database.azure.com",
    "odds-of-clubs.database.windows.net",
    "qk48213.eu-central-1.snowflakecomputing.com",
    "odds.c7q2kdm4x9zt.eu-west-1.rds.amazonaws.com",
    "odds.c7q2kdm4x9zt.eu-west-1.redshift.amazonaws.com",
    "ep-cool-darkness-a1b2c3d4.eu-central-1.aws.neon.tech",
    "db.qhvmzkdwtrxplbnfajce.supabase.co",
    "clubs.q7k4vx.mongodb.net",
    "dpg-c7q2kdm4x9ztvh31bw5g-a.frankfurt-postgres.render.com",
    "eager-heron-48213.upstash.io",
    "ec2-54-171-20-9.eu-west-1.compute.amazonaws.com",
    "monorail.proxy.rlwy.net",
    "odds-of-clubs.redis.cache.windows.net",
    "odds-of-clubs.a.aivencloud.com",
]
CELL = json.dumps(
    {
        "source": [
            "USER = 'clerk'\n",
            f"PASSWORD = '{WORD}'\n",
            f'HOST = "{AZURE}"\n',
            "PORT = 5432",
        ]
    },
    indent=1,
)
FORMS = {
    "notebook": ("a.ipynb", CELL),
    "call": ("a.py", f'connect(host="{AZURE}", user="clerk", password="{WORD}")\n'),
    "dictionary": ("a.py", f"db = {{'PASSWORD': '{WORD}', 'HOST': '{AZURE}'}}\n"),
    "yaml": ("app.yml", f"db:\n  host: {AZURE}\n  password: {WORD}\n"),
    "env": ("prod.env", f"DB_HOST={AZURE}\nDB_PASSWORD=Turnipfield\n"),
    "sample-of-env": (".env.example", f"DB_HOST={AZURE}\nDB_PASSWORD={WORD}\n"),
    "ini": ("app.ini", f"[db]\nhost = {AZURE}\npwd = {WORD}\n"),
    "odbc": ("a.cs", f'"Server=tcp:{HOSTS[2]},1433;User ID=clerk;Password={WORD};Encrypt=True"\n'),
    "same-as-user": ("a.env", "DB=mongodb+srv://clerk:clerk@cluster0.q" + "k4v2x.mongodb.net/a\n"),
    "four-digits": ("a.py", f'connect(host="{AZURE}", user="clerk", password="5093")\n'),
    "dbt": ("profiles.yml", f"type: snowflake\naccount: qkz48213\nuser: a\npassword: {WORD}\n"),
    "snowflake": (
        "a.py",
        f'snowflake.connector.connect(user="a", password="{WORD}", account="jkwzxvo-qk48213")\n',
    ),
    "snowflake-variables": (
        "prod.env",
        f"SNOWFLAKE_ACCOUNT=qk48213.eu-west-1\nSNOWFLAKE_PASSWORD={WORD}\n",
    ),
    "javascript": ("a.js", f"const db = {{ host: '{AZURE}', password: '{WORD}' }}\n"),
}


@pytest.mark.parametrize("host", HOSTS)
def test_word_is_a_password_beside_an_account(host: str, tmp_path: Path) -> None:
    """Everybody can reach the host, so a word lets in whoever guesses or reads it."""
    text = f"HOST = '{host}'\nPASSWORD = '{WORD}'\n"
    (found,) = check_repository(
        repository(tmp_path / "r", {"db.py": text}), Selection(("SEC001",))
    ).findings
    assert (found.line, str(found.severity)) == (2, "error")


@pytest.mark.parametrize(("path", "text"), FORMS.values(), ids=FORMS.keys())
def test_forms_of_a_password_beside_an_account(path: str, text: str, tmp_path: Path) -> None:
    """In variables, calls, settings and texts that say how to connect."""
    found = check_repository(
        repository(tmp_path / "r", {path: text}), Selection(("SEC001",))
    ).findings
    assert [str(each.severity) for each in found] == ["error"]


NO_PASSWORDS = {
    "placeholder": f"HOST = '{AZURE}'\nPASSWORD = 'your-password'\n",
    "name-of-a-variable": f"connect(host='{AZURE}', password=PASSWORD, user=USER_OF_DB)\n",
    "call": f"connect(host='{AZURE}', password=os.environ['DB_PASSWORD'])\n",
    "format": f"connect(host='{AZURE}', password='{{password}}')\n",
    "host-of-an-example": f"HOST = 'mydemoserver.database.windows.net'\nPASSWORD = '{WORD}'\n",
    "host-of-a-lesson": f"HOST = '<server>.database.windows.net'\nPASSWORD = '{WORD}'\n",
    "far-away": f"HOST = '{AZURE}'\n{'x = 1' * 100}\nPASSWORD = '{WORD}'\n",
    "another-account": f"account = 'qk48213'\npassword = '{WORD}'\n",
    "account-of-the-documentation": f"snowflake\naccount: xy12345.eu-west-1\npassword: '{WORD}'\n",
    "account-to-fill-in": f"snowflake\naccount: your_account1\npassword: '{WORD}'\n",
    "account-elsewhere": f"snowflake\naccount: env_var('ACCOUNT1')\npassword: '{WORD}'\n",
    "own-host": f"HOST = 'localhost'\nPASSWORD = '{WORD}'\n",
}


@pytest.mark.parametrize("text", NO_PASSWORDS.values(), ids=NO_PASSWORDS.keys())
def test_placeholder_beside_an_account_is_no_password(text: str) -> None:
    """Nor is what the program reads elsewhere, or a word for another host."""
    assert find_secret("db.py", text.encode()) is None


def test_password_in_a_test_of_an_account_is_left_out() -> None:
    """Tests are not looked at, and documentation shows how to connect."""
    for path in ("tests/test_db.py", "docs/db.py"):
        assert find_secret(path, f"HOST = '{AZURE}'\nPASSWORD = '{WORD}'\n".encode()) is None
    found = find_secret("README.md", f"HOST = '{AZURE}'\nPASSWORD = '{WORD}'\n".encode())
    assert found
    assert not found.sure


def test_many_hosts_take_no_time() -> None:
    """A list of servers has no passwords, and may be long."""
    start = time.process_time()
    text = f"host: {AZURE}\npassword: ".encode() * 10_000
    list(find_passwords("a.yml", text))
    for label in ("x" * 62, "mysql" * 12):
        list(find_passwords("a.yml", f"{label}q.database.windows.net\n".encode() * 100))
    assert time.process_time() - start < 5
    assert not is_host(b"your-server.postgres.database.azure.com")


HEX = "9f86d081884c7d659a2f" + "eaa0c55ad015"
IN_PLACES = {
    "folder": ("secrets/recipes.json", f'{{"key": "{HEX}", "id": "4c1d9a2b"}}\n', True),
    "file": ("conf/credentials.yml", f"token: {HEX}\n", True),
    "program": ("secret.py", f"key = '{HEX}'\n", True),
    "part-of-a-name": ("my-secrets.json", f'{{"pass": "{HEX}"}}\n', True),
    "program-about-secrets": ("app/secrets/forms.py", f"key = '{HEX}'\n", False),
    "another-place": ("conf/recipes.json", f'{{"key": "{HEX}"}}\n', False),
    "another-name": ("secrets/recipes.json", f'{{"id": "{HEX}"}}\n', False),
    "word": ("secrets/recipes.json", '{"key": "name-of-a-recipe"}\n', False),
    "test": ("tests/secrets/recipes.json", f'{{"key": "{HEX}"}}\n', False),
}


@pytest.mark.parametrize(("path", "text", "secret"), IN_PLACES.values(), ids=IN_PLACES.keys())
def test_key_in_a_place_for_secrets(path: str, text: str, secret: bool, tmp_path: Path) -> None:
    """Where all is secret, a plain name says enough."""
    found = check_repository(
        repository(tmp_path / "r", {path: text}), Selection(("SEC001",))
    ).findings
    assert [str(each.severity) for each in found] == ["error"] * secret


def test_sample_in_a_place_for_secrets_is_not_sure() -> None:
    """As a sample of other settings."""
    found = find_secret("secrets/recipes.sample.json", f'{{"key": "{HEX}"}}\n'.encode())
    assert found is None or not found.sure
