"""Which image an image stands on."""

import re
from pathlib import Path

import pytest

from labcoat.container.base_images.defaults import base_image, pinned_images
from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project


@pytest.mark.parametrize("minor", ["3.11", "3.12", "3.13"])
def test_each_minor_version_has_a_base_of_that_version_pinned_by_digest(minor: str) -> None:
    """A base is named by tag, so that a reader knows it, and by digest, so that it is always the same."""
    assert re.fullmatch(
        rf"python:{re.escape(minor)}-slim-\w+@sha256:[0-9a-f]{{64}}",
        base_image(Project(Path()), minor),
    )


def test_the_setting_goes_before_the_pin() -> None:
    """LABCOAT_BASE_IMAGE decides where it is set."""
    assert (
        base_image(Project(Path(), {**DEFAULTS, "LABCOAT_BASE_IMAGE": "own/base"}), "3.11")
        == "own/base"
    )


def test_a_python_without_a_base_is_refused_with_what_there_is() -> None:
    """Python 2.7 has no base; the failure names the versions that have, and the setting."""
    with pytest.raises(LabcoatError, match=r"2\.7.*3\.11, 3\.12, 3\.13") as caught:
        base_image(Project(Path()), "2.7")
    assert "LABCOAT_BASE_IMAGE" in caught.value.hint


def test_a_plain_build_stands_on_the_pinned_base_of_its_python(repository: Path) -> None:
    """The Dockerfile's own default base is one of the data file's."""
    text = (repository / "src/lib/labcoat/scaffold/templates/Dockerfile").read_text(
        encoding="utf-8"
    )
    named = re.search(r"^ARG BASE_IMAGE=(\S+)$", text, re.MULTILINE)
    assert named is not None
    assert named[1] in pinned_images().values()
