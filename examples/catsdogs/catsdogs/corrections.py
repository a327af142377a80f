"""Kaggle's own mistakes: pictures among its 25,000 that show neither a cat nor a dog, both, or the other one.

From public lists of people who looked. Nothing is dropped or changed in silence: a run reports its score on the labels
as they were given, and beside it the score without these pictures.
"""

import csv
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from .split import Row

LIST = Path(__file__).with_name("wrong-labels.csv")
KAGGLES = {"cat", "dog"}


def wrong(rows: Iterable[Row]) -> set[int]:
    """The places of the pictures that the list names: by Kaggle's names, and only in a set of Kaggle's classes."""
    rows = list(rows)
    if {row.label for row in rows} != KAGGLES:
        return set()
    with LIST.open(newline="") as file:
        listed = {line["picture"] for line in csv.DictReader(file)}
    return {place for place, row in enumerate(rows) if PurePosixPath(row.path).stem in listed}
