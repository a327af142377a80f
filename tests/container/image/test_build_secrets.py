"""What a build may read but must not keep."""

import shlex
from pathlib import Path

import pytest

from labcoat.container.image.build_secrets import build_secrets, index_settings
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from support.messages import engine as messages

NO_CONFIG = {"PIP_CONFIG_FILE": "/dev/null"}
INDEX_URL = "https://me:s3cr3t'@index.example/simple"


def test_without_settings_there_are_no_secrets(tmp_path: Path) -> None:
    """Neither an index nor certificates are configured."""
    assert build_secrets(Project(tmp_path), NO_CONFIG).flags == ()


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_an_index_configured_for_one_installer_reaches_both(name: str) -> None:
    """With its credentials, for pip and uv."""
    variables = index_settings(NO_CONFIG | {name: INDEX_URL})
    assert variables["PIP_INDEX_URL"] == variables["UV_DEFAULT_INDEX"] == INDEX_URL


def test_an_index_in_a_local_folder_is_left_out() -> None:
    """A build cannot read it."""
    assert index_settings(NO_CONFIG | {"PIP_INDEX_URL": "file:///srv/simple"}) == {}


def test_values_are_in_the_environment_quoted_for_a_shell(tmp_path: Path) -> None:
    """The flags only refer to the secret; a password may contain quotes."""
    secrets = build_secrets(Project(tmp_path), NO_CONFIG | {"PIP_INDEX_URL": INDEX_URL})
    assert "s3cr3t" not in " ".join(secrets.flags)
    (lines,) = secrets.environ.values()
    assert f"PIP_INDEX_URL={INDEX_URL}" in shlex.split(lines)


def test_a_certificate_bundle_is_mounted_for_both_installers(tmp_path: Path) -> None:
    """Pip and uv get its path in the build; commas and quotes in a path are quoted."""
    bundle = tmp_path / 'my, "ca".pem'
    bundle.touch()
    secrets = build_secrets(
        Project(tmp_path, {**DEFAULTS, "LABCOAT_CA_BUNDLE": str(bundle)}), NO_CONFIG
    )
    assert f"""id=certificates,"src={tmp_path}/my, ""ca"".pem\"""" in secrets.flags
    (lines,) = secrets.environ.values()
    assert "SSL_CERT_FILE=/run/secrets/certificates" in lines
    assert "PIP_CERT=/run/secrets/certificates" in lines


def test_a_missing_bundle_is_refused(tmp_path: Path) -> None:
    """Before the build, with the setting's name."""
    project = Project(tmp_path, {**DEFAULTS, "LABCOAT_CA_BUNDLE": "absent.pem"})
    with pytest.raises(LabcoatError) as caught:
        build_secrets(project, NO_CONFIG)
    assert caught.value.message == messages.NO_BUNDLE.format(tmp_path / "absent.pem")
    assert "LABCOAT_CA_BUNDLE" in caught.value.hint
