"""One look for secrets: the check, the guard and the audit answer the same about each file."""

import io
from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext, secrets_reaching
from labcoat.container.inspect.secret_scan import scan_file
from labcoat.lint.findings import Severity
from labcoat.lint.runner import Selection, check_repository
from labcoat.secrets.look import find_secret
from support.repositories import repository

# Assembled here, so that no file of this repository holds what looks like a secret.
HEX = "9f86d081884c7d659a2f" + "eaa0c55ad015a3bf4f1b"
AZURE = ("aB3/" * 6 + HEX)[:43] * 2 + "=="
LETTERS = "qwhzkv" + "ptmxra"
GITHUB = "ghp_" + "a1B2" * 9
PRIVATE = "-----BEGIN " + "PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n"

SECRETS = {
    "token": ("src/a.py", f"T = '{GITHUB}'\n"),
    "private-key": ("deploy/server.key", PRIVATE),
    "named-letters": ("src/a.py", f'SNOWFLAKE_PASSWORD = "{LETTERS}"\n'),
    "named-hex": ("src/a.py", f'API_KEY="{HEX}"\n'),
    "keyword-argument": ("src/a.py", f'connect(user="a", password="{HEX[:16]}")\n'),
    "dictionary": ("src/a.py", f'{{"api_key": "{HEX}"}}\n'),
    "notebook": ("a.ipynb", f'{{"source": ["API_KEY = \\"{HEX}\\"\\n"]}}\n'),
    "npmrc": (".npmrc", f"//registry.corp.io/:_authToken={HEX}\n"),
    "tfvars": ("main.tfvars", f'db_password = "{HEX[:14]}"\n'),
    "yaml": ("config.yml", f"db:\n  password: {HEX[:14]}\n"),
    "aws-pair": ("deploy.sh", f"export AWS_SECRET_ACCESS_KEY={HEX}\n"),
    "service": ("src/a.py", f'adafruit_io = "{HEX[:32]}"\n'),
    "vendor-form": ("src/a.py", 'T = "dop_v1_' + HEX + HEX[:24] + '"\n'),
    "vendor-form-bare": ("run.txt", "dapi" + HEX[:32] + "\n"),
    "azure": ("src/a.py", 'C = "DefaultEndpointsProtocol=https;AccountKey=' + AZURE + '"\n'),
    "far-down": ("src/a.py", "x = 1\n" * 3000 + f'API_KEY = "{HEX}"\n'),
    "pip-conf": ("pip.conf", "[global]\nindex-url = https://me:" + "hunter2x@index.corp.io/s\n"),
    "address-in-env": ("prod.env", f"URL=postgres://app:{HEX[:12]}@db.corp.io/x\n"),
    "webhook": (
        "notes.md",
        "https://hooks.slack.com/services/" + "T04M/B04M/" + HEX + HEX[:12] + "\n",
    ),
    "default-of-a-server": ("config/default/secure.conf", f'user_secret: "{HEX}"\n'),
    "settings-of-dvc": (".dvc/config", f"['remote \"r\"']\n    secret_access_key = {HEX}\n"),
    "settings-of-s3cmd": ("home/.s3cfg", f"[default]\nsecret_key = {HEX}\n"),
    "address-of-a-tunnel": (
        ".mcp.json",
        f'{{"args": ["-e", "URI=mongodb://app:{HEX[:20]}@localhost:27018/app"]}}\n',
    ),
    "private-half-of-a-pair": (".env.prod", f"JWT_PRIVATE_KEY={HEX}\n"),
    "env": (".env", f"DB_PASSWORD={HEX[:12]}\n"),
    "env-of-a-service": ("web.env.prod", "SECRET_KEY=r#y4_mwy(0x" + "uhb8xo2_))0dg8@dnz1\n"),
    "dollar-in-a-password": ("src/a.py", "DB_PASSWORD = '" + "K9!mP2$" + "vR7@xL4#nQ8'\n"),
    "php": ("web/a.php", "define('DB_PASSWORD', '" + HEX[:14] + "');\n"),
    "json-in-a-text": ("AUTH/a.txt", f'{{"id": "x", "API_SECRET_KEY": "{HEX}"}}\n'),
    "env-of-a-container": (".envs/.production/.django", "SECRET_KEY=r#y4_mwy(0x" + "uhb8xo2_))d\n"),
    "env-of-one-service": ("env.mongo", f"DB_PASSWORD={HEX[:6]}xy\n"),
    "env-with-a-number": ("deploy/.env11", f"DB_PASSWORD={HEX[:6]}xy\n"),
    "key-of-a-data-store": (".cdsapirc", f"url: https://cds.corp.io/api\nkey: {HEX[:20]}\n"),
    "secret-that-is-to-be-replaced": ("list.txt", f"{GITHUB}==>REDACTED\n"),
    "token-of-a-developer": ("local_connections.json", f'{{"login": "{GITHUB}"}}\n'),
    "sample-that-was-filled-in": (
        ".env.example",
        f"API_KEY=your-key\nAWS_ACCESS_KEY_ID={'AKIA' + 'Q3EGRIWH' + 'ZT6XNLPM'}\n"
        f"AWS_SECRET_ACCESS_KEY={HEX[:20] + 'Kq7/Zx3+Wv9TbR5nYp2M'}\n",
    ),
    "all-that-a-call-has": ("src/a.py", f"ts.set_token('{HEX}')\n"),
    "call-of-a-service": ("a.ipynb", f'{{"source": ["pro = ts.pro_api(\'{HEX}\')\\n"]}}\n'),
    "my-token": ("src/a.py", f"myToken = '{HEX}'\n"),
    "app-of-slack": ("notes.txt", "xapp-" + "1-A0B1C2D3E4F-" + f"9259855381495-{HEX}\n"),
    "page-of-facebook": ("src/a.php", "$t = 'EAA" + f"MZ{(HEX + LETTERS.upper()) * 2}';\n"),
    "mail-service": ("notes.txt", "SG" + f".{HEX[:22]}.{HEX}Kq7\n"),
    "service-without-a-name": ("run.txt", "pplx-" + (HEX * 2)[:48] + "\n"),
    "env-of-a-service-elsewhere": ("a/web.env.live", f"DB_PASSWORD={HEX[:6]}xy\n"),
}
# At most a note: samples, tests, values for development, settings, words.
NO_SECRETS = {
    "env-of-a-service-for-development": ("web.env.dev", f"DB_PASSWORD={HEX[:6]}xy\n"),
    "variable-in-a-value": ("a.sh", 'API_TOKEN="ab12-$HOME-k9x3-$name-q7"\n'),
    "env-of-a-container-for-development": (".envs/.local/.django", f"DB_PASSWORD={HEX[:6]}xy\n"),
    "example-of-a-service": ("web.env.example", f"DB_PASSWORD={HEX[:6]}xy\n"),
    "same-as-user": ("dist.env", "DATABASE_URL=postgresql://app:app@localhost/x\n"),
    "letters-of-the-alphabet": (
        "src/a.ts",
        f'token: "{"".join(f"{c}{n % 10}" for n, c in enumerate("abcdefghijklmnop", 1))}"\n',
    ),
    "public-half-of-a-pair": (".env.prod", f"JWT_PUBLIC_KEY={HEX}\nVAPID_PUBLIC_KEY={HEX[:20]}\n"),
    "value-that-is-public": (
        ".env.prod",
        f"SIGNING_KEY='-----BEGIN PUBLIC KEY-----\\n{HEX}'\nDEPLOY_KEY=\"ssh-ed25519 AAAA{HEX}\"\n",
    ),
    "versions-of-conda": (
        "environment.yml",
        "dependencies:\n  - secretstorage=3.3.3=py310hff52083_1\n  - pip:\n"
        "    - detect-secrets==1.5.0.post1.dev2+g3f2a1c9\n",
    ),
    "documented-interface": ("src/a.ts", f'/**\n *   token: "{HEX}"\n */\n'),
    "helper-of-tests": ("internal/testutil/a.go", f'APIKey: "{HEX}",\n'),
    "of-this-machine": ("src/a.py", f'URI = "mongodb://app:{HEX[:12]}@localhost/x"\n'),
    "documented-tunnel": ("a.md", f"mongodb://app:{HEX[:20]}@localhost/x\n"),
    "remotes-of-dvc": (".dvc/config", "['remote \"r\"']\n    secret_access_key = minioadmin\n"),
    "in-compose": ("conf.env", "DATABASE_URL=postgres://shop:shop@db/shop\n"),
    "changeme": ("prod.env", "SECRET_KEY=changeme\n"),
    "no-secret": (".env", "COMPOSE_PROJECT_NAME=a\n"),
    "fake": ("e2e/.streamlit/secrets.toml", 'FAKE_SECRET="value"\n'),
    "in-tests": ("tests/test_a.py", f'API_KEY = "{HEX}"\n'),
    "token-in-tests": ("tests/test_a.py", f"T = '{GITHUB}'\n"),
    "azure-in-a-sample": ("tests/env.sample", f"# AccountKey={AZURE}\n"),
    "key-of-localhost": ("certs/localhost.key", PRIVATE),
    "documentation": ("README.md", f'api_key = "{HEX}"\n'),
    "marked": ("src/a.py", f'API_KEY = "{HEX}"  # example\n'),
    "django-insecure": ("app/settings.py", f'SECRET_KEY = "django-insecure-{HEX}"\n'),
    "words": ("src/a.py", 'PASSWORD_FIELD = "new_password_confirmation1"\n'),
    "name-of-a-file": (
        "src/a.py",
        f'GOOGLE_APPLICATION_CREDENTIALS = "steady-{HEX[:12]}.json"\n',
    ),
    "replaced-by-a-script": ("datasource.yml", "password: 'SCYLLA_PSSWD'\n"),
    "name-of-a-variable": ("src/a.py", 'API_KEY = "OPENAI_API_KEY"\n'),
    "public": ("src/a.js", f'publishableKey: "{HEX}"\n'),
    "reference": ("values.yml", "password: ${DB_PASSWORD}\ntoken: {{ vault.token }}\n"),
    "digest": ("src/a.py", f'token_hash = "{HEX}"\n'),
    "tokenizer": ("src/a.py", 'pad_token = "<|endoftext|>1234567"\n'),
    "program-called-env": ("env.py", f"x = dict(DB_PASSWORD={HEX[:6]}xy)\n"),
    "template-of-a-service": ("env.template", f"DB_PASSWORD={HEX[:6]}xy\n"),
    "sample-with-half-a-key": (
        ".env.example",
        f"AWS_ACCESS_KEY_ID={'AKIA' + 'Q3EGRIWH' + 'ZT6XNLPM'}\nAWS_SECRET_ACCESS_KEY=\n",
    ),
    "page-of-a-notebook": (
        "a.html.ipynb",
        f'<body data-jupyter-api-token="{HEX}"\ndata-base-url="/"\ndata-ws-url="">\n',
    ),
    "profile-of-a-browser": (
        "chrome/Default/BrowsingTopicsState",
        f'{{\n  "hex_encoded_hmac_key": "{HEX}"\n}}\n',
    ),
    "call-that-gets-a-value": ("src/a.py", f"vault.get_token('{HEX}')\n"),
    "plugins-of-jenkins": (
        "values.yaml",
        "plugins:\n- kubernetes-credentials-provider:1.274.v" + "59052b_9e5c07\n",
    ),
    "same-value-twice": ("dev.env", "DB_USER=shop1234\nDB_PASSWORD=shop1234\n"),
}


