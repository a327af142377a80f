"""Passwords in addresses of accounts at a service: everybody can reach those."""

import pytest

from labcoat.secrets.look import find_secret

ACCOUNTS = [
    "postgresql://postgres.qhvmzkdwtrxplbnfajce:{}@aws-1-eu-west-1.pooler.supabase.com:6543/a",
    "postgresql://postgres:{}@db.qhvmzkdwtrxplbnfajce.supabase.co:5432/postgres",
    "mongodb+srv://robot:{}@cluster0.k4t9qzm.mongodb.net/shop",
    "mysql://admin:{}@shop.c7q2kdm4x9zt.eu-west-1.rds.amazonaws.com/shop",
]


@pytest.mark.parametrize("path", ["app.py", ".env.example", "dev/settings.py", "a.min.js"])
@pytest.mark.parametrize("address", ACCOUNTS)
def test_word_is_a_password_of_an_account(address: str, path: str) -> None:
    """The host has the name of one account: no one invents that for a sample."""
    found = find_secret(path, f'URL = "{address.format("blue-horses")}"\n'.encode())
    assert found
    assert found.kind == "a password in an address"
    assert found.sure


@pytest.mark.parametrize(
    "password", ["[YOUR-PASSWORD]", "password", "change-me", "<password>", "x"]
)
def test_placeholder_is_no_password_of_an_account(password: str) -> None:
    """Services show their addresses with one, and users copy those into samples."""
    for address in ACCOUNTS:
        text = f'URL = "{address.format(password)}"\n'.encode()
        assert not find_secret(".env.example", text)


@pytest.mark.parametrize(
    "host", ["cluster0.mongodb.net", "cluster0.xxxxx.mongodb.net", "cluster0.abcde.mongodb.net"]
)
def test_host_of_an_example_is_no_account(host: str) -> None:
    """Documentation writes them."""
    text = f"URL=mongodb+srv://robot:blue-horses@{host}/a\n".encode()
    assert not find_secret(".env.example", text)


@pytest.mark.parametrize("address", ACCOUNTS)
def test_long_password_of_an_account_counts_in_a_page_too(address: str) -> None:
    """No one makes it up to show how an address is written; a word, and a sample's host, may be."""
    long, pattern = "k9Tv2Qx7" + "mL4pRz", "URL=`{}`\n"
    found = find_secret("deploy.md", pattern.format(address.format(long)).encode())
    assert found
    assert found.sure
    sample = address.replace("qhvmzkdwtrxplbnfajce", "abcdefghijklmnopqrst")
    for text in (address.format("blue-horses"), sample.format(long)):
        if text != address.format(long):
            found = find_secret("deploy.md", pattern.format(text).encode())
            assert not (found and found.sure)


def test_account_in_a_test_is_left_out() -> None:
    """What tests and documentation have is not looked at."""
    text = f'URL = "{ACCOUNTS[0].format("blue-horses")}"\n'.encode()
    assert not find_secret("tests/test_app.py", text)


def test_password_is_one_secret_in_and_out_of_an_address() -> None:
    """Whoever changes it does so once."""
    for password in ("k3W9vTq2Zx8LmP4r", "k3W9vTq2"):
        text = f'URL = "postgresql://robot:{password}@db.corp.net/a"\n'.encode()
        inside = find_secret("a.py", text)
        alone = find_secret("b.py", f'password = "{password}"\n'.encode())
        assert inside
        assert alone
        assert inside.digest == alone.digest
