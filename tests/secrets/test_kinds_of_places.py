"""Secrets of crontabs, units, pages, notebooks and the files of Traefik and Airflow."""

import base64
from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository

PASSWORD = "r7Kq" + "Zt3mN9xRv"
GOOGLE = "AIza" + "SyB7kWqZt3mN9xRv-p2Lc8Yh5Jd6Fg1Ts-Q"
OTHER = "AIza" + "SyD4nPqXs8mK2xWv-r6Lt1Yb9Jc3Gh7Zs-R"
FERNET = base64.b64encode(bytes(range(7, 256, 8))).decode()
BYTES = base64.b64encode(bytes((each * 37 + 11) % 256 for each in range(600))).decode()


def severities(root: Path) -> list[Severity]:
    """Return how serious the tracked secrets are."""
    return [each.severity for each in check_repository(root, Selection(("SEC001",))).findings]


UNQUOTED = {
    "ops/crontab": f"0 3 * * * PGPASSWORD={PASSWORD} pg_dump -h db app > /backup.sql\n",
    "etc/cron.d/backup": f"MYSQL_PWD={PASSWORD}\n0 3 * * * root mysqldump app\n",
    "ops/app.service": f"[Service]\nEnvironment=PGPASSWORD={PASSWORD}\n",
    "ops/app.service.d/db.conf": f'[Service]\nEnvironment="A=b" "MYSQL_PWD={PASSWORD}"\n',
    "backup.sh": f"MYSQL_PWD={PASSWORD} mysqldump app\n",
}


@pytest.mark.parametrize(("path", "text"), UNQUOTED.items(), ids=UNQUOTED.keys())
def test_variable_of_a_command(path: str, text: str, tmp_path: Path) -> None:
    """A table of cron and a unit of systemd set variables without quotes."""
    assert severities(repository(tmp_path / "r", {path: text})) == [Severity.ERROR]
    near = text.replace(PASSWORD, "$DB_SECRET").replace("MYSQL_PWD", "MYSQL_HOST")
    assert severities(repository(tmp_path / "n", {path: near})) == []


FIREBASE = f"firebase.initializeApp({{ apiKey: '{GOOGLE}', authDomain: 'x.firebaseapp.com' }})"
MAP = f"<script src='https://maps.googleapis.com/maps/api/js?key={GOOGLE}'></script>"
URL = "https://generativelanguage.googleapis.com/v1beta/models/gemini-pro:generateContent?key="
PAGES = {
    "gemini": ("index.html", f"<script>fetch(`{URL}{GOOGLE}`)</script>", Severity.ERROR),
    "gemini-module": (
        "app.js",
        f"const KEY = '{GOOGLE}'\nconst ai = new GoogleGenerativeAI(KEY)\n",
        Severity.ERROR,
    ),
    "gemini-by-name": ("config.ts", f"export const GEMINI_API_KEY = '{GOOGLE}'\n", Severity.ERROR),
    "firebase": ("index.html", f"<script>{FIREBASE}</script>", Severity.NOTE),
    "firebase-beside-gemini": (
        "app.js",
        f"{FIREBASE}\n{' ' * 700}\nimport {{ GoogleGenerativeAI }} from '@google/generative-ai'\n",
        Severity.NOTE,
    ),
    "map": ("index.html", MAP, Severity.NOTE),
    "notebook-with-a-map": (
        "map.ipynb",
        f'{{"cells": ["GOOGLE_MAPS_KEY = \'{GOOGLE}\'", "gmap(GOOGLE_MAPS_KEY)"]}}',
        Severity.NOTE,
    ),
    "notebook-that-asks-maps": (
        "map.ipynb",
        f'{{"cells": ["maps_key = \'{GOOGLE}\'", "googlemaps.Client(maps_key)"]}}',
        Severity.ERROR,
    ),
    "notebook-with-gemini": (
        "a.ipynb",
        f'{{"cells": ["genai.configure(api_key=\'{GOOGLE}\')"]}}',
        Severity.ERROR,
    ),
}


@pytest.mark.parametrize(("path", "text", "severity"), PAGES.values(), ids=PAGES.keys())
def test_google_key(path: str, text: str, severity: Severity, tmp_path: Path) -> None:
    """A key of Gemini lets everybody use it, in a page too; not so those of Firebase and maps."""
    assert severities(repository(tmp_path / "r", {path: text})) == [severity]


