"""Passwords of mail accounts, and of logins with an address for mail."""

from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository

# Written in pieces, so that no line here has a password beside an address.
AT = "@" + "gmail.com"
WORD = "Rain" + "bow2010"
CHOSEN = "Kaborizi" + "@183"


def severities(path: str, text: str, folder: Path) -> list[Severity]:
    """Return the severities of what a file has."""
    root = repository(folder / "r", {path: text})
    return [each.severity for each in check_repository(root, Selection(("SEC001",))).findings]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "site/settings.py",
            f"EMAIL_HOST_USER = 'vedic{AT}'\nEMAIL_PORT = 587\nEMAIL_HOST_PASSWORD = '{WORD}'\n",
        ),
        ("app.py", f"c['MAIL_USERNAME'] = 'phu72{AT}'\nc['MAIL_PASSWORD'] = '#{WORD}@'\n"),
        ("conf.yml", f"smtp_user: steve@{'linuxlabs'}.org\nsmtp_password: {WORD}\n"),
        (
            "send.py",
            f'password = "{WORD}"\nsender = "chin.og{AT}"\n'
            "s = smtplib.SMTP('smtp.corp.io: 587')\ns.login(sender, password)\n",
        ),
        ("get.py", f"login(username='moham{AT}', password='{CHOSEN}')\n"),
        ("get.py", f'USERNAME = "kagabo{AT}"\nURL = "x"\nPASSWORD = "{CHOSEN}"\n'),
        (
            "a.ipynb",
            f"{{\"source\": [\"d = {{'username': 'kag{AT}', 'password': '{CHOSEN}'}}\"]}}\n",
        ),
    ],
    ids=["django", "flask", "yaml", "sender", "call", "constants", "notebook"],
)
def test_password_beside_an_address(path: str, text: str, tmp_path: Path) -> None:
    """A word is enough: the address says whose account it is."""
    assert severities(path, text, tmp_path) == [Severity.ERROR]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", f"EMAIL_USER = 'your.name{AT}'\nEMAIL_PASSWORD = '{WORD}'\n"),
        ("a.py", f"EMAIL_USER = 'tu_correo{AT}'\nEMAIL_PASSWORD = '{WORD}'\n"),
        ("a.py", f"SMTP_USER = 'info@{'your-domain'}.org'\nSMTP_PASSWORD = '{WORD}'\n"),
        ("a.py", f"EMAIL_USER = 'vedic{AT}'\nEMAIL_PASSWORD = 'your-app-password'\n"),
        ("a.py", f"EMAIL_USER = 'vedic{AT}'\nEMAIL_PASSWORD = os.environ['EMAIL_PASSWORD']\n"),
        ("a.py", f"USERS = [{{'email': 'andy99{AT}', 'password': '{CHOSEN}'}}]\n"),
        ("a.py", f"login(username='amin{AT}', password='aminamin')\n"),
        ("tests/a.py", f"login(username='amin{AT}', password='{CHOSEN}')\n"),
        ("README.md", f"EMAIL_USER = 'vedic{AT}'\nEMAIL_PASSWORD = '{WORD}'\n"),
    ],
    ids=[
        *("placeholder", "in-another-language", "of-a-placeholder", "password-to-be-chosen"),
        *("variable", "list-of-users", "word", "test", "documentation"),
    ],
)
def test_at_most_a_note(path: str, text: str, tmp_path: Path) -> None:
    """Placeholders, made-up users and documentation let no one in."""
    assert set(severities(path, text, tmp_path)) <= {Severity.NOTE}
