"""A project's paths and names follow from its settings."""

from pathlib import Path

import pytest

from labcoat.core.project import DEFAULTS, Project


@pytest.mark.parametrize(
    ("settings", "lock", "image"),
    [
        ({}, "requirements.txt", "labcoat/my-project"),
        ({"VARIANT": "cpu"}, "requirements-cpu.txt", "labcoat/my-project:cpu"),
        ({"VARIANT": "gpu", "REQUIREMENTS": "locks/all.txt"}, "locks/all-gpu.txt", "labcoat/my-project:gpu"),
        ({"IMAGE": "team/it:1"}, "requirements.txt", "team/it:1"),
        ({"VARIANT": "cpu", "IMAGE": "team/it"}, "requirements-cpu.txt", "team/it:cpu"),
        ({"VARIANT": "cpu", "IMAGE": "team/it:1"}, "requirements-cpu.txt", "team/it:1-cpu"),
        ({"VARIANT": "cpu", "IMAGE": "host:5000/it"}, "requirements-cpu.txt", "host:5000/it:cpu"),
        ({"VARIANT": "cpu", "IMAGE": "host:5000/it:1"}, "requirements-cpu.txt", "host:5000/it:1-cpu"),
    ],
    ids=[
        "as it is",
        "a variant",
        "of a lock elsewhere",
        "a name",
        "of a name",
        "of a tag",
        "of a registry",
        "of a registry's tag",
    ],
)
def test_a_variant_has_a_lock_and_an_image_of_its_own(settings: dict[str, str], lock: str, image: str) -> None:
    """LABCOAT_VARIANT chooses among locks, and is the image's tag or the end of it: no variant takes another's place."""
    project = Project(Path("/My Project"), {**DEFAULTS, **{f"LABCOAT_{name}": value for name, value in settings.items()}})
    assert project.requirements == Path("/My Project") / lock
    assert project.image == image
