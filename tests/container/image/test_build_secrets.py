"""What a build may read and must not keep."""

import shlex
from pathlib import Path

import pytest

from labcoat.container.image.build_secrets import build_secrets, index_settings
from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project

QUIET = {"PIP_CONFIG_FILE": "/dev/null"}
ADDRESS = "https://me:s3cr3t'@index.example/simple"


def test_nothing_set_is_no_secret(tmp_path: Path) -> None:
    """Where nobody set an index or certificates, the builder is told of no secret."""
    assert build_secrets(Project(tmp_path), QUIET).flags == ()


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_an_index_set_for_one_tool_is_told_to_both(name: str) -> None:
    """The build works with pip and uv; the address, with its credentials, reaches both."""
    told = index_settings(QUIET | {name: ADDRESS})
    assert told["PIP_INDEX_URL"] == told["UV_DEFAULT_INDEX"] == ADDRESS


def test_a_folder_of_this_machine_is_not_told() -> None:
    """An index in a folder is not there during a build."""
    assert index_settings(QUIET | {"PIP_INDEX_URL": "file:///srv/simple"}) == {}


def test_values_travel_in_the_environment_quoted_for_a_shell(tmp_path: Path) -> None:
    """The builder's words name the secret and do not hold it; its lines survive quotes in a password."""
    made = build_secrets(Project(tmp_path), QUIET | {"PIP_INDEX_URL": ADDRESS})
    assert "s3cr3t" not in " ".join(made.flags)
    (lines,) = made.environ.values()
    assert f"PIP_INDEX_URL={ADDRESS}" in shlex.split(lines)


def test_a_certificate_bundle_is_mounted_and_named_to_both_tools(tmp_path: Path) -> None:
    """Pip and uv are told of the bundle at the place where a build has it; commas and quotes in its path are quoted."""
    bundle = tmp_path / 'my, "ca".pem'
    bundle.touch()
    made = build_secrets(Project(tmp_path, {**DEFAULTS, "LABCOAT_CA_BUNDLE": str(bundle)}), QUIET)
    assert f"""id=certificates,"src={tmp_path}/my, ""ca"".pem\"""" in made.flags
    (lines,) = made.environ.values()
    assert "SSL_CERT_FILE=/run/secrets/certificates" in lines
    assert "PIP_CERT=/run/secrets/certificates" in lines


def test_a_bundle_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before the build, with the setting's name."""
    with pytest.raises(LabcoatError, match="no certificate bundle") as caught:
        build_secrets(Project(tmp_path, {**DEFAULTS, "LABCOAT_CA_BUNDLE": "absent.pem"}), QUIET)
    assert "LABCOAT_CA_BUNDLE" in caught.value.hint
