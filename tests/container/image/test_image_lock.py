"""The image lock: which builds are compared with it, and how they differ."""

import re
from pathlib import Path

import pytest

from labcoat.container.image.image_lock import (
    ImageLock,
    are_layers_comparable,
    image_lock_path,
    input_changes,
    output_drift,
    read_image_lock,
    write_image_lock,
)
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.core.settings import DEFAULTS
from support.messages import image as messages

INVALID = messages.INVALID_LOCK.format("image.lock.yaml")
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


def test_it_survives_writing_and_reading(tmp_path: Path) -> None:
    """All fields do. Without the file it is None; a variant has its own file."""
    project = Project(tmp_path)
    variant = Project(tmp_path, {**DEFAULTS, "LABCOAT_VARIANT": "cpu"})
    assert read_image_lock(project) is None
    assert write_image_lock(project, RECORD) == tmp_path / "image.lock.yaml"
    assert read_image_lock(project) == RECORD
    assert image_lock_path(variant) == tmp_path / "image-cpu.lock.yaml"
    assert read_image_lock(variant) is None


@pytest.mark.parametrize("text", ["- 1\n", "lock: x\n", "{", "\xff"])
def test_an_invalid_file_is_refused(tmp_path: Path, text: str) -> None:
    """With its name and the command that rewrites it."""
    (tmp_path / "image.lock.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(LabcoatError, match=INVALID) as caught:
        read_image_lock(Project(tmp_path))
    assert "labcoat image record" in caught.value.hint


@pytest.mark.parametrize(
    "line", ["settings:", "settings: {A: 1}", "layers:", "layers: [1]", "engine: 26.1", "epoch: x"]
)
def test_a_field_of_another_type_is_refused(tmp_path: Path, line: str) -> None:
    """A mistake of an editor is reported before anything is compared."""
    file = write_image_lock(Project(tmp_path), RECORD)
    file.write_text(f"{file.read_text()}{line}\n")  # the last value of a key counts
    with pytest.raises(LabcoatError, match=INVALID):
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


@pytest.mark.parametrize(
    ("built", "changes"), INPUTS, ids=[changes or "the same" for _, changes in INPUTS]
)
def test_changed_inputs_are_named(built: ImageLock, changes: str) -> None:
    """What the user changed on purpose: lock, Dockerfile, settings."""
    assert input_changes(RECORD, built) == changes


PODMAN_RECORD = replace(RECORD, engine="podman 5.4.2")
COMPARABLE = [
    (RECORD, RECORD, True),
    (RECORD, replace(RECORD, engine="28.5.2", builder="0.29.1"), True),
    (RECORD, replace(RECORD, engine="20.10.24+dfsg1"), False),
    (RECORD, replace(RECORD, engine="podman 4.3.1"), False),
    (RECORD, replace(RECORD, base="python:3.11@sha256:other"), False),
    (RECORD, replace(RECORD, platform="linux/arm64"), False),
    (PODMAN_RECORD, replace(PODMAN_RECORD, engine="podman 4.3.1"), True),
    (PODMAN_RECORD, replace(PODMAN_RECORD, epoch=1), False),
]


@pytest.mark.parametrize(("record", "built", "comparable"), COMPARABLE)
def test_layers_are_comparable_on_one_base_and_layer_format(
    record: ImageLock, built: ImageLock, *, comparable: bool
) -> None:
    """Docker 23 and newer write the same layers; podman's depend on the time of the commit."""
    assert are_layers_comparable(record, built) == comparable


DRIFTS = [
    (RECORD, ""),
    (
        replace(RECORD, image="sha256:other"),
        messages.OTHER_ID.format("sha256:other", "sha256:image"),
    ),
    (replace(RECORD, image="sha256:other", revision="dec0de"), ""),
    (replace(RECORD, image="sha256:other", engine="28.5.2"), ""),
    (replace(RECORD, image="sha256:other", epoch=1), ""),
    (
        replace(RECORD, layers=["sha256:base", "sha256:other", "sha256:source"]),
        messages.OTHER_LAYERS,
    ),
    (
        replace(
            RECORD, image="x", revision="dec0de", layers=[*RECORD.layers[:2], "sha256:changed"]
        ),
        "",
    ),
]


@pytest.mark.parametrize(("built", "drift"), DRIFTS)
def test_only_unexpected_output_is_drift(built: ImageLock, drift: str) -> None:
    """Another id for one commit, other layers for one lock; other sources or engines are not."""
    found = output_drift(RECORD, built, "image.lock.yaml")
    assert drift in found
    assert bool(drift) == bool(found)


def test_ids_are_not_compared_where_the_engine_cannot_reproduce_them() -> None:
    """The layers still are."""
    assert (
        output_drift(PODMAN_RECORD, replace(PODMAN_RECORD, image="sha256:other"), "image.lock.yaml")
        == ""
    )
    assert output_drift(PODMAN_RECORD, replace(PODMAN_RECORD, layers=[]), "image.lock.yaml")


def test_ids_of_uncommitted_changes_are_not_compared() -> None:
    """The recorded changes are unknown."""
    dirty = replace(RECORD, revision="c0ffee-dirty")
    assert output_drift(dirty, replace(dirty, image="sha256:other"), "image.lock.yaml") == ""


def test_the_image_lock_of_this_repository_is_valid(repository: Path) -> None:
    """It was recorded without uncommitted changes."""
    recorded = read_image_lock(Project(repository))
    assert recorded is not None
    assert re.fullmatch(r"[0-9a-f]{40}", recorded.revision)
    assert recorded.settings == {"PYTHON": "3.11", "LOCK": "requirements.txt"}
    assert all(layer.startswith("sha256:") for layer in recorded.layers)
