"""Secrets are distinguished from text that only resembles them."""

import json

import pytest

from labcoat.secrets import values
from labcoat.secrets.content import find_in_content, find_in_variables

# Assembled here, so that no file of this repository holds what looks like a secret.
BEGIN = "-----BEGIN " + "PRIVATE KEY-----"
LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"
GITHUB = "ghp_" + "a1B2" * 9
TELEGRAM = "7730519" + "264:AAHq3wZ8Lm2Rk9Ty_Vb7Xc4Nd6Jf1Gs5Hpu"
DISCORD = "MTIzNTU3OTE4Mjcz" + "NjQ1MTky" + ".GxYz12." + "hT7pQ2vR9sKd4Lm_Nb6Wc8Xf1Zj3YgAe0UiOtP"
WEBHOOK = "s7dKq0_xV3mPz-9LbTfWnYcRg2HjU8EaQoZi5Xk1JtNvBpDyMw4FuSlGrAhCe6OIb2Tq"

WRITTEN = {
    "key": f"{BEGIN}\n{LINE}\n",
    "key-of-a-service-account": json.dumps({"private_key": f"{BEGIN}\n{LINE}\n"}),
    "key-in-json-in-json": json.dumps(json.dumps({"private_key": f"{BEGIN}\n{LINE}\n"})),
    "key-in-a-string": f'KEY = "{BEGIN}\\n{LINE}\\n"\n',
    "key-in-strings-by-line": f'KEY = (\n    "{BEGIN}\\n"\n    "{LINE}\\n"\n)\n',
    "key-in-a-notebook": json.dumps({"source": [f"KEY = '''{BEGIN}\n", f"{LINE}\n"]}, indent=1),
    "token": f"T = '{GITHUB}'\n",
    "token-first": GITHUB,
    "token-after-an-escaped-line-feed": json.dumps(f"first\n{GITHUB}\nlast"),
    "token-after-an-escaped-tab": json.dumps(f"name\t{GITHUB}"),
    "token-of-an-app": "gho_" + "a1B2" * 9,
    "token-of-a-server": "ghs_" + "a1B2" * 9,
    "token-of-a-user": "ghu_" + "a1B2" * 9,
    "token-that-renews": "ghr_" + "a1B2" * 19,
    "aws": "AKIA" + "Q3EGRZ5TLMN7PVXW",
    "aws-for-a-session": "ASIA" + "Q3EGRZ5TLMN7PVXW",
    "openai": "sk-proj-" + "a1B2c3" * 8,
    "kubernetes": "eyJhbGciOiJSUzI1NiIsImtpZCI6Ing"
    + ".eyJpc3MiOiJrdWJlcm5ldGVz"
    + "a1B2c3" * 9
    + "."
    + "a1B2c3" * 9,
    "openai-of-a-service": "sk-svcacct-" + "a1B2c3" * 8,
    "telegram": f"send('{TELEGRAM}')",
    "telegram-behind-a-name": f"token:{TELEGRAM}\n",
    "telegram-behind-a-quoted-name": f"'token':{TELEGRAM}\n",
    "telegram-in-an-address": f"get('https://api.telegram.org/bot{TELEGRAM}/getUpdates')",
    "telegram-in-an-address-of-files": f"https://api.telegram.org/file/bot{TELEGRAM}/x",
    "discord": f"client.run('{DISCORD}')",
    "discord-of-17-digits": f"client.run('{DISCORD.replace('ky.', 'k.')}')",
    "discord-of-19-digits": f"client.run('{DISCORD.replace('ky.', 'kyMA.')}')",
    "discord-webhook": f"https://discord.com/api/webhooks/908357263849573376/{WEBHOOK}",
    "discord-webhook-of-before": f"discordapp.com/api/webhooks/908357263849573376/{WEBHOOK}",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_found_in_content(text: str) -> None:
    """Keys and tokens are found in text, in JSON and in the strings of programs."""
    assert find_in_content("a.txt", text.encode())


FOR_SHOW = {
    "key-that-is-named": f'if "{BEGIN}" in text or "{BEGIN}" == line:\n',
    "key-left-out": json.dumps({"private_key": f"{BEGIN}\nYOUR_PRIVATE_KEY\n"}),
    "key-with-dots": f'"{BEGIN}\\n...\\n"',
    "token-too-short": "ghp_a1B2",
    "token-within-a-word": f"x{GITHUB}",
    "token-of-one-letter": "ghp_" + "x" * 36,
    "token-that-counts-up": "xoxb-" + "012345678901-012345678901-slackbotaccesstoken012345",
    "token-that-counts-from-one": "ghp_" + "1234567890abcdefghijklmnopqrstuvwxyz",
    "token-that-counts-in-turns": "ghp_" + "a0b1c2d3e4f5g6h7i8j9k0l1m2n3o4p5q6r7",
    "token-of-a-repeated-count": "glpat-" + "abcd1234abcd1234abcd1234",
    "aws-that-counts-up": "AKIA" + "1234567890ABCDEF",
    "aws-of-one-letter": "AKIA" + "X" * 16,
    "aws-of-the-documentation": "AKIA" + "IOSFODNN7EXAMPLE",
    "telegram-within-numbers": f"12:{TELEGRAM}",
    "telegram-within-a-word": f"robot{TELEGRAM}",
    "telegram-left-out": "https://api.telegram.org/bot123456789:ABC-DEF1234/getMe",
    "discord-of-letters": "MTIzNabcdefghijklmnopqrs.GxYz12.hT7pQ2vR9sKd4LmNb6Wc8Xf1Zj3Yg",
    "discord-within-a-token-of-the-web": f"{DISCORD}.{DISCORD}",
    "discord-webhook-left-out": "https://discord.com/api/webhooks/ID/TOKEN",
    "discord-webhook-in-part": "https://discord.com/api/webhooks/908357263849573376/s7dKq0",
}


@pytest.mark.parametrize("text", FOR_SHOW.values(), ids=FOR_SHOW.keys())
def test_not_found_in_content(text: str) -> None:
    """Names, shortened tokens and repeated characters are not secrets."""
    assert find_in_content("a.txt", text.encode()) is None


def test_a_token_after_a_placeholder_is_found() -> None:
    """A placeholder hides nothing after it."""
    found = find_in_content("a.txt", f"ghp_{'x' * 36}\n{GITHUB}\n".encode())
    assert found
    assert (found.kind, found.line) == ("a GitHub token", 2)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements/base.txt", "constraints-a.txt"])
def test_lists_of_packages_are_no_prose(name: str) -> None:
    """An index with a password in a list gives access; in a text it may be an example."""
    password = "x9Kq2LmZ8" + "vTr4WpN"
    line = f"--extra-index-url https://me:{password}@pypi.corp.io/simple\n".encode()
    found, noted = find_in_content(name, line), find_in_content("notes.txt", line)
    assert found
    assert found.sure
    assert noted
    assert not noted.sure


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_windows_encodings_hide_nothing(encoding: str) -> None:
    """PowerShell's UTF-16 and Notepad's byte order mark are read."""
    assert find_in_variables("a.env", "DB_PASSWORD=hunter2!x\r\nDEBUG=1\r\n".encode(encoding))
    assert not find_in_variables("a.env", "DB_PASSWORD=change-me\r\nDEBUG=1\r\n".encode(encoding))
    assert find_in_content("a.txt", f"token: {GITHUB}\r\n".encode(encoding))


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"\xff\xfea", b"\xfe\xff\xd8\x00", b"\xef\xbb\xbf"], ids=ascii
)
def test_truncated_content_is_not_a_secret(data: bytes) -> None:
    """An incomplete token after a mark is read without an error."""
    assert not find_in_variables("a.env", data)
    assert find_in_content("a.txt", data) is None


