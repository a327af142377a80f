"""Training on the parts of a split."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from catsdogs.data.dataset import Picture
from catsdogs.data.manifest import TRAINING, Row
from catsdogs.training import learn
from catsdogs.training.lessons import LESSONS


def test_one_training_picture_a_class_leaves_no_held_out_predictions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smallest set that can be split trains, and promises nothing."""
    monkeypatch.setattr(learn, "sights", lambda *_: [])
    pictures = [Picture(label, label, label, label, 8, 8) for label in ("a", "b")]
    rows = [Row(one.name, one.digest, one.label, TRAINING) for one in pictures]
    material = learn.Material(None, pictures, ["a", "b"], tmp_path)
    network = SimpleNamespace(weights=SimpleNamespace(seed=0))
    logits, known = learn.held_out(LESSONS["frozen"], material, rows, network)
    assert logits.shape == (1, 0, 2)
    assert not len(known)
