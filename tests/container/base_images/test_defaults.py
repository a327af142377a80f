"""Which base image a project's image builds on."""

import re
from pathlib import Path

import pytest

from labcoat.container.base_images.defaults import base_image, pinned_images
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from support.messages import base_images as messages


@pytest.mark.parametrize("minor", [f"3.{minor}" for minor in range(8, 15)])
def test_each_minor_version_has_a_base_of_that_version_pinned_by_digest(minor: str) -> None:
    """The tag is for readers, the digest for reproducible builds."""
    assert re.fullmatch(
        rf"python:{re.escape(minor)}-slim-\w+@sha256:[0-9a-f]{{64}}",
        base_image(Project(Path()), minor),
    )


def test_the_setting_has_precedence() -> None:
    """LABCOAT_BASE_IMAGE replaces the pinned base image."""
    assert (
        base_image(Project(Path(), {**DEFAULTS, "LABCOAT_BASE_IMAGE": "own/base"}), "3.11")
        == "own/base"
    )


def test_a_python_without_a_base_image_is_refused() -> None:
    """The message names the versions that have one, the hint the setting."""
    with pytest.raises(LabcoatError, match=messages.NO_DEFAULT.format("2.7")) as caught:
        base_image(Project(Path()), "2.7")
    assert "3.8, 3.9, 3.10, 3.11, 3.12, 3.13, 3.14" in caught.value.message
    assert "LABCOAT_BASE_IMAGE" in caught.value.hint


def test_the_dockerfiles_default_base_image_is_a_pinned_one(repository: Path) -> None:
    """So that a plain `docker build` uses it too."""
    text = (repository / "src/lib/labcoat/scaffold/templates/Dockerfile").read_text(
        encoding="utf-8"
    )
    found = re.search(r"^ARG BASE_IMAGE=(\S+)$", text, re.MULTILINE)
    assert found is not None
    assert found[1] in pinned_images().values()
