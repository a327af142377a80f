"""Dividing pictures into training and validation."""

import csv
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from catsdogs.data import Picture
from catsdogs.split import TRAINING, VALIDATION, split, write

labels_and_digests = st.lists(st.tuples(st.sampled_from(["cat", "dog", "bird"]), st.integers(0, 40)), min_size=1, max_size=80)


def pictures(rows: list[tuple[str, int]]) -> list[Picture]:
    return [
        Picture(f"{place}.jpg", label, f"{label}{digest}", f"{label}{digest // 2}", 8, 8)
        for place, (label, digest) in enumerate(rows)
    ]


@given(labels_and_digests, st.integers(0, 5), st.randoms())
def test_order_does_not_matter_and_copies_stay_together(rows: list[tuple[str, int]], seed: int, random: object) -> None:
    """However the pictures are listed, the split is the same; and no picture is both trained on and validated with."""
    found = pictures(rows)
    first = split(found, seed)
    random.shuffle(found)  # type: ignore[attr-defined]
    assert split(found, seed) == first
    assert len(first) == len(rows)
    parts = {part: {row.sha256 for row in first if row.part == part} for part in (TRAINING, VALIDATION)}
    assert not parts[TRAINING] & parts[VALIDATION]


def test_every_class_gives_its_share() -> None:
    """A fifth of each class is kept back, and another seed keeps back others."""
    found = pictures([("cat", n) for n in range(100)] + [("dog", n) for n in range(10)])
    rows = split(found, 0)
    assert Counter((row.label, row.part) for row in rows) == {
        ("cat", TRAINING): 80, ("cat", VALIDATION): 20, ("dog", TRAINING): 8, ("dog", VALIDATION): 2,
    }  # fmt: skip
    assert split(found, 1) != rows


def test_the_manifest_is_a_table(tmp_path: Path) -> None:
    """The manifest has a line for each picture: path, sha256, label, part."""
    rows = split(pictures([("cat", 1), ("cat", 2), ("dog", 3), ("dog", 4)]), 0)
    write(rows, tmp_path / "split.csv")
    with (tmp_path / "split.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [(line["path"], line["sha256"], line["label"], line["part"]) for line in table] == [
        (row.path, row.sha256, row.label, row.part) for row in rows
    ]
