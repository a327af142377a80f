"""The manifest: the split as a file, with a line for each picture."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from catsdogs.data.dataset import Picture
from catsdogs.errors import CatsdogsError
from catsdogs.support.atomic import aside

PARTS = TRAINING, VALIDATION, TEST = "training", "validation", "test"


@dataclass(frozen=True)
class Row:
    """A line of the manifest: a picture's path, sha256, class, and part."""

    path: str
    sha256: str
    label: str
    part: str


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return the rows in the order in which they are written."""
    return sorted(rows, key=lambda row: (row.part, row.label, row.sha256, row.path))


def write(rows: list[Row], target: Path) -> None:
    """Write the manifest as CSV: `path,sha256,label,part`."""
    with (
        aside(target) as room,
        room.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row.__annotations__)
        writer.writerows((row.path, row.sha256, row.label, row.part) for row in rows)


def read(path: Path, pictures: Iterable[Picture]) -> list[Row]:
    """Return the rows of a manifest. Pictures are found by their bytes, under any name.

    Raise `CatsdogsError` if a picture is missing, is in two parts or is listed too often, or if a
    part is not one of `PARTS`.
    """
    listed = _listed(path)
    names: dict[tuple[str, str], list[str]] = defaultdict(list)  # several where there are copies
    for picture in pictures:
        names[picture.digest, picture.label].append(picture.name)
    lost = [row.path for _, row in listed if (row.sha256, row.label) not in names]
    if lost:
        raise CatsdogsError(
            f"`{path}` does not match the data: {len(lost)} of its {len(listed)} pictures are "
            f"missing, such as `{lost[0]}`",
            "Set `DATA=` to the pictures that it was made from, or choose another `SPLIT=`",
        )
    rows: list[Row] = []
    parts: dict[str, str] = {}
    for line, row in listed:
        if row.part not in PARTS:
            raise CatsdogsError(
                f"line {line} of `{path}` has the unknown part {row.part!r}",
                f"Use one of {', '.join(PARTS)}",
            )
        if parts.setdefault(row.sha256, row.part) != row.part:
            raise CatsdogsError(
                f"line {line} of `{path}` puts {row.path!r} into {row.part}, but an earlier line "
                f"puts it into {parts[row.sha256]}",
                "Keep one of the two: a picture that was trained on cannot be tested with",
            )
        if not names[row.sha256, row.label]:
            raise CatsdogsError(
                f"line {line} of `{path}` lists {row.path!r} again", "Remove that line"
            )
        rows.append(replace(row, path=names[row.sha256, row.label].pop(0)))
    return in_order(rows)


def _listed(path: Path) -> list[tuple[int, Row]]:
    """Return the rows of a manifest, each with the number of its last line."""
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            lines = csv.DictReader(file)
            return [(lines.line_num, Row(**line)) for line in lines]
    except (OSError, TypeError, csv.Error) as error:
        raise CatsdogsError(
            f"`{path}` is not a readable manifest", "Set `SPLIT=` to one that `make data` wrote"
        ) from error
