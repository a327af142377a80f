"""What install-lock.sh leaves of the packages' scripts: their times and random numbers stay out."""

import struct
import subprocess
from hashlib import sha1
from pathlib import Path

import pytest

from labcoat.scaffold.dockerfile import TEMPLATES


def call(function: str, path: Path) -> None:
    """Call a function of the script."""
    functions = (TEMPLATES / "install-lock.sh").read_text("utf-8").partition("\ncase $1 in\n")[0]
    words = ["sh", "-euc", f'{functions}\n{function} "$1"\n', "sh", str(path)]
    subprocess.run(words, check=True)


def keystore(time: int, *, kind: int = 2, opens: str = "changeit") -> bytes:
    """Return a list of two certificates in Java's format."""
    entries = b"".join(
        struct.pack(">IH3sQH5sI7s", kind, 3, name, time, 5, b"X.509", 7, bytes(7))
        for name in (b"one", b"two")
    )
    data = struct.pack(">III", 0xFEEDFEED, 2, 2) + entries
    secret = opens.encode("utf-16-be") + b"Mighty Aphrodite"
    return data + sha1(secret + data, usedforsecurity=False).digest()


def test_a_list_of_certificates_gets_one_time(tmp_path: Path) -> None:
    """Java verifies the digest at its end."""
    path = tmp_path / "cacerts"
    call("date_keystore", path)  # a package may bring none
    for time in (1, 1_700_000_000_000):
        path.write_bytes(keystore(time))
        call("date_keystore", path)
        assert path.read_bytes() == keystore(315_532_800_000)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        keystore(1, kind=1),
        keystore(1, opens="other"),
        keystore(1)[:-1],
        b"\0" + keystore(1)[1:],
    ],
    ids=["empty", "with-keys", "another-password", "truncated", "another-format"],
)
def test_any_other_keystore_stays_as_it_is(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "cacerts"
    path.write_bytes(data)
    call("date_keystore", path)
    assert path.read_bytes() == data


def test_generated_keys_stay_out(tmp_path: Path) -> None:
    """Everybody who has the image would know them."""
    certificates = tmp_path / "etc/ssl/certs"
    kept = [tmp_path / "etc/ssh/ssh_config", certificates / "ca.pem", certificates / "ab12.0"]
    gone = [
        tmp_path / "etc/ssh/ssh_host_rsa_key",
        tmp_path / "etc/ssh/ssh_host_rsa_key.pub",
        tmp_path / "etc/ssl/private/ssl-cert-snakeoil.key",
        certificates / "ssl-cert-snakeoil.pem",
        tmp_path / "var/lib/dbus/machine-id",
    ]
    for path in [*kept[:2], *gone]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    kept[2].symlink_to("ca.pem")
    (certificates / "cd34.0").symlink_to("ssl-cert-snakeoil.pem")
    call("remove_random", tmp_path)
    assert {path for path in tmp_path.rglob("*") if not path.is_dir()} == {*kept}
    empty = tmp_path / "empty"
    empty.mkdir()
    call("remove_random", empty)
