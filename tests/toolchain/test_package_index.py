"""The listing of one package: JSON and HTML, a password that stays with its host, and bounds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.toolchain import index_config, package_index
from support.listed_index import Answer, ListedIndex

WHEEL = "a_b-1.0-py3-none-any.whl"


@pytest.fixture
def served() -> Iterator[ListedIndex]:
    index = ListedIndex()
    index.publish(WHEEL, requires_python=">=3.8,<4", yanked="broken")
    yield index
    index.stop()


def environ(index: ListedIndex, login: str = "", **more: str) -> dict[str, str]:
    url = index.url.replace("//", f"//{login}")
    return {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": url, "HOME": "/nonexistent", **more}


@pytest.mark.parametrize("speaks_json", [True, False])
def test_both_formats_say_the_same(served: ListedIndex, speaks_json: bool) -> None:
    """PEP 691 and PEP 503 give name, hash, Python and the reason of a yank."""
    served.speaks_json = speaks_json
    (file,) = package_index.fetch_listing("A.b", environ(served)) or ()
    assert (file.name, file.requires_python, file.yanked) == (WHEEL, ">=3.8,<4", "broken")
    assert len(file.sha256) == 64
    assert file.url == served.url.replace("/simple", f"/files/{WHEEL}")
    assert package_index.download_file(file, environ(served)) == served.contents[WHEEL]
    assert package_index.fetch_listing("other", environ(served)) is None


def test_a_password_is_used_and_stays_with_its_host(served: ListedIndex, tmp_path: Path) -> None:
    """It comes from the address or ~/.netrc; a redirect to another host does not get it."""
    served.password = "a b"  # noqa: S105
    assert package_index.fetch_listing("a-b", environ(served, "me:a%20b@"))
    (tmp_path / ".netrc").write_text('machine 127.0.0.1 login me password "a b"\n')
    assert package_index.fetch_listing("a-b", environ(served, HOME=str(tmp_path)))
    elsewhere = served.url.replace("127.0.0.1", "localhost")
    other = ListedIndex(answers={"a-b": Answer(302, (("Location", f"{elsewhere}/a-b/"),))})
    with pytest.raises(LabcoatError, match="refuses the user name or password"):
        package_index.fetch_listing("a-b", environ(other, "me:a%20b@"))
    other.stop()


def test_an_endless_listing_ends(served: ListedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is larger than any listing is an error."""
    monkeypatch.setattr(package_index, "_LISTING_BYTES", 10)
    with pytest.raises(LabcoatError, match="does not finish its answer"):
        package_index.fetch_listing("a-b", environ(served))


def test_an_empty_listing_is_one(served: ListedIndex) -> None:
    served.answers = {"a-b": Answer(200, (), b"<!DOCTYPE html><html><body></body></html>")}
    assert package_index.fetch_listing("a-b", environ(served)) == ()


def test_settings_of_pip_and_uv_say_how_to_reach_the_index() -> None:
    """Proxy, certificates, timeout, trusted hosts; no password in the address or the host."""
    access = index_config.index_access(
        {
            "PIP_CONFIG_FILE": os.devnull,
            "UV_DEFAULT_INDEX": "https://me:p%40ss@h.example:8443/simple/",
            "PIP_PROXY": "http://p.example:3128",
            "PIP_TRUSTED_HOST": "h.example",
            "UV_HTTP_TIMEOUT": "7",
            "LABCOAT_CA_BUNDLE": "/ca.pem",
        }
    )
    assert access.url == "https://h.example:8443/simple"
    assert access.host == "h.example:8443"
    assert access.authorization == "Basic bWU6cEBzcw=="
    assert (access.proxy, access.timeout, access.certificates, access.trusts_any_certificate) == (
        "http://p.example:3128",
        7,
        "/ca.pem",
        True,
    )


def test_an_address_without_a_protocol_is_named() -> None:
    with pytest.raises(LabcoatError) as error:
        package_index.fetch_listing("six", {"PIP_INDEX_URL": "host.example/simple"})
    assert error.value.message == "`host.example/simple` is not an address of a package index"


def test_an_address_that_nothing_answers_at_is_named_and_no_index(tmp_path: Path) -> None:
    """An archive that an input asks for may be anywhere."""
    url = "http://localhost:9/x.zip"
    with pytest.raises(LabcoatError) as caught:
        package_index.save_address(url, tmp_path / "x.zip", {"HOME": "/nonexistent"})
    assert caught.value.message == f"cannot fetch `{url}`: Connection refused"
    assert "address in the input" in caught.value.hint