NAMES = [
    *("S3SECRET", "SECRET_KEY", "SECRET_KEY_BASE", "AWS_SECRET_ACCESS_KEY", "DB_PASS"),
    *("DBPASS", "PGPASSWORD", "MYSQL_PWD", "API_KEY_2", "APIKEY"),
    *("OPENAI_API_KEY", "apiKey", "GITHUB_TOKEN", "AUTHTOKEN", "clientSecret"),
    *("SENTRY_DSN", "PASSWORD_HASH", "JWT_SECRET", "KEY_1", "REDIS_AUTH"),
    *(
        "CREDENTIALS",
        "HASH_SALT",
        "SSH_PASSPHRASE",
        "PRIVATE_KEY_BASE64",
        "GOOGLE_CREDENTIALS_JSON",
    ),
    *("API_KEYS", "ENCRYPTION_KEY_V2", "STRIPE_KEY_LIVE"),
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets(name: str) -> None:
    """A variable whose name ends with a word for a secret, with a real value."""
    assert find_in_variables("a.env", f"{name}=9f86d081x884c7d65\n".encode())
    assert not find_in_variables("a.env", f"{name}=change-me\n".encode())


SETTINGS = [
    *(
        "MAX_TOKENS=128000",
        "TOKENIZER=bert-base-uncased",
        "AUTH_TYPE=oauth2",
        "AUTH_USER_MODEL=users.User",
        "KEY_PREFIX=myapp",
    ),
    *(
        "KEYBOARD_LAYOUT=us",
        "TOKEN_TTL=86400000",
        "ACCESS_TOKEN_ALGORITHM=HS256",
        "KEY_VAULT_NAME=my-vault",
        "SSH_KEY_PATH=/home/app/key",
    ),
    *(
        "MONKEY=banana",
        "SSH_KEY=/home/app/key",
        "SECRET_FILE=/run/secrets/db",
        "PASSWORD_HASHER=argon2id",
        "AUTHOR=somebody",
    ),
    *(
        "BYPASS=x1y2z3",
        "COMPASS=north-west",
        "DSN=x1y2z3",
        "TOKEN_URL=x1y2z3",
        "DEPLOY_KEY=C:\\keys\\deploy",
    ),
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_ordinary_settings(setting: str) -> None:
    """Settings about keys and tokens are not secrets."""
    assert not find_in_variables("a.env", f"{setting}\n".encode())


WORDS = [
    *("prod_api_key_1", "prod_api_key_1,prod_api_key_2", "token-for-tests-7", "key1", "my-api-key"),
    *("# see 4fd9c1ab2e7d", "  # openssl rand -hex 32", "changeme # until 2fa0b7d1c9"),
    *("'' # see 4fd9c1ab2e7d", "<one1,two2>", "[key1,other2]", "https://host.io/a1,b2"),
    *("$(head -c32 /dev/urandom | tr a1,b2)", "changeme,please1now", "'changeme' # see 4fd9c1ab2e"),
]


@pytest.mark.parametrize("value", WORDS)
def test_values_that_only_say_what_they_are(value: str) -> None:
    """A value that calls itself a key, a list of those, and a remark behind nothing."""
    assert not find_in_variables("a.env", f"API_KEYS={value}\n".encode())


@pytest.mark.parametrize(
    "value",
    [
        f"prod_api_key_1,{'k3W9vTq2' + 'Zx8LmP4r'}",
        "key-" + "3ax6xnjp29jd6fds" * 2,
        "token_" + "xkqzvbtrwq_1",
        "token-4821" + "-9934-1175-2286",
        "token_" + "TheRtoNdeR_1",
        "#k3W9vTq2" + "Zx8LmP4r",
        "'k3W9vTq2" + "Zx8LmP4r' # of the mail server",
        "k3W9vTq2" + "#x8LmP4r",
        "'k3W9vTq2" + " #x8LmP4r'",
    ],
)
def test_values_with_words_beside_a_secret(value: str) -> None:
    """A secret after such a word, in a list with one, and with a number sign in it."""
    found = find_in_variables("a.env", f"API_KEYS={value}\n".encode())
    assert found
    assert found.sure


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("compose.yml", 'AUTH_SECRET: "{0}: "'),
        ("config.py", '    SECRET_KEY: str = "{0}"'),
        ("config.py", "api_token: str | None = '{0}'"),
        ("config.py", "if debug: SECRET_KEY = '{0}'"),
        ("config.py", "SECRET_KEY: Final = '{0}'"),
        ("config.ts", "const apiKey: string = '{0}'"),
        ("lib.rs", 'const API_KEY: &\'static str = "{0}";'),
        ("lib.rs", 'const API_KEY: &str = "{0}";'),
        ("chart/templates/mail-secrets.yaml", "data:\n  mailPassword: {0}"),
        ("airflow.cfg", "fernet_key = {0}="),
        ("a.py", "HMAC_KEY = '{0} '"),
    ],
)
def test_forms_of_assignments(path: str, text: str) -> None:
    """A value that was copied with what stood behind it, and keys of other kinds."""
    secret = "lv5macbVjLrol6GRhpHvp" + "tTlNIPKKtEeIVIfKYKG1D8"
    found = find_in_content(path, f"{text.format(secret)}\n".encode())
    assert found
    assert found.sure


