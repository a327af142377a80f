"""Summarize the data in a few lines and two files: class counts, near duplicates, files set
aside.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from catsdogs.data import manifest, split
from catsdogs.data.dataset import Data, Picture
from catsdogs.data.labels import one_line
from catsdogs.data.layout import LAST, NAMES, PARTS, TOP
from catsdogs.data.manifest import Row
from catsdogs.support.atomic import aside

CLASSES = {
    TOP: "the folders",
    PARTS: "the folders in train, validation and test",
    NAMES: "in the names of the files",
    LAST: "the innermost folders",
}
MANY = 20  # classes that are too many for a line
PURPOSES = {
    manifest.TRAINING: "to train on",
    manifest.VALIDATION: "to validate with",
    manifest.TEST: "to test with",
}


def understood(data: Data, rows: Iterable[Row], how: str) -> list[str]:
    """Return two lines about what the classes are and how they are split, with an example each."""
    rows = list(rows)
    first, last = rows[-1], rows[0]
    how = split.chosen(data.pictures, how)
    sources = {split.FOLDERS: "the folders'", split.FULL: "a new one, of all pictures"}
    return [
        f"classes are {CLASSES[data.way]}: `{one_line(first.path)}` is of class "
        f"{one_line(first.label)!r}",
        f"the split is {sources.get(how, how)}: `{one_line(last.path)}` is {PURPOSES[last.part]}",
    ]


def describe(data: Data) -> list[str]:
    """Return lines about the data: class counts, near duplicates, and files that were set aside."""
    counts = Counter(picture.label for picture in data.pictures)
    lines = [f"{len(data.pictures)} pictures{_each(counts)}"]
    if data.unlabelled:
        lines.append(f"{len(data.unlabelled)} without a class, to predict")
    if same := alike(data):
        count = sum(map(len, same))
        number = f"{len(same)} groups" if len(same) > 1 else "one group"
        lines.append(f"{count} look alike, in {number}")
    if data.crossing:
        lines.append(f"{len(data.crossing)} pairs look alike, but differ in class:")
        lines += [
            f"  {one_line(first)}, {one_line(second)}" for first, second in data.crossing[:10]
        ]
    if data.others:
        lines.append(passed_over(data.others))
    if data.aside:
        first = [f"  {one_line(one.name)}: {one_line(one.reason)}" for one in data.aside[:10]]
        more = [f"  and {len(data.aside) - 10} more"] if len(data.aside) > 10 else []
        lines += [f"{len(data.aside)} set aside:", *first, *more]
    return lines


def parted(data: Data, rows: Iterable[Row]) -> list[str]:
    """Return a line if pictures that look the same are in more than one part of the split."""
    parts = {row.path: row.part for row in rows}
    apart = [
        group
        for group in alike(data)
        if len({parts[one.name] for one in group if one.name in parts}) > 1
    ]
    if not apart:
        return []
    return [
        f"look-alikes are in more than one part of the split, in {len(apart)} of the groups: "
        f"accuracy may be too high"
    ]


def _each(counts: Mapping[str, int]) -> str:
    """Return the number of pictures of each class, or of the smallest and the largest of many."""
    if len(counts) <= MANY:
        listed = (f"{count} {one_line(label)}" for label, count in sorted(counts.items()))
        return f": {', '.join(listed)}"
    (few, least), *_, (many, most) = sorted(
        ((count, one_line(label)) for label, count in counts.items()),
        key=lambda one: (one[0], one[1]),
    )
    if few == many:
        return f" of {len(counts)} classes, {few} of each"
    return f" of {len(counts)} classes, from {few} of {least} to {many} of {most}"


def passed_over(others: Sequence[str]) -> str:
    """Return a line about files that are no pictures."""
    count = f"{len(others)} other files" if len(others) > 1 else "one other file"
    return f"{count} passed over: {_kinds(others)}"


def _kinds(names: Iterable[str]) -> str:
    """Return how many files there are of each suffix."""
    counts = Counter(PurePosixPath(name).suffix.lower() for name in names)
    each = [f"{count} {suffix or 'without a suffix'}" for suffix, count in counts.most_common(5)]
    return ", ".join(map(one_line, each)) + ", …" * (len(counts) > len(each))


def alike(data: Data) -> list[list[Picture]]:
    """Return the groups of pictures that look the same."""
    scenes = defaultdict(list)
    for picture in data.pictures:
        scenes[picture.scene].append(picture)
    return sorted(
        (group for group in scenes.values() if len(group) > 1), key=lambda group: group[0].name
    )


def write_alike(data: Data, target: Path) -> None:
    """Write the pictures that look the same as CSV, with a number for each group."""
    with aside(target) as room, room.open("w", newline="", errors="surrogateescape") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["group", "path", "label"])
        for number, group in enumerate(alike(data), 1):
            writer.writerows((number, picture.name, picture.label) for picture in group)


def write_aside(data: Data, target: Path) -> None:
    """Write the files that were set aside as CSV, with reasons."""
    with aside(target) as room, room.open("w", newline="", errors="surrogateescape") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "reason"])
        writer.writerows((one.name, one.reason) for one in data.aside)
        writer.writerows((name, "not a picture, passed over") for name in data.others)
