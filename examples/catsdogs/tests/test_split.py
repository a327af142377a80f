"""Dividing pictures into training, validation and test."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catsdogs import split as splitting
from catsdogs.data import Picture
from catsdogs.errors import Failure
from catsdogs.split import TEST, TRAINING, VALIDATION, divide, folds, split, write

labels_and_digests = st.lists(st.tuples(st.sampled_from(["cat", "dog", "bird"]), st.integers(0, 40)), min_size=1, max_size=80)
PARTS = (TRAINING, VALIDATION, TEST)


def pictures(rows: list[tuple[str, int]]) -> list[Picture]:
    return [
        Picture(f"{place}.jpg", label, f"{label}{digest}", f"{label}{digest // 2}", 8, 8)
        for place, (label, digest) in enumerate(rows)
    ]


def many(count: int, *labels: str) -> list[Picture]:
    """`count` pictures of each class, all different."""
    return pictures([(label, 2 * number) for label in labels for number in range(count)])


@given(labels_and_digests, st.integers(0, 5), st.randoms())
def test_order_does_not_matter_and_copies_stay_together(rows: list[tuple[str, int]], seed: int, random: object) -> None:
    """However the pictures are listed, the split is the same; and what looks the same is in one part only."""
    found = pictures(rows)
    first, parts = split(found, seed), folds(found, seed, 3)
    random.shuffle(found)  # type: ignore[attr-defined]
    assert split(found, seed) == first
    assert folds(found, seed, 3) == parts
    assert len(first) == len(rows)
    scene = {picture.digest: picture.scene for picture in found}
    for division in [first, *parts]:
        assert len({(scene[row.sha256], row.part) for row in division}) == len({scene[row.sha256] for row in division})


def test_every_class_gives_its_share() -> None:
    """A fifth of each class is for validation and a fifth for testing; with another seed they are others."""
    found = many(100, "cat") + many(10, "dog")
    rows = split(found, 0)
    assert Counter((row.label, row.part) for row in rows) == {
        ("cat", TRAINING): 60, ("cat", VALIDATION): 20, ("cat", TEST): 20,
        ("dog", TRAINING): 6, ("dog", VALIDATION): 2, ("dog", TEST): 2,
    }  # fmt: skip
    assert split(found, 1) != rows


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("chollet", (2000, 1000, 1000)),
        ("chollet2", (2000, 1000, 2000)),
        ("sarkar", (3000, 1000, 1000)),
        ("full", (3600, 1200, 1200)),
    ],
)
def test_presets_are_those_of_the_lessons(preset: str, expected: tuple[int, int, int]) -> None:
    """Of enough pictures a preset takes as many as the lesson did, of each class the same number; `full` takes all."""
    rows = divide(many(3000, "cat", "dog"), 0, preset)
    for part, count in zip(PARTS, expected, strict=True):
        assert Counter(row.label for row in rows if row.part == part) == {"cat": count // 2, "dog": count // 2}


def test_too_few_for_a_preset_are_divided_in_its_proportions() -> None:
    """A preset on fewer pictures than it names keeps its shares and uses all."""
    rows = divide(many(500, "cat", "dog"), 0, "chollet")
    assert Counter(row.part for row in rows) == {TRAINING: 500, VALIDATION: 250, TEST: 250}


@given(st.integers(2, 12))
def test_few_pictures_are_enough(count: int) -> None:
    """Two pictures of a class are one to train on and one to validate with; from three on, none of these is without."""
    parts = Counter(row.part for row in split(many(count, "cat", "dog"), 0))
    assert parts[TRAINING] >= 2
    assert parts[VALIDATION] >= 2


def test_each_picture_is_tested_with_once() -> None:
    """Over all folds each picture is in one test part, and the parts are of one size and mix."""
    found = many(50, "cat", "dog")
    tests = [[row for row in rows if row.part == TEST] for rows in folds(found, 0, 5)]
    assert sorted(row.sha256 for rows in tests for row in rows) == sorted(picture.digest for picture in found)
    assert all(Counter(row.label for row in rows) == {"cat": 10, "dog": 10} for rows in tests)


def test_the_manifest_is_a_table_and_can_be_given(tmp_path: Path) -> None:
    """The manifest has a line for each picture: path, sha256, label, part. Given as SPLIT= it divides the same again."""
    found = many(10, "cat", "dog")
    rows = split(found, 0)
    write(rows, tmp_path / "split.csv")
    with (tmp_path / "split.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [(line["path"], line["sha256"], line["label"], line["part"]) for line in table] == [
        (row.path, row.sha256, row.label, row.part) for row in rows
    ]
    assert divide(found, 7, str(tmp_path / "split.csv")) == rows
    with pytest.raises(Failure, match=r"1 of its 20 pictures are not there"):
        divide(found[1:], 0, str(tmp_path / "split.csv"))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Failure, match="not a manifest"):
        divide(found, 0, str(tmp_path / "other.csv"))
    with pytest.raises(Failure, match="SPLIT=half is not known"):
        divide(found, 0, "half")


def test_it_says_how_many() -> None:
    """The parts are counted in words."""
    assert splitting.describe(split(many(10, "cat", "dog"), 0)) == "12 to train on, 4 to validate with, 4 to test with"
