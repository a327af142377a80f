"""The record of an image: what a later build may be held against, and what departs from it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from labcoat.container.image.image_lock import (
    ImageLock,
    are_layers_comparable,
    image_lock_path,
    other_inputs,
    output_drift,
    read_image_lock,
    write_image_lock,
)
from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project

RECORD = ImageLock(
    lock="sha256:lock",
    base="python:3.11@sha256:base",
    dockerfile="sha256:dockerfile",
    settings={"PYTHON": "3.11", "LOCK": "requirements.txt"},
    revision="c0ffee",
    epoch=1700000000,
    engine="26.1.5+dfsg1",
    builder="0.13.1",
    platform="linux/amd64",
    image="sha256:image",
    layers=["sha256:base", "sha256:packages", "sha256:source"],
    inventory="sha256:inventory",
    content="sha256:content",
)


def test_it_is_written_and_read_alike(tmp_path: Path) -> None:
    """Every field comes back; without the file there is no record; a variant has a file of its own."""
    project = Project(tmp_path)
    variant = Project(tmp_path, {**DEFAULTS, "LABCOAT_VARIANT": "cpu"})
    assert read_image_lock(project) is None
    assert write_image_lock(project, RECORD) == tmp_path / "image.lock.yaml"
    assert read_image_lock(project) == RECORD
    assert image_lock_path(variant) == tmp_path / "image-cpu.lock.yaml"
    assert read_image_lock(variant) is None


@pytest.mark.parametrize("text", ["- 1\n", "lock: x\n", "{", "\xff"])
def test_a_file_that_is_no_record_is_said(tmp_path: Path, text: str) -> None:
    """With its name and the command that writes it anew."""
    (tmp_path / "image.lock.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(LabcoatError, match=r"image\.lock\.yaml is no record") as caught:
        read_image_lock(Project(tmp_path))
    assert "labcoat image record" in caught.value.hint


@pytest.mark.parametrize(
    "line", ["settings:", "settings: {A: 1}", "layers:", "layers: [1]", "engine: 26.1", "epoch: x"]
)
def test_a_field_of_another_type_is_no_record(tmp_path: Path, line: str) -> None:
    """Whoever edits it by hand hears of it before anything is compared."""
    file = write_image_lock(Project(tmp_path), RECORD)
    file.write_text(f"{file.read_text()}{line}\n")  # the last of a name counts
    with pytest.raises(LabcoatError, match=r"image\.lock\.yaml is no record"):
        read_image_lock(Project(tmp_path))


INPUTS = [
    (RECORD, ""),
    (
        replace(
            RECORD,
            base="other@sha256:base",
            revision="dec0de",
            engine="28.5.0",
            epoch=1,
            image="x",
            layers=[],
        ),
        "",
    ),
    (replace(RECORD, lock="sha256:other"), "another lock"),
    (replace(RECORD, lock="x", dockerfile="x"), "another lock and another Dockerfile"),
    (replace(RECORD, settings={**RECORD.settings, "NO_BINARY": "six"}), "NO_BINARY="),
    (replace(RECORD, settings={**RECORD.settings, "PYTHON": "3.12"}), "PYTHON=3.11"),
]


@pytest.mark.parametrize(("built", "said"), INPUTS, ids=[said or "the same" for _, said in INPUTS])
def test_other_inputs_are_named(built: ImageLock, said: str) -> None:
    """What a person changed on purpose: lock, Dockerfile, settings."""
    assert other_inputs(RECORD, built) == said


PODMANS = replace(RECORD, engine="podman 5.4.2")
COMPARABLE = [
    (RECORD, RECORD, True),
    (RECORD, replace(RECORD, engine="28.5.2", builder="0.29.1"), True),
    (RECORD, replace(RECORD, engine="20.10.24+dfsg1"), False),
    (RECORD, replace(RECORD, engine="podman 4.3.1"), False),
    (RECORD, replace(RECORD, base="python:3.11@sha256:other"), False),
    (RECORD, replace(RECORD, platform="linux/arm64"), False),
    (PODMANS, replace(PODMANS, engine="podman 4.3.1"), True),
    (PODMANS, replace(PODMANS, epoch=1), False),
]


@pytest.mark.parametrize(("record", "built", "comparable"), COMPARABLE)
def test_layers_are_held_against_those_of_the_same_base_and_kind_of_engine(
    record: ImageLock, built: ImageLock, *, comparable: bool
) -> None:
    """Docker 23 and newer write the same layers; older ones, podman, other bases and platforms others; podman for each commit."""
    assert are_layers_comparable(record, built) == comparable


DEPARTURES = [
    (RECORD, ""),
    (replace(RECORD, image="sha256:other"), "is not the sha256:image"),
    (replace(RECORD, image="sha256:other", revision="dec0de"), ""),
    (replace(RECORD, image="sha256:other", engine="28.5.2"), ""),
    (replace(RECORD, image="sha256:other", epoch=1), ""),
    (
        replace(RECORD, layers=["sha256:base", "sha256:other", "sha256:source"]),
        "the layers of packages",
    ),
    (
        replace(
            RECORD, image="x", revision="dec0de", layers=[*RECORD.layers[:2], "sha256:changed"]
        ),
        "",
    ),
]


@pytest.mark.parametrize(("built", "said"), DEPARTURES)
def test_a_departure_is_said_and_nothing_else_is(built: ImageLock, said: str) -> None:
    """Another id for one commit, other layers for one lock; not the id of another commit or engine, nor other sources."""
    found = output_drift(RECORD, built, "image.lock.yaml")
    assert said in found
    assert bool(said) == bool(found)


def test_an_engine_that_never_gives_an_id_twice_is_not_held_to_one() -> None:
    """Its layers are the recorded ones all the same."""
    assert output_drift(PODMANS, replace(PODMANS, image="sha256:other"), "image.lock.yaml") == ""
    assert output_drift(PODMANS, replace(PODMANS, layers=[]), "image.lock.yaml")


def test_an_image_of_uncommitted_changes_may_differ() -> None:
    """Nobody knows which they were."""
    dirty = replace(RECORD, revision="c0ffee-dirty")
    assert output_drift(dirty, replace(dirty, image="sha256:other"), "image.lock.yaml") == ""


def test_this_repositorys_own_record_is_one(repository: Path) -> None:
    """It is committed, can be read, and was made of inputs that were committed, on an image with labcoat's layers."""
    recorded = read_image_lock(Project(repository))
    assert recorded is not None
    assert re.fullmatch(r"[0-9a-f]{40}", recorded.revision)
    assert recorded.settings == {"PYTHON": "3.11", "LOCK": "requirements.txt"}
    assert all(layer.startswith("sha256:") for layer in recorded.layers)
