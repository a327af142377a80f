"""A private key with a certificate for names that no one has is not sure."""

import base64
import hashlib
from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext, secrets_reaching
from labcoat.lint.runner import Selection, check_repository
from labcoat.secrets.content import find_in_content
from support.repositories import git, repository

HALF = hashlib.shake_256(b"the public half").digest(256)
OTHER = hashlib.shake_256(b"another one").digest(256)
COPY = "FROM scratch\nCOPY . /app\nUSER 1000\n"


def write_pem(label: str, data: bytes) -> str:
    """Return bytes as PEM."""
    lines = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"


def write_key(half: bytes = HALF, label: str = "RSA " + "PRIVATE KEY") -> str:
    """Return a private key that has a public half near its beginning, as those for RSA have."""
    return write_pem(label, b"\x30\x82\x04\xa4\x02\x01\0\x02\x82\x01\x01\0" + half + half[::-1])


def write_certificate(*hosts: str, half: bytes = HALF) -> str:
    """Return what a certificate for `hosts` has."""
    names = b"0".join(b"\x0c%c%b" % (len(host), host.encode()) for host in hosts)
    return write_pem(
        "CERTIFICATE", b"\x30\x82\x02\xa4" + names + b"0\x82\x01\x0a" + half + b"\xff" * 64
    )


def encode(text: str) -> str:
    """Return text in base64, as Kubernetes' secrets have it."""
    return base64.b64encode(text.encode()).decode()


KEY = write_key()
CURVE = write_pem("EC " + "PRIVATE KEY", b"\x30\x77\x02\x01\x01\x04\x20" + OTHER[:70] + HALF[:64])
TOGETHER = {
    "example": (f"{write_certificate('*.example.com', 'shop.example.org')}{KEY}", False),
    "localhost": (f"{KEY}{write_certificate('localhost')}", False),
    "test": (f"{KEY}{write_certificate('db.shop.test')}", False),
    "key-of-a-curve": (f"{write_certificate('a.invalid')}{CURVE}", False),
    "in-base64": (
        f"cert: {encode(write_certificate('a.example.com'))}\nkey: {encode(KEY)}\n",
        False,
    ),
    "in-json": (
        f'{{"cert": "{write_certificate("a.example.com")}", "key": "{KEY}"}}'.replace("\n", "\\n"),
        False,
    ),
    "in-yaml": (
        f"tls: |\n{write_certificate('a.example.com')}{KEY}".replace("\n", "\n    "),
        False,
    ),
    "real-name": (f"{write_certificate('www.corp.io')}{KEY}", True),
    "real-name-too": (f"{write_certificate('localhost', 'www.corp.io')}{KEY}", True),
    "name-that-begins-alike": (f"{write_certificate('example.company')}{KEY}", True),
    "no-name": (f"{write_certificate('Corp')}{KEY}", True),
    "of-another-key": (f"{write_certificate('example.com', half=OTHER)}{KEY}", True),
    "alone": (KEY, True),
}


@pytest.mark.parametrize(("text", "sure"), TOGETHER.values(), ids=TOGETHER.keys())
def test_certificate_in_the_same_file(text: str, sure: bool) -> None:
    """The certificate of the key tells whether it is for real hosts."""
    found = find_in_content("deploy/values.yaml", text.encode())
    assert found
    assert found.sure is sure


def test_certificate_beside_the_key(tmp_path: Path) -> None:
    """The check, the guard and the index give the same answer; a later certificate changes it."""
    files = {
        "Dockerfile": COPY,
        "ssl/server_key.pem": KEY,
        "ssl/server_cert.pem": write_certificate("*.example.com"),
        "tls/server.key": KEY,
    }
    root = repository(tmp_path / "r", files)

    def weigh() -> list[tuple[str, str]]:
        found = check_repository(root, Selection(("SEC001",))).findings
        return [(each.path, str(each.severity)) for each in found]

    expected = [("ssl/server_key.pem", "note"), ("tls/server.key", "error")]
    assert weigh() == expected
    assert secrets_reaching(BuildContext(root)) == ["tls/server.key"]
    with (root / "ssl/server_key.pem").open("a") as file:
        file.write("\n")
    assert weigh() == expected
    (root / "ssl/server_cert.pem").write_text(write_certificate("www.corp.io"))
    git(root, "add", "-A")
    assert weigh() == [(path, "error") for path, _ in expected]


def test_damaged_certificates_are_read() -> None:
    """No text in PEM ends in an error, and many of them take no time."""
    for text in (
        KEY.replace("M", "="),
        f"{KEY}{write_certificate('example.com')[:-40]}",
        KEY * 200,
        f"{write_certificate('corp.io') * 500}{KEY * 50}",
    ):
        found = find_in_content("a.pem", text.encode())
        assert found is None or found.sure
