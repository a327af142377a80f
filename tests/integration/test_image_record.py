"""The image lock of a real image, and later builds that are compared with it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.messages import image as messages
from support.workplace import IMAGE, NETWORK, Workplace, create_project, docker

pytestmark = pytest.mark.docker


def test_the_image_lock_records_the_dockerfile_and_arguments_in_the_flags(
    tmp_path: Path, place: Workplace, repository: Path
) -> None:
    """A change of either is reported as such; no other Dockerfile is written."""
    mine = Workplace(
        create_project(tmp_path / "own", repository),
        {**place.environ, "LABCOAT_IMAGE": f"{IMAGE}-own"},
    )
    (mine.root / "Dockerfile").unlink()
    (mine.root / "own").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG WHERE=/a\nCOPY main.py ${WHERE}/\nUSER 1000\n"
    )
    flags = f"{NETWORK} -f own"
    for words in (["build"], ["record"]):
        done = mine.labcoat("image", *words, LABCOAT_DOCKER_FLAGS=flags)
        assert done.returncode == 0, done.stderr
    elsewhere = mine.labcoat("image", "build", LABCOAT_DOCKER_FLAGS=f"{flags} --build-arg WHERE=/b")
    (mine.root / "own").write_text((mine.root / "own").read_text() + "ENV A=b\n")
    changed = mine.labcoat("image", "build", LABCOAT_DOCKER_FLAGS=flags)
    docker("image", "rm", "--force", f"{IMAGE}-own")
    assert messages.OTHER_INPUTS.format("WHERE=") in elsewhere.stderr
    assert messages.OTHER_INPUTS.format("another Dockerfile") in changed.stderr
    assert not (mine.root / "Dockerfile").exists()


@pytest.fixture
def record(place: Workplace) -> Iterator[Path]:
    """The image lock, during a test."""
    recorded = place.labcoat("image", "record")
    assert recorded.returncode == 0, recorded.stderr
    path = place.root / "image.lock.yaml"
    yield path
    path.unlink()
    place.labcoat("image", "build")


def replace_text(record: Path, before: str, after: str) -> None:
    text, count = re.subn(before, after, record.read_text(), count=1)
    assert count == 1
    record.write_text(text)


def test_changed_sources_do_not_change_the_package_layers(place: Workplace, record: Path) -> None:
    """Other package layers than the recorded ones are a warning."""
    source = place.root / "main.py"
    before = source.read_text()
    try:
        source.write_text("print('changed')\n")
        changed = place.labcoat("image", "build")
    finally:
        source.write_text(before)
    replace_text(record, r"(layers:\n- \S+\n- )\S+", rf"\1sha256:{'0' * 64}")
    drifted = place.labcoat("image", "build")
    assert "lock.yaml" not in changed.stderr
    assert messages.OTHER_LAYERS in drifted.stderr


def test_an_image_lock_with_other_inputs_is_a_warning(place: Workplace, record: Path) -> None:
    """With the input, and the command that updates the file."""
    replace_text(record, r"lock: \S+", "lock: sha256:other")
    built = place.labcoat("image", "build")
    assert messages.OTHER_INPUTS.format("another lock") in built.stderr.splitlines()[-2]


def test_on_another_base_only_the_packages_are_compared(place: Workplace, record: Path) -> None:
    """Its layers differ, but the contents of the wheels must not."""
    replace_text(record, r"base: \S+", "base: python:3.11@sha256:other")
    same = place.labcoat("image", "build")
    replace_text(record, r"inventory: \S+", "inventory: sha256:other")
    other = place.labcoat("image", "build")
    assert "lock.yaml" not in same.stderr
    assert messages.OTHER_PACKAGES in other.stderr
