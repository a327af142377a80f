"""The lessons' table and chart."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from catsdogs.results import table
from catsdogs.results.compare import Result
from catsdogs.results.statistics import mcnemar

NAMES = [f"{number:064x}" for number in range(100)]


def made(right: list[bool], name: str = "l", size: int = 150, folds: int = 5) -> Result:
    """A result on the first pictures, one for each of `right`."""
    return Result(
        name, name, "0.9 X", size, folds, NAMES[: len(right)], right, 0.1, 0.01, 5, 60.0, 1.0
    )


def test_neighbours_are_compared_picture_by_picture(tmp_path: Path) -> None:
    """The table's p is McNemar's, from the pictures that only one of two lessons predicts
    correctly; of lessons that were tested with other pictures, those that both were tested with
    count.
    """
    right = np.ones((2, 100), dtype=bool)
    right[0, :10] = right[1, 10:12] = False
    full, other = (made(row.tolist(), f"l{place}") for place, row in enumerate(right))
    lines = table.write([full, other, replace(full, size=224)], "about", tmp_path)
    assert f"| {mcnemar(2, 10):.3g} |" in lines[-2]
    assert "| l0 | 224 px | 100, 5 folds | 0.9000 | 0.8256 to 0.9448 |  |" in lines[-1]
    part = made(right[0, :11].tolist(), folds=0)
    assert f"| {mcnemar(1, 10):.3g} |" in table.write([part, other], "about", tmp_path)[-1]


def test_a_chart_is_drawn_only_if_it_changes(tmp_path: Path) -> None:
    """The chart is drawn only if a result has changed, or if the file is damaged or missing."""
    results = [made([True] * 9 + [False])]
    chart = tmp_path / table.CHART

    def drawn() -> bool:
        before = chart.stat().st_ino if chart.exists() else 0
        table.write(results, "about", tmp_path)
        return chart.stat().st_ino != before

    assert drawn()
    assert not drawn()
    chart.write_bytes(chart.read_bytes()[:-2000])
    assert drawn()
    results[0] = replace(results[0], right=[True] * 10)
    assert drawn()
    assert not drawn()