DJANGO = "i3k%m-808v3_)^h7975iw4v&" + "fl5chq41^19j@u+b*vx7dvw*q$"


@pytest.mark.parametrize(
    ("after", "sure"),
    [("DEBUG = False\n", True), ("DEBUG = env('DEBUG')\n", True), ("DEBUG = True\n", False)],
)
def test_key_that_django_generates(after: str, sure: bool) -> None:
    """It has symbols that otherwise mean code; as `startproject` leaves it, it is a note."""
    found = find_in_content("app/settings.py", f"SECRET_KEY = '{DJANGO}'\n{after}".encode())
    assert found
    assert (found.line, found.sure) == (1, sure)
    shorter = DJANGO[1:]
    assert not find_in_content("app/settings.py", f"SECRET_KEY = '{shorter}'\n".encode())
    words = "secret_key_of_(my)_application_for_the_users_of_$it"[:50]
    assert not find_in_content("app/settings.py", f"SECRET_KEY = '{words}'\n".encode())


def test_every_sure_secret_of_a_file_is_named() -> None:
    """Also those after the first, one for each line, so that no one meets them singly."""
    text = f"a = '{GITHUB}'\nb = '{GITHUB}'; c = '{GITHUB}'\n{BEGIN}\n{LINE}\n"
    found = find_in_content("a.py", text.encode())
    assert found
    assert {(each.kind, each.line) for each in found.all} == {
        ("a GitHub token", 1),
        ("a GitHub token", 2),
        ("a private key", 3),
    }


