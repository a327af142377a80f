"""Pictures whose labels are known to be wrong."""

import csv
from pathlib import Path

import pytest

from catsdogs import corrections, train
from catsdogs.split import Row


def rows(*paths: str, label: str = "") -> list[Row]:
    return [Row(path, "ab", label or path.split("/")[-1].split(".")[0], "validation") for path in paths]


def test_kaggles_pictures_are_known_by_name() -> None:
    """The places of those that the list names are found, wherever the pictures lie."""
    found = rows("train/cat.1.jpg", "train.zip/train/cat.5418.jpg", "dog.4367.jpg", "dog.2.jpg")
    assert corrections.wrong(found) == {1, 2}


@pytest.mark.parametrize(
    "found",
    [rows("train/cat.5418.jpg", "train/frog.1.jpg"), rows("mine/cat.5418.jpg", label="cats")],
    ids=["other-classes", "own-folders"],
)
def test_other_sets_are_left_alone(found: list[Row]) -> None:
    """A picture of somebody's own that happens to have such a name is not called wrong."""
    assert corrections.wrong(found) == set()


def test_the_list_is_well_formed() -> None:
    """Each line names a picture of Kaggle's once, what it shows, and who says so."""
    with corrections.LIST.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 29
    assert len({line["picture"] for line in lines}) == len(lines)
    for line in lines:
        label, number = line["picture"].split(".")
        assert label in corrections.KAGGLES
        assert 0 <= int(number) < 12_500
        assert line["shows"] in {"dog", "both", "neither or both"}
        assert line["source"]


def test_both_scores_are_said() -> None:
    """The score without them stands before the score on all, and only where there are any."""
    lines = train.last_lines(train.Score(390, 400, 0.1, 388, 397), Path("build"))
    assert lines[0] == "388 of 397 without 3 that are known to be labelled wrongly"
    assert len(lines) == 4
    assert len(train.last_lines(train.Score(390, 400, 0.1, 390, 400), Path("build"))) == 3
