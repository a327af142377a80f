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
        ({"VARIANT": "cpu", "IMAGE": "team/it:1"}, "requirements-cpu.txt", "team/it:1"),
    ],
    ids=["as it is", "a variant", "a variant of a lock elsewhere", "an image with a name"],
)
def test_a_variant_has_a_lock_and_an_image_of_its_own(settings: dict[str, str], lock: str, image: str) -> None:
    """LABCOAT_VARIANT chooses among locks, and tags the image; a name that somebody gave stays."""
    project = Project(Path("/My Project"), {**DEFAULTS, **{f"LABCOAT_{name}": value for name, value in settings.items()}})
    assert project.requirements == Path("/My Project") / lock
    assert project.image == image


@pytest.mark.parametrize(
    ("environ", "written", "locks"),
    [
        ({}, [], ["requirements.txt"]),
        ({}, ["requirements-dev.in"], ["requirements.txt", "requirements-dev.txt"]),
        ({"LABCOAT_DEV_REQUIREMENTS": ""}, ["requirements-dev.in"], ["requirements.txt"]),
        ({"LABCOAT_DEV_REQUIREMENTS": "a.txt b.txt"}, ["requirements-dev.in"], ["requirements.txt", "a.txt", "b.txt"]),
    ],
    ids=["none", "by its file", "set to nothing", "set"],
)
def test_development_has_its_lock_without_make_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], written: list[str], locks: list[str]
) -> None:
    """Where nobody says which locks are on top, a requirements-dev.in does, on the command line as in the include."""
    for name in written:
        (tmp_path / name).write_text("six\n")
    monkeypatch.chdir(tmp_path)
    assert [lock.name for lock in Project.here(environ).locks] == locks
