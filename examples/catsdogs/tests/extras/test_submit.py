"""Kaggle's submission file."""

from pathlib import Path

import numpy as np
import pytest

from catsdogs.data.dataset import Picture
from catsdogs.extras import submit


def test_probabilities_are_clipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No probability is 0 or 1, and a line says how many were clipped, and in which file."""
    pictures = tuple(Picture(f"test1/{n}.jpg", "", str(n), str(n), 8, 8) for n in (2, 1, 10))
    answers = np.array([[0.0, 1.0], [1.0, 0.0], [0.25, 0.75]])
    submit._write(pictures, ["cat", "dog"], answers, tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text() == "id,label\n1,0.005000\n2,0.995000\n10,0.750000\n"
    assert "2 of 3 probabilities clipped to 0.005 and 0.995" in capsys.readouterr().err
