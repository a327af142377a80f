"""Kaggle's own mistakes: pictures among its 25,000 that show neither a cat nor a dog, both, or the
other one.

From public lists of people who looked. Nothing is dropped or changed in silence: a run reports its
score on the labels as they were given, and beside it the score on the corrected ones, without what
is neither or both.
"""

import csv
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from catsdogs.data.split import Row

LIST = Path(__file__).with_name("wrong-labels.csv")
KAGGLES = {"cat", "dog"}


def corrected(rows: Iterable[Row]) -> dict[int, str]:
    """The places of the pictures that the list names, and what they show: the other class; nothing
    where it is neither or both.

    Pictures are known by Kaggle's names, and only in a set of Kaggle's classes.
    """
    rows = list(rows)
    if {row.label for row in rows} != KAGGLES:
        return {}
    with LIST.open(newline="") as file:
        listed = {line["picture"]: line["shows"] for line in csv.DictReader(file)}
    names = {place: PurePosixPath(row.path).stem for place, row in enumerate(rows)}
    return {
        place: listed[name] if listed[name] in KAGGLES else ""
        for place, name in names.items()
        if name in listed
    }