def severities(root: Path) -> set[Severity]:
    """Return the severities of the findings about secrets in git."""
    return {each.severity for each in check_repository(root, Selection(("SEC001",))).findings}


def is_refused(root: Path) -> bool:
    """Whether a build that copies everything is refused."""
    return bool(secrets_reaching(BuildContext(root)))


def is_audited(path: str, text: str) -> bool:
    """Whether the audit of an image with this file reports it."""
    return bool(list(scan_file(f"app/{path}", io.BytesIO(text.encode()), len(text))))


@pytest.mark.parametrize(("path", "text"), SECRETS.values(), ids=SECRETS.keys())
def test_secret(path: str, text: str, tmp_path: Path) -> None:
    """An error of the check, refused by the guard, reported by the audit."""
    root = repository(tmp_path / "r", {path: text, "Dockerfile": "FROM scratch\nCOPY . /app/\n"})
    assert severities(root) == {Severity.ERROR}
    assert is_refused(root)
    assert is_audited(path, text)


def test_line_that_is_there_twice(tmp_path: Path) -> None:
    """As in files that were put together: the value is not one of an example for that."""
    line = f"DB_PASSWORD={HEX[:12]}\n"
    root = repository(tmp_path / "r", {".env2": f"{line}A=1\n{line}"})
    assert severities(root) == {Severity.ERROR, Severity.NOTE}


