"""The mistake that the notebook shows, on features of photographs that come with the example."""

import os
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from catsdogs.extras import package_features
from catsdogs.results import mistake
from catsdogs.results.mistake import Pair

mpl.use("agg")


def test_packaged_features_show_the_mistake() -> None:
    """Dividing by 255 costs points on photographs, which is no chance; the figure says the same.
    Their file is small.
    """
    assert mistake.PACKAGED.stat().st_size < 700_000
    pair = mistake.packaged()
    assert pair.right.shape == pair.scaled.shape == (400, 512)
    assert np.bincount(pair.labels).tolist() == [200, 200]
    compared = mistake.compare(pair)
    assert compared.shows
    assert compared.right.mean() >= 0.94
    assert 0.85 <= compared.scaled.mean() <= 0.91
    axes = Figure().subplots()
    mistake.draw(compared, axes)
    shown = {text.get_text() for text in axes.texts}
    assert shown == {f"{compared.right.mean():.4f}", f"{compared.scaled.mean():.4f}"}


def test_what_shows_nothing_is_said_to_show_nothing() -> None:
    """Classes that are distinguished either way, and a mistake that seems to help, are not taken
    for the lesson.
    """
    pair = mistake.packaged()
    for own in (
        Pair(pair.right, pair.right, pair.labels),
        Pair(pair.scaled, pair.right, pair.labels),
    ):
        compared = mistake.compare(own)
        assert not compared.shows
        assert compared.lines()[-1].startswith("these pictures do not show what the mistake costs")


@pytest.mark.skipif(
    "CATSDOGS_TEST_PHOTOGRAPHS" not in os.environ, reason="needs Kaggle's photographs"
)
def test_packaged_features_are_of_the_photographs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script gives the first ones again, to the precision of 16 bits."""
    where = Path(os.environ["CATSDOGS_TEST_PHOTOGRAPHS"])
    each, pair = package_features.EACH, mistake.packaged()
    chosen = [*range(8), *range(each, each + 8)]
    monkeypatch.setattr(package_features, "EACH", 8)
    made, digests = package_features.make(
        str(where / "dogs-vs-cats.zip"), str(where / "vgg16_notop.weights.h5"), tmp_path
    )
    with np.load(mistake.PACKAGED) as kept:
        assert [bytes(kept["digests"][row]).hex() for row in chosen] == digests
    assert np.array_equal(made.labels, pair.labels[chosen])
    np.testing.assert_allclose(made.right, pair.right[chosen], rtol=0.01, atol=0.05)
    np.testing.assert_allclose(made.scaled, pair.scaled[chosen], rtol=0.01, atol=0.001)
