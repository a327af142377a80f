"""Exported models: the same predictions, and the names of the classes inside."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from samples import photographs

from catsdogs.errors import CatsdogsError
from catsdogs.extras import export
from catsdogs.network import model
from catsdogs.results import bundle
from catsdogs.training import models
from catsdogs.training.head import Head

SIZE = 48
NOTE = bundle.Note(["cat", "größerer Hund"], SIZE)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build folder with a model whose probabilities are neither near 0 nor near 1."""
    folder = tmp_path_factory.mktemp("build")
    random = np.random.default_rng(1)
    head = Head(random.normal(0, 0.05, (512, 2)), random.normal(0, 1, 2))
    network = model.network(SIZE, model.choose_weights("random", 0))
    bundle.save(models.whole(network, head), NOTE, folder / "model.keras")
    return folder


@pytest.mark.parametrize("form", export.FILES)
def test_an_exported_model_gives_the_same_probabilities(build: Path, form: str) -> None:
    """Its runtime gives the original model's probabilities, for one picture and for five."""
    for needed in export.NEEDED[form]:
        pytest.importorskip(needed)
    written, apart = export.write(form, build / "model.keras")
    assert written == build / export.FILES[form]
    assert apart <= export.APART
    network, _ = bundle.load(build / "model.keras")
    answer = export.READERS[form](written)
    for count in (1, 5):
        pictures = photographs(count, SIZE).astype(np.float32)
        expected = network.predict_on_batch(pictures)
        assert expected.min() > 0.01
        assert np.allclose(answer(pictures), expected, atol=export.APART)


def test_the_classes_are_in_each_file(build: Path) -> None:
    """Each exported file contains the note with the classes."""
    onnx = pytest.importorskip("onnx")
    for form in export.FILES:
        if not (build / export.FILES[form]).is_file():
            export.write(form, build / "model.keras")
    props = {prop.key: prop.value for prop in onnx.load(build / "model.onnx").metadata_props}
    with zipfile.ZipFile(build / "model.tflite") as archive:
        for note in (props[bundle.NOTE], archive.read(bundle.NOTE)):
            assert bundle.Note(**json.loads(note)) == NOTE


def test_a_model_that_differs_is_not_kept(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversion that changes the probabilities is an error, and leaves no file."""
    pytest.importorskip("ai_edge_litert")
    os.link(build / "model.keras", tmp_path / "model.keras")
    kept = build / export.FILES["litert"]
    if kept.is_file():  # what matters is what the reader says of it
        monkeypatch.setitem(export.WRITERS, "litert", lambda *words: shutil.copy(kept, words[-1]))
    reader = export.READERS["litert"]
    monkeypatch.setitem(
        export.READERS, "litert", lambda path: lambda pictures: reader(path)(pictures[::-1])
    )
    with pytest.raises(CatsdogsError, match="differs from the Keras model"):
        export.write("litert", tmp_path / "model.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_missing_packages_are_named(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages for a format, the hint explains how to install them."""
    monkeypatch.setattr(export, "find_spec", lambda name: None if name == "tf2onnx" else object())
    with pytest.raises(
        CatsdogsError, match="`FORMAT=onnx` needs packages that are not installed: tf2onnx"
    ) as refusal:
        export.write("onnx", build / "model.keras")
    assert "requirements-export.txt" in refusal.value.hint