def test_every_variable_with_a_secret_is_named() -> None:
    """A file of variables too, without those that have a weak value."""
    found = find_in_variables(
        "a.env", b"A_TOKEN=9f86d081x884c7d65\nB_PASSWORD=word\nC_SECRET=k3W9vTq2Zx8LmP4r\n"
    )
    assert found
    assert [(each.name, each.line) for each in found.all] == [("A_TOKEN", 1), ("C_SECRET", 3)]


def test_password_in_an_address_is_the_same_one() -> None:
    """A file of variables often has it twice; another user's is another one."""
    text = "DB_PASSWORD=Kestrel4Harbor9\nURL=postgres://app:Kestrel4Harbor9@db.corp.io/app\n"
    text += "OTHER=postgres://root:Quartz7Lantern3@db.corp.io/app\n"
    found = find_in_variables(".env", text.encode())
    assert found
    first, second, other = sorted(found.all, key=lambda each: each.line)
    assert first.digest == second.digest != other.digest


def test_of_thousands_of_secrets_some_are_named() -> None:
    """A dump of tokens is named by some of them, in little time."""
    found = find_in_content("a.txt", f"{GITHUB}\n".encode() * 5000)
    assert found
    assert len(found.all) == 50


KEY = "k3W9vTq2Zx8LmP4rN7bY"
# Assembled here, so that no file of this repository holds what looks like a secret.
GRAFANA = "SW2YcwTIb9" + "zpOOhoPsMm"
AZURITE = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq" + "/K1SZFPTOtr/KBHBeksoGMGw=="
)
PUBLIC = {
    "default-of-grafana": ("GF_SECRET_KEY", GRAFANA),
    "account-of-azurite": ("CONNECTION", f"AccountName=devstoreaccount1;AccountKey={AZURITE}"),
    "posthog": ("POSTHOG_API_KEY", f"phc_{KEY}{KEY}"),
    "segment": ("SEGMENT_WRITE_KEY", f"{KEY}a1B2c3D4e5F6"),
    "algolia": ("ALGOLIA_SEARCH_API_KEY", "9f86d081884c7d659a2feaa0c55ad015"),
    "algolia-camel": ("algoliaSearchOnlyKey", "9f86d081884c7d659a2feaa0c55ad015"),
    "amplitude": ("AMPLITUDE_API_KEY", "9f86d081884c7d659a2feaa0c55ad015"),
    "stripe": ("STRIPE_API_KEY", f"pk_live_{KEY}{KEY}"),
    "mapbox": ("MAPBOX_ACCESS_TOKEN", f"pk.eyJ{KEY}.{KEY}"),
}
SECRET = {
    "posthog-of-a-person": ("POSTHOG_API_KEY", f"phx_{KEY}{KEY}"),
    "segment-of-an-account": ("SEGMENT_ACCESS_TOKEN", f"{KEY}a1B2c3D4e5F6"),
    "write-of-another-service": ("KEEN_SECRET_WRITE_KEY", f"{KEY}a1B2c3D4e5F6"),
    "algolia-admin": ("ALGOLIA_ADMIN_API_KEY", "9f86d081884c7d659a2feaa0c55ad015"),
    "algolia-unsaid": ("ALGOLIA_API_KEY", "9f86d081884c7d659a2feaa0c55ad015"),
    "algolia-both": ("ALGOLIA_SEARCH_ADMIN_KEY", "9f86d081884c7d659a2feaa0c55ad015"),
    "amplitude-secret": ("AMPLITUDE_SECRET_KEY", "9f86d081884c7d659a2feaa0c55ad015"),
    "stripe-secret": ("STRIPE_API_KEY", f"sk_live_{KEY}{KEY}"),
    "mapbox-secret": ("MAPBOX_ACCESS_TOKEN", f"sk.eyJ{KEY}.{KEY}"),
}


