"""Splitting pictures into training, validation and test."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catsdogs.data import split as splitting
from catsdogs.data.dataset import Picture
from catsdogs.data.manifest import TEST, TRAINING, VALIDATION, write
from catsdogs.data.split import divide, folds, split
from catsdogs.errors import CatsdogsError

PARTS = (TRAINING, VALIDATION, TEST)


def pictures(rows: list[tuple[str, int]]) -> list[Picture]:
    return [
        Picture(f"{place}.jpg", label, f"{label}{digest}", f"{label}{digest // 2}", 8, 8)
        for place, (label, digest) in enumerate(rows)
    ]


def many(count: int, *labels: str) -> list[Picture]:
    """`count` pictures of each class, all different."""
    return pictures([(label, 2 * number) for label in labels for number in range(count)])


@settings(deadline=None)  # a busy machine is slow
@given(st.lists(st.integers(0, 40), max_size=60), st.integers(0, 5), st.randoms())
def test_order_does_not_matter_and_copies_stay_together(
    extra: list[int], seed: int, random: object
) -> None:
    """In any order of the pictures the split is the same, and near duplicates are in one part."""
    found = pictures([("cat", number) for number in [*range(40), *extra]])
    first, parts = split(found, seed), folds(found, seed, 3)
    random.shuffle(found)  # type: ignore[attr-defined]
    assert {(row.sha256, row.part) for row in split(found, seed)} == {
        (row.sha256, row.part) for row in first
    }
    assert folds(found, seed, 3) == parts
    scene = {picture.digest: picture.scene for picture in found}
    for division in parts:
        assert len({(scene[row.sha256], row.part) for row in division}) == len(
            {scene[row.sha256] for row in division}
        )


def test_every_class_gives_its_share() -> None:
    """A fifth of each class is for validation and a fifth for testing; another seed chooses other
    pictures.
    """
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
    """With enough pictures, a preset uses as many as the lesson did, the same number of each class;
    `full` uses all.
    """
    rows = divide(many(3000, "cat", "dog"), 0, preset)
    for part, count in zip(PARTS, expected, strict=True):
        assert Counter(row.label for row in rows if row.part == part) == {
            "cat": count // 2,
            "dog": count // 2,
        }


def test_too_few_for_a_preset_are_divided_in_its_proportions() -> None:
    """A preset with too few pictures uses all of them in its proportions."""
    rows = divide(many(500, "cat", "dog"), 0, "chollet")
    assert Counter(row.part for row in rows) == {TRAINING: 500, VALIDATION: 250, TEST: 250}


@settings(deadline=None)  # a busy machine is slow
@given(st.integers(2, 12))
def test_few_pictures_are_enough(count: int) -> None:
    """Two or more pictures of a class give at least one to train on and one to validate with."""
    parts = Counter(row.part for row in split(many(count, "cat", "dog"), 0))
    assert parts[TRAINING] >= 2
    assert parts[VALIDATION] >= 2


def test_each_picture_is_tested_with_once() -> None:
    """Each picture is in the test part of one fold; all test parts have the same size and
    classes.
    """
    found = many(50, "cat", "dog")
    tests = [[row for row in rows if row.part == TEST] for rows in folds(found, 0, 5)]
    assert sorted(row.sha256 for rows in tests for row in rows) == sorted(
        picture.digest for picture in found
    )
    assert all(Counter(row.label for row in rows) == {"cat": 10, "dog": 10} for rows in tests)


def test_the_manifest_is_a_table_and_can_be_used(tmp_path: Path) -> None:
    """The manifest has a line for each picture: path, sha256, label, part. Passed as SPLIT= it
    gives the same split.
    """
    found = many(10, "cat", "dog")
    rows = split(found, 0)
    write(rows, tmp_path / "split.csv")
    with (tmp_path / "split.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [(line["path"], line["sha256"], line["label"], line["part"]) for line in table] == [
        (row.path, row.sha256, row.label, row.part) for row in rows
    ]
    assert divide(found, 7, str(tmp_path / "split.csv")) == rows
    with pytest.raises(CatsdogsError, match=r"1 of its 20 pictures are missing"):
        divide(found[1:], 0, str(tmp_path / "split.csv"))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CatsdogsError, match="not a readable manifest"):
        divide(found, 0, str(tmp_path / "other.csv"))
    with pytest.raises(CatsdogsError, match="invalid value `SPLIT=half`"):
        divide(found, 0, "half")


def test_copies_keep_their_names_in_a_manifest(tmp_path: Path) -> None:
    """Identical pictures have separate lines, and keep their names."""
    found = pictures([("cat", 0), ("cat", 0), ("cat", 2), ("dog", 4), ("dog", 6), ("dog", 6)])
    rows = split(found, 0)
    write(rows, tmp_path / "split.csv")
    assert divide(found, 0, str(tmp_path / "split.csv")) == rows


def other_part(line: str, part: str) -> str:
    return f"{line.rpartition(',')[0]},{part}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda lines: [lines[0], other_part(lines[1], "tset"), *lines[2:]],
            r"line 2 of `.*split\.csv` has the unknown part 'tset'",
        ),
        (
            lambda lines: [*lines, other_part(lines[1], TRAINING)],
            r"line 22 of `.*split\.csv` puts '\d+\.jpg' into training, .* test",
        ),
        (lambda lines: [*lines, lines[3]], r"line 22 of `.*split\.csv` lists '\d+\.jpg' again"),
        (
            lambda lines: [line for line in lines if not line.endswith("dog,training")],
            r"`SPLIT=.*split\.csv` has no picture of the class 'dog' to train on",
        ),
        (
            lambda lines: [line for line in lines if not line.endswith(",validation")],
            r"`SPLIT=.*split\.csv` has no picture to validate with",
        ),
        (
            lambda lines: lines[:1],
            r"`SPLIT=.*split\.csv` has no picture of the class 'cat' to train on",
        ),
    ],
    ids=[
        "unknown-part",
        "in-two-parts",
        "twice",
        "class-without-training",
        "no-validation",
        "empty",
    ],
)
def test_a_wrong_manifest_is_refused(
    tmp_path: Path, change: Callable[[list[str]], list[str]], message: str
) -> None:
    """Unknown parts, pictures in two parts or listed twice, and splits that cannot be learned from
    are refused, with the file and the line.
    """
    found = many(10, "cat", "dog")
    manifest = tmp_path / "split.csv"
    write(split(found, 0), manifest)
    manifest.write_text("\n".join(change(manifest.read_text().splitlines())) + "\n")
    with pytest.raises(CatsdogsError, match=message):
        divide(found, 0, str(manifest))


@pytest.mark.parametrize("preset", ["full", "chollet"])
def test_look_alikes_never_refuse_a_class(preset: str) -> None:
    """A class whose pictures all look alike is split picture by picture; copies of one file are
    not.
    """
    found = many(10, "cat") + [
        Picture(f"dog{n}.jpg", "dog", f"dog{n}", "same", 8, 8) for n in range(100)
    ]
    rows = divide(found, 0, preset)
    assert Counter(row.part for row in rows if row.label == "dog")[TRAINING] >= 50
    copies = [Picture(f"dog{n}.jpg", "dog", "same", "same", 8, 8) for n in range(100)]
    with pytest.raises(CatsdogsError, match="'dog' has only 100 copies of one picture"):
        divide(many(10, "cat") + copies, 0, preset)


def test_describe_counts_each_part() -> None:
    """The line has the number of pictures in each part."""
    assert (
        splitting.describe(split(many(10, "cat", "dog"), 0))
        == "12 to train on, 4 to validate with, 4 to test with"
    )
