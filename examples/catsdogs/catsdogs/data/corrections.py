"""Known label errors in Kaggle's 25,000 pictures: neither a cat nor a dog, both, or the other one.

The list was compiled from public lists and checked by eye. Nothing is dropped or changed silently:
a run reports its score on the original labels and, beside it, its score on the corrected ones,
without the pictures that show neither or both.
"""

import csv
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from catsdogs.data.manifest import Row

LIST = Path(__file__).with_name("wrong-labels.csv")
KAGGLES = {"cat", "dog"}


def corrected(rows: Iterable[Row]) -> dict[int, str]:
    """Return the indices of the rows that the list corrects, with the correct class.

    The class is empty if the picture shows neither or both. Pictures are identified by Kaggle's
    file names, and only if the classes are Kaggle's.
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