@pytest.mark.parametrize(("name", "value"), PUBLIC.values(), ids=PUBLIC.keys())
def test_public_keys_are_not_sure(name: str, value: str) -> None:
    """Every page or program that uses the service has the key, so it gives no one access."""
    for found in (
        find_in_content("a.py", f'{name} = "{value}"\n'.encode()),
        find_in_variables("a.env", f"{name}={value}\n".encode()),
    ):
        assert not found or not found.sure


@pytest.mark.parametrize(("name", "value"), SECRET.values(), ids=SECRET.keys())
def test_secret_keys_of_the_same_services_are_sure(name: str, value: str) -> None:
    """They have another beginning, or another name."""
    for found in (
        find_in_content("a.py", f'{name} = "{value}"\n'.encode()),
        find_in_variables("a.env", f"{name}={value}\n".encode()),
    ):
        assert found
        assert found.sure


INVENTED = {
    "seeds": ("app/seed_users.py", f"password = '{KEY}'"),
    "seeds-of-rails": ("db/seeds.rb", f"password: '{KEY}'"),
    "seeds-with-pictures": (
        "prisma/seed.ts",
        "await prisma.$connect()\n"
        f"const user = {{ avatar: 'https://pictures.corp.io/1.png', password: '{KEY}' }}",
    ),
    "user-of-seeds": ("db/seed.ts", f"adminPassword: '{KEY}'"),
    "table-of-people": (
        "setup/users.json",
        json.dumps([{"id": n, "first_name": "Ann", "password": KEY} for n in range(5)], indent=1),
    ),
    "cypress": ("web/cypress/support/commands.js", f"password = '{KEY}'"),
}
REAL = {
    "table-of-accounts": (
        "accounts.json",
        json.dumps([{"username": f"bot{n}", "password": KEY} for n in range(6)], indent=1),
    ),
    "table-of-accounts-of-people": (
        "accounts.json",
        json.dumps(
            [{"first_name": "Ann", "logged_in": False, "password": KEY} for _ in range(6)], indent=1
        ),
    ),
    "person-in-a-program": (
        "manage.py",
        "def sign_in(password): return check(password, password, hash(password))\n"
        f"root = User(first_name='Ann', password='{KEY}')\n",
    ),
    "one-person": ("me.json", json.dumps({"first_name": "Ann", "password": KEY})),
    "no-walk": ("app/users.py", f"password = '{KEY}'"),
    "key-of-a-service-in-seeds": ("app/seed_users.py", f"api_key = '{KEY}'"),
    "token-in-seeds": ("app/seed_users.py", f"password = '{GITHUB}'"),
    "database-of-seeds": ("app/seed.py", f"DB_PASSWORD = '{KEY}'"),
    "mail-of-seeds": ("app/populate.py", f"SMTP_PASSWORD = '{KEY}'"),
    "shell-of-seeds": ("db/seed.sh", f"export PGPASSWORD={KEY}"),
    "connection-of-seeds": (
        "app/seed_users.py",
        f"psycopg2.connect(\n    dbname='shop',\n    host='db.corp.io',\n    password='{KEY}')",
    ),
    "address-beside-seeds": ("db/seed.ts", f"f('redis://db.corp.io')\nconst password = '{KEY}'"),
    "settings-of-seeds": ("seed/config.yml", f"db:\n  host: db.corp.io\n  password: {KEY}"),
    "configuration-of-cypress": ("cypress.env.json", f'{{"password": "{KEY}"}}'),
    "walk-on-the-keyboard": ("app/settings.py", "'PASSWORD': '" + "1qaz@WSX" + "3edc'"),
    "crontab": ("etc/crontab", f"* * * * * root API_TOKEN='{KEY}' /usr/bin/job"),
    "crontab-of-a-user": ("crontab", f"  * 8-17 * * 1-5 API_TOKEN='{KEY}' /usr/bin/job"),
    "begins-like-a-version": ("app/zoho.py", f"REFRESH_TOKEN = '1000.8cb99d{KEY}.9b8{KEY[:8]}'"),
    "account-and-token": ("app/meta.py", f"ACCESS_TOKEN = '1234509876.1677ed0.{KEY}'"),
    "password-with-a-dot": ("app/db.py", "db_password = '7.4kQx" + "9dLmZw2'"),
    "no-seeds": ("app/random_seed_of/login.py", f"password = '{KEY}'"),
}


