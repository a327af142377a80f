"""Only settings about reaching the package index count."""

import os
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.toolchain import index_config
from support.messages.engine import NO_BUNDLE


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"PIP_INDEX_URL": "https://a/s"}, "https://a/s", id="pip's variable"),
        pytest.param(
            {"UV_DEFAULT_INDEX": "https://b/s", "PIP_INDEX_URL": "https://a/s"},
            "https://b/s",
            id="uv's before pip's",
        ),
        pytest.param({"UV_INDEX_URL": "https://c/s"}, "https://c/s", id="uv's old name"),
        pytest.param({}, "", id="none"),
    ],
)
def test_one_index_serves_both_tools(environ: dict[str, str], expected: str) -> None:
    """Whichever tool's variable names the index, both use it."""
    made = index_config.installer_environment({**environ, "PIP_CONFIG_FILE": os.devnull})
    assert made.get("PIP_INDEX_URL", "") == expected
    assert made.get("UV_DEFAULT_INDEX", "") == expected


def test_pip_conf_is_read_for_the_index_only(tmp_path: Path) -> None:
    """Its index, certificate and proxy count; extra indexes and constraints do not."""
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://mirror/simple\ncert = /c.pem\nextra-index-url = https://x\n"
        "[install]\nfind-links = /wheels\nconstraint = c.txt\nproxy = http://p:1\n"
    )
    made = index_config.installer_environment(
        {"PIP_CONFIG_FILE": str(config), "HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path)}
    )
    assert made["PIP_INDEX_URL"] == "https://mirror/simple"
    assert made["PIP_PROXY"] == "http://p:1"
    assert made["SSL_CERT_FILE"] == made["PIP_CERT"] == "/c.pem"
    assert made["PIP_CONFIG_FILE"] == os.devnull
    assert not {"PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONSTRAINT"} & made.keys()


@pytest.mark.parametrize(
    "name",
    [
        "PIP_FIND_LINKS",
        "PIP_EXTRA_INDEX_URL",
        "PIP_CONSTRAINT",
        "UV_FIND_LINKS",
        "UV_INDEX",
        "PIP_TARGET",
    ],
)
def test_variables_that_change_the_lock_are_removed(name: str) -> None:
    """Variables that add packages, or install them elsewhere, do not reach pip or uv."""
    assert name not in index_config.installer_environment(
        {name: "x", "PIP_CONFIG_FILE": os.devnull}
    )


@pytest.mark.parametrize(("mode", "is_kept"), [("copy", True), ("symlink", False)])
def test_environments_are_not_linked_to_the_cache(mode: str, is_kept: bool) -> None:
    """A link's target can change after a proof."""
    environ = {"UV_LINK_MODE": mode, "PIP_CONFIG_FILE": os.devnull}
    assert ("UV_LINK_MODE" in index_config.installer_environment(environ)) == is_kept


def test_labcoat_ca_bundle_wins(tmp_path: Path) -> None:
    """It is used for everything that reaches the index; uv would go on without a missing one."""
    mine = tmp_path / "mine.pem"
    environ = {
        "LABCOAT_CA_BUNDLE": str(mine),
        "SSL_CERT_FILE": "/other",
        "PIP_CONFIG_FILE": os.devnull,
    }
    with pytest.raises(LabcoatError, match=NO_BUNDLE.format(mine)):
        index_config.installer_environment(environ)
    mine.touch()
    made = index_config.installer_environment(environ)
    assert {made["PIP_CERT"], made["SSL_CERT_FILE"], made["REQUESTS_CA_BUNDLE"]} == {str(mine)}


def test_a_damaged_pip_conf_is_ignored(tmp_path: Path) -> None:
    """A file that cannot be parsed stops nothing."""
    config = tmp_path / "pip.conf"
    config.write_bytes(b"\xff\xfe no section\n")
    assert "PIP_INDEX_URL" not in index_config.installer_environment(
        {"PIP_CONFIG_FILE": str(config), "XDG_CONFIG_DIRS": str(tmp_path)}
    )
