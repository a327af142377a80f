"""A password in an index's address that is not escaped is refused, and never shown."""

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.process import redact
from labcoat.toolchain.index_address import check_address
from labcoat.toolchain.index_config import index_access, installer_environment

BROKEN = [f"https://user:S3cr{mark}3tPw@host.org/simple" for mark in "/#?[\\"]
BROKEN += ["https//user:S3cr3tPw@host.org/simple", "user:S3cr3tPw@host.org/simple"]
BROKEN += ["http://user:12/S3cr@localhost:80/", "http://user:/S3cr3@host.org", "//u:a/S3cr@h:1/x"]


@pytest.mark.parametrize("url", BROKEN)
def test_unescaped_password_is_refused(url: str) -> None:
    """The error names the host alone, before pip or uv could show more."""
    with pytest.raises(LabcoatError):
        index_access({"PIP_INDEX_URL": url})
    with pytest.raises(LabcoatError) as caught:
        installer_environment({"PIP_INDEX_URL": url})
    said = caught.value.message + caught.value.hint
    assert "host.org" in said or "localhost" in said or "h:1" in said
    assert "S3cr" not in said
    assert "3tPw" not in said


@pytest.mark.parametrize(
    "url",
    [
        "https://host.org/simple",
        "https://user:S3cr%2F3tPw@host.org:8080/simple/",
        "http://user:S3cr@3tPw@host.org/simple",
        "http://[::1]:8080/simple",
        "http://user:pw@[::1]:8080/simple",
        "http://host:3141/root/@name/simple",
        "https://token@host.org/a?b=c#d",
        "file:///srv/wheels",
        "host.org/simple",
        "",
    ],
)
def test_other_addresses_are_accepted(url: str) -> None:
    """An `@` may be in a path, and a colon before a port or in an address of IPv6."""
    check_address(url)


@pytest.mark.parametrize("url", ["https//host.org/simple", "https:/host.org", "http:host.org"])
def test_address_without_its_slashes_is_refused(url: str) -> None:
    """uv would look for a folder of that name."""
    with pytest.raises(LabcoatError) as caught:
        index_access({"PIP_INDEX_URL": url})
    assert caught.value.message == f"`{url}` is not an address of a package index"


@pytest.mark.parametrize("mark", ["", "/", "#", "?", "://x/"])
def test_passwords_are_not_in_logs(mark: str) -> None:
    """What pip and uv print has the address, with or without its colon."""
    for scheme in ("https://", "https//", "git+https://"):
        line = f"Looking in {scheme}user:S3cr{mark}3tPw@host.org/simple, {scheme}host.org/x"
        assert redact(line) == f"Looking in {scheme}***@host.org/simple, {scheme}host.org/x"
    assert redact("see https://host.org:8080/@name") == "see https://host.org:8080/@name"