@pytest.mark.parametrize(("path", "text"), INVENTED.values(), ids=INVENTED.keys())
def test_passwords_of_invented_users_are_not_sure(path: str, text: str) -> None:
    """Seeds and Cypress fill a database."""
    found = find_in_content(path, f"{text}\n".encode())
    assert not found or not found.sure


@pytest.mark.parametrize(("path", "text"), REAL.values(), ids=REAL.keys())
def test_real_secrets_are_sure(path: str, text: str) -> None:
    """A key lets somebody in wherever it is written, and so does a password of a service."""
    found = find_in_content(path, f"{text}\n".encode())
    assert found
    assert found.sure


@pytest.mark.parametrize("name", ["JWT_PUBLIC_KEY_PASSWORD", "PUB_KEY_PASS"])
def test_password_of_a_public_key_is_sure(name: str) -> None:
    """What follows `PUBLIC_KEY` may be a secret after all."""
    found = find_in_variables(".env", f"{name}={KEY}\n".encode())
    assert found
    assert found.sure


SERVICE = "Algolia"


@pytest.mark.parametrize("path", ["a.py", "a.yaml", "a.sh", "a.ipynb"])
@pytest.mark.parametrize("between", [1, 4000])
def test_the_service_is_read_beside_each_value(path: str, between: int) -> None:
    """The name may be anywhere before the value and in any case, as in a long notebook."""
    value = "9f86d081884c7d659a2f" + "eaa0c55ad015"
    text = f"x = '{KEY}'\n" * between + f"{SERVICE}_ADMIN = '{value}'\n"
    found = find_in_content(path, text.encode())
    assert found
    assert found.kind == "an Algolia API key"
    assert not find_in_content(path, text.replace(SERVICE, "Mine").encode())


def test_each_name_of_a_secret_has_one_of_the_parts() -> None:
    """Values without any of these around are not looked at."""
    names = "password passwd DbPassphrase client_secret credentialX api-key SIGNING.KEY authKey"
    for name in (*names.split(), "bot_token", "MY_PWD", "DB_PASS", "_auth", "_authToken", "token"):
        assert values.is_named_secret(name.encode())
        assert any(part in name.lower().encode() for part in values.SECRET_PARTS)
