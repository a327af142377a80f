"""Pictures whose labels are known to be wrong."""

import csv

import numpy as np
import pytest

from catsdogs.data import corrections
from catsdogs.data.manifest import Row
from catsdogs.results import score, words


def rows(*paths: str, label: str = "") -> list[Row]:
    return [
        Row(path, "ab", label or path.split("/")[-1].split(".")[0], "validation") for path in paths
    ]


def test_kaggles_pictures_are_known_by_name() -> None:
    """Listed pictures are found by file name in any folder, with their correct class."""
    found = rows(
        "train/cat.1.jpg",
        "train.zip/train/cat.5418.jpg",
        "dog.4367.jpg",
        "dog.2.jpg",
        "a/cat.4085.jpg",
    )
    assert corrections.corrected(found) == {1: "", 2: "", 4: "dog"}


@pytest.mark.parametrize(
    "found",
    [rows("train/cat.5418.jpg", "train/frog.1.jpg"), rows("mine/cat.5418.jpg", label="cats")],
    ids=["other-classes", "own-folders"],
)
def test_other_sets_are_not_corrected(found: list[Row]) -> None:
    """A user's picture that happens to have such a name is not corrected."""
    assert corrections.corrected(found) == {}


def test_the_list_is_well_formed() -> None:
    """Each line names a different picture of Kaggle's, what it shows, and the source."""
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


def test_both_label_sets_are_scored() -> None:
    """A dog labelled as a cat counts as a dog, and a picture of neither is left out; both counts
    are printed if they differ.
    """
    found = rows("cat.4085.jpg", "cat.5418.jpg", "cat.1.jpg", "dog.1.jpg")
    answers = np.array([[0.1, 0.9], [0.1, 0.9], [0.9, 0.1], [0.3, 0.7]])
    scored = score.score(answers, found, ["cat", "dog"], 0.8)
    assert (scored.right, scored.total, scored.trusted_right, scored.trusted_total) == (2, 4, 3, 3)
    assert (scored.sure, scored.sure_right) == (3, 1)
    classes = ["cat", "dog"]
    lines = words.about_test(scored, classes, {"promise": 0, "held_out": 4})
    assert [line.strip()[:20] for line in lines[:2]] == [
        "test accuracy 0.5000",
        "3 of 3 in test with ",
    ]
    answers = np.array([[0.9, 0.1], [0.3, 0.7]])
    clean = score.score(answers, rows("cat.1.jpg", "dog.1.jpg"), classes, 0.8)
    lines = words.about_test(clean, classes, {"promise": 0, "held_out": 2})
    assert not any("corrected" in line for line in lines)
