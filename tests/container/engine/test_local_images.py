"""The digest of an image on this machine, from any engine's command."""

import json
from pathlib import Path

import pytest

from labcoat.container.engine.local_images import local_digest
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from support.messages import engine as messages

REPO_DIGESTS = json.dumps(["localhost:5000/mine/python@sha256:a", "python@sha256:b"])
INSPECT = "image inspect --format {{json .RepoDigests}} python:3.11"


def project(root: Path, script: str, option: str = "") -> Project:
    """Return a project whose engine is a shell script, called with `option`."""
    engine = root / "engine"
    engine.write_text(f"#!/bin/sh\n{script}\n")
    engine.chmod(0o755)
    return Project(root, {**DEFAULTS, "LABCOAT_DOCKER": f"{engine} {option}".strip()})


@pytest.mark.parametrize("option", ["", "--remote"], ids=["one word", "two words"])
def test_the_digest_is_that_of_the_images_own_repository(tmp_path: Path, option: str) -> None:
    """Also where LABCOAT_DOCKER is a command line."""
    words = f"{option} {INSPECT}".strip()
    script = f"""test "$*" = "{words}" && echo '{REPO_DIGESTS}'"""
    assert local_digest(project(tmp_path, script, option), "python:3.11") == "sha256:b"


@pytest.mark.parametrize("script", ["exit 1", "echo null", "echo []"])
def test_an_image_without_a_digest_has_none(tmp_path: Path, script: str) -> None:
    """It does not exist, or was never pushed or pulled."""
    assert local_digest(project(tmp_path, script), "python:3.11") == ""


def test_a_stopped_engine_is_an_error(tmp_path: Path) -> None:
    """Callers can report the reason."""
    script = "echo 'Cannot connect to the Docker daemon' >&2; exit 1"
    with pytest.raises(LabcoatError, match=messages.NO_ENGINE):
        local_digest(project(tmp_path, script), "python:3.11")


def test_a_missing_engine_is_an_error(tmp_path: Path) -> None:
    """It names the command."""
    mine = Project(tmp_path, {**DEFAULTS, "LABCOAT_DOCKER": "no-such-engine --remote"})
    with pytest.raises(LabcoatError, match=messages.COMMAND_NOT_FOUND.format("no-such-engine")):
        local_digest(mine, "python:3.11")