def test_two_google_keys_of_a_page(tmp_path: Path) -> None:
    """Each is what stands beside it."""
    text = f"<script>{FIREBASE}\n{' ' * 700}\nfetch('{URL}{OTHER}')</script>"
    root = repository(tmp_path / "r", {"index.html": text})
    (found,) = check_repository(root, Selection(("SEC001",))).findings
    assert (found.severity, found.line) == (Severity.ERROR, 3)


KEYS = ["MIIJKQIBAAKCAgEA", "MIIEvgIBADANBgkq", "MHcCAQEEIM4f", "MIGHAgEAMBMGByqG", "MIGkAgEBBDAx"]


@pytest.mark.parametrize("start", KEYS)
def test_private_key_without_its_frame(start: str, tmp_path: Path) -> None:
    """Traefik has its account's key so, in acme.json."""
    text = f'{{"le": {{"Account": {{"PrivateKey": "{start}{BYTES[:300]}=", "KeyType": "4096"}}}}}}'
    root = repository(tmp_path / "r", {"letsencrypt/acme.json": text})
    assert severities(root) == [Severity.ERROR]
    public = text.replace("PrivateKey", "PublicKey").replace(start, "MIIBIjANBgkqhkiG")
    assert severities(repository(tmp_path / "p", {"letsencrypt/acme.json": public})) == []


@pytest.mark.parametrize("folder", ["", "config/"])
def test_fernet_key_that_compose_overrides(folder: str, tmp_path: Path) -> None:
    """Airflow writes it into airflow.cfg, and does not use it."""
    files = {f"{folder}airflow.cfg": f"[core]\nfernet_key = {FERNET}\n"}
    compose = "x-a:\n  environment:\n    {}AIRFLOW__CORE__FERNET_KEY: ''\n"
    used = repository(tmp_path / "u", {**files, "docker-compose.yaml": compose.format("# ")})
    assert severities(used) == [Severity.ERROR]
    other = repository(tmp_path / "o", {**files, "docker-compose.yaml": compose.format("")})
    assert severities(other) == [Severity.NOTE]
    assert severities(other) == [Severity.NOTE]  # with what the first check remembers
    (other / "docker-compose.yaml").write_text("services: {}\n")
    assert severities(other) == [Severity.ERROR]


def test_fernet_key_of_the_documentation(tmp_path: Path) -> None:
    """Everybody knows it."""
    known = "81HqDtbqAywKSOumSha3" + "BhWNOdQ26slT6K0YaZeZyPs="
    files = {"compose.yml": f"x:\n  AIRFLOW__CORE__FERNET_KEY: {known}\n"}
    assert Severity.ERROR not in severities(repository(tmp_path / "r", files))


def encode(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


KEY_OF_GRAFANA = encode(f'{{"k":"{PASSWORD}Lw5Qe8Ty2Ui4Op6As1Df","n":"robot-of-reports","id":1}}')
REPORT = encode(
    '{"k":"4f1d9b27-83ac-4e60-b5d2-7c91e0a6f348","t":"c8a3f6e1-52d7-49b0-9e14-6b7d0f28a5c3"}'
)
NAMED = {
    "key-of-grafana": ("a.py", f'key = "{KEY_OF_GRAFANA}"\n', True),
    "report-of-power-bi": ("a.py", f'url = "https://app.powerbi.com/view?r={REPORT}"\n', False),
    "private-half": ("main.py", f'VAPID_PRIVATE = "{PASSWORD}Lw5Qe8Ty2Ui4Op6As1Df"\n', True),
    "public-half": ("main.py", f'VAPID_PUBLIC = "{PASSWORD}Lw5Qe8Ty2Ui4Op6As1Df"\n', False),
    "key-api": ("main.py", f'KEY_API = "{PASSWORD}Lw5Qe8Ty2Ui"\n', True),
    "private-member": ("main.py", 'self._private = "r7kq-zt3mn9xrv-lw5"\n', False),
    "env-without-its-dot": ("env", f"SERP_TOKEN={PASSWORD}Lw5Qe8Ty2Ui\n", True),
    "env-in-a-folder": ("app/env", f"SERPAPI_KEY={PASSWORD}Lw5Qe8Ty2Ui\n", True),
}


@pytest.mark.parametrize(("path", "text", "secret"), NAMED.values(), ids=NAMED.keys())
def test_what_a_value_is(path: str, text: str, secret: bool, tmp_path: Path) -> None:
    """By its name, its form and the name of its file."""
    assert severities(repository(tmp_path / "r", {path: text})) == [Severity.ERROR] * secret
