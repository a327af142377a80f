"""Each model's own folder, and the links to the current one."""

import json
import os
from pathlib import Path

import pytest

from catsdogs.errors import CatsdogsError
from catsdogs.results import places


def made_by(**other: str) -> dict[str, str]:
    """What produced a model."""
    usual = {"backbone": "vgg16 3", "size": "224", "data": "ab", "seed": "0", "split": "3, full"}
    return {"weights": "w", "preprocessing": "", "lesson": "x", "keras": "3.1"} | usual | other


def model(build: Path, name: str, **files: str) -> Path:
    """A model's folder with a record, and these files beside them."""
    folder = build / places.FOLDER / name
    folder.mkdir(parents=True)
    (folder / "model.keras").write_text(f"the model {name}")
    (folder / "result.json").write_text(json.dumps({"name": name}))
    for file, text in files.items():
        (folder / file.replace("_", ".")).write_text(text)
    return folder


def test_every_kind_has_its_own_name() -> None:
    """A name differs with the lesson, the data and each setting, and not with a version."""
    names = [
        places.name("frozen", made_by()),
        places.name("finetuned", made_by(lesson="y")),
        *(places.name("frozen", made_by(**{one: "2"})) for one in ("data", "seed", "split")),
        *(places.name("frozen", made_by(**{one: "2"})) for one in ("weights", "size", "backbone")),
        places.name("frozen", made_by(convolutions="plain")),
    ]
    assert len({*names}) == len(names)
    assert names[0].startswith("frozen-vgg16-224px-")
    assert places.name("frozen", made_by(keras="4", backbone="vgg16 4")) == names[0]


@pytest.fixture(params=["links", "no symbolic links", "no links"])
def build(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build folder, where there may be no links, as on Windows and on memory cards."""

    def refuse(*_: object) -> None:
        raise OSError("no links here")

    if request.param != "links":
        monkeypatch.setattr(Path, "symlink_to", refuse)
    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)
    return tmp_path


def test_the_current_model_is_linked(build: Path) -> None:
    """Each file of the current model is in the build folder; files of another one are not."""
    first = model(build, "frozen-1", report_html="about the first")
    second = model(build, "finetuned-2", curves_png="of the second")
    assert places.current(build) is None
    places.point(build, first)
    assert places.current(build) == first
    assert (build / "model.keras").read_text() == "the model frozen-1"
    places.point(build, second)
    assert places.current(build) == second
    assert (build / "model.keras").read_text() == "the model finetuned-2"
    assert (build / "curves.png").read_text() == "of the second"
    assert not (build / "report.html").exists()
    assert places.point(build, first) == []
    assert (build / "report.html").read_text() == "about the first"
    assert not (build / "curves.png").exists()
    assert places.find(build) == first / "model.keras"
    assert (second / "curves.png").read_text() == "of the second"


def test_a_link_stays_valid_if_the_folder_moves(tmp_path: Path) -> None:
    """Links are relative, so that a copy of the project and a container have them, too."""
    places.point(tmp_path / "a", model(tmp_path / "a", "frozen-1"))
    (tmp_path / "a").rename(tmp_path / "b")
    assert (tmp_path / "b/model.keras").read_text() == "the model frozen-1"


def test_a_model_of_somebody_else_is_moved_and_named(build: Path) -> None:
    """A file that is not one of the models, such as one of an older program, is never replaced."""
    (build / "model.keras").write_text("trained for a week")
    lines = places.point(build, model(build, "frozen-1"))
    assert len(lines) == 1
    (kept,) = (build / places.FOLDER).glob("earlier-*")
    assert str(kept / "model.keras") in lines[0]
    assert (kept / "model.keras").read_text() == "trained for a week"


def test_a_model_is_found_by_its_name(build: Path) -> None:
    """MODEL= is a file, a folder, a name, or the beginning of the name of one model."""
    first, second = model(build, "frozen-vgg16-1"), model(build, "frozen-vgg16-2")
    third = model(build, "finetuned-vgg16-3")
    assert places.find(build, "finetuned") == third / "model.keras"
    assert places.find(build, "frozen-vgg16-2") == second / "model.keras"
    assert places.find(build, str(first)) == first / "model.keras"
    assert places.find(build, str(first / "model.keras")) == first / "model.keras"
    with pytest.raises(CatsdogsError, match="`MODEL=frozen` fits 2 models: frozen-vgg16-1, fro"):
        places.find(build, "frozen")
    with pytest.raises(CatsdogsError, match="no model at `fine`") as refusal:
        places.find(build, "fine")
    assert "finetuned-vgg16-3" in refusal.value.hint