def test_line_of_secret(tmp_path: Path) -> None:
    """It is the file's, although only the lines that a search finds are read."""
    text = f'a = 1\nkey = "some words 1"\n\nAPI_KEY = "{HEX}"\nPASSWORD = "changeme"\n'
    root = repository(tmp_path / "r", {"src/a.py": text, "b.yml": f"x: 1\npassword: {HEX}\n"})
    found = check_repository(root, Selection(("SEC001",))).findings
    assert [(each.path, each.line) for each in found] == [("b.yml", 2), ("src/a.py", 4)]


@pytest.mark.parametrize(("path", "text"), NO_SECRETS.values(), ids=NO_SECRETS.keys())
def test_no_secret(path: str, text: str, tmp_path: Path) -> None:
    """At most a note, and neither the guard nor the audit minds."""
    root = repository(tmp_path / "r", {path: text, "Dockerfile": "FROM scratch\nCOPY . /app/\n"})
    assert severities(root) <= {Severity.NOTE}
    assert not is_refused(root)
    assert not is_audited(path, text)


@pytest.mark.parametrize("start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\0\1\2\3WEBP"])
def test_media_are_not_searched(start: bytes) -> None:
    """What is in them is compressed: to search pictures took most of the time of a check."""
    token = f"T = '{GITHUB}'\n".encode()
    assert find_secret("a.bin", token)
    assert find_secret("a.png", token)
    assert find_secret("a.png", start + token) is None
