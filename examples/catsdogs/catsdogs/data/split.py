"""Split the pictures into parts: for training, for validation (to choose settings), and for
testing.

This is decided once, by a seed, and written to a file, the manifest. Pictures are drawn in the
order of sha256 over the seed and the picture's bytes. So the split depends neither on names nor on
the file system, is the same with every version of every library, and pictures that look the same
land in the same part.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from catsdogs.data.dataset import Picture
from catsdogs.data.manifest import PARTS, TEST, TRAINING, VALIDATION, Row, in_order, read
from catsdogs.errors import CatsdogsError

VERSION = 4
FULL, FOLDERS = "full", "folders"
# A class needs so many different pictures, one for each part, to be tested with.
TESTABLE = 3
# Pictures for training, validation and test, the same number of each class: as the published
# lessons drew theirs from Kaggle's.
PRESETS = {
    "chollet": (2000, 1000, 1000),  # Deep Learning with Python, 1st edition
    "chollet2": (2000, 1000, 2000),  # 2nd edition
    "sarkar": (3000, 1000, 1000),  # Hands-On Transfer Learning with Python, chapter 5
    FULL: (3, 1, 1),  # all pictures, as shares
}
WITHOUT_TEST = (4, 1, 0)  # shares of the authors' training part, if they have no validation part


def chosen(pictures: Iterable[Picture], how: str) -> str:
    """Return how to split: `how`, or if that is empty, the authors' split if there is one, or all
    pictures.
    """
    return how or (FOLDERS if any(picture.part for picture in pictures) else FULL)


def check(how: str) -> str:
    """Return `how` if it names a way to split, or nothing. Raise `CatsdogsError` otherwise."""
    if how and how not in {FOLDERS, *PRESETS} and not how.endswith(".csv"):
        raise CatsdogsError(
            f"invalid value `SPLIT={how}`",
            f"Use one of {', '.join([*PRESETS, FOLDERS])}, or a manifest: a path that ends in .csv",
        )
    return how


def divide(pictures: Iterable[Picture], seed: int, how: str = "") -> list[Row]:
    """Split `pictures` by `how`: one of `PRESETS`, `FOLDERS`, or the path of a manifest; if empty,
    as `chosen`.

    Raise `CatsdogsError` if a class has no training picture, or if there is no validation picture.
    """
    pictures = list(pictures)
    how = chosen(pictures, check(how))
    if how.endswith(".csv"):
        rows = read(Path(how), pictures)
    elif how == FOLDERS:
        rows = of_authors(pictures, seed)
    else:
        rows = split(pictures, seed, how)
    lacking = [f"of the class {label!r} to train on" for label in untaught(rows, pictures)]
    if VALIDATION not in {row.part for row in rows}:
        lacking.append("to validate with")
    if lacking:
        raise CatsdogsError(
            f"`SPLIT={how}` has no picture {lacking[0]}",
            "Choose another `SPLIT=`, or add pictures of each class",
        )
    return rows


def of_authors(pictures: list[Picture], seed: int) -> list[Row]:
    """Return the split that the folders of the data give.

    If it has no validation part, a fifth of the training part is for validation.
    """
    if not any(picture.part for picture in pictures):
        raise CatsdogsError(
            f"`SPLIT={FOLDERS}` needs folders train, validation or test with the classes in them",
            f"Use `SPLIT={FULL}`, or name the folders so",
        )
    parts = {picture.name: picture.part for picture in pictures}
    if VALIDATION not in parts.values():
        training = [picture for picture in pictures if picture.part == TRAINING]
        parts |= {row.path: row.part for row in split(training, seed, "", WITHOUT_TEST)}
    return in_order(
        Row(picture.name, picture.digest, picture.label, parts[picture.name])
        for picture in pictures
        if parts[picture.name]
    )


def untaught(rows: Iterable[Row], pictures: Iterable[Picture]) -> list[str]:
    """Return the classes of `pictures` that have no picture in the training part of `rows`."""
    return sorted(
        {picture.label for picture in pictures}
        - {row.label for row in rows if row.part == TRAINING}
    )


def split(
    pictures: Iterable[Picture],
    seed: int,
    preset: str = FULL,
    shares: tuple[int, int, int] | None = None,
) -> list[Row]:
    """Split `pictures` by a preset; if there are fewer than it needs, all of them in its
    proportions. With `shares`, split all of them so.

    Every class gets at least one picture for training and one for validation, and one for testing
    if it has three that look different.
    """
    pictures = list(pictures)
    classes = _classes(pictures)
    rows: list[Row] = []
    for label, members in classes.items():
        count = len(members)
        if len({picture.digest for picture in members}) < len(PARTS) - 1:
            copies = "only one picture" if count == 1 else f"only {count} copies of one picture"
            raise CatsdogsError(
                f"the class {label!r} has {copies}, which leaves none for validation",
                "Add pictures to it, or remove it",
            )
        wanted = _shared(count, shares) if shares else _wanted(count, preset, len(classes))
        parts = _drawn(members, seed, wanted)
        rows += [
            Row(picture.name, picture.digest, label, parts[picture.digest])
            for picture in members
            if parts[picture.digest]
        ]
    return in_order(rows)


def folds(pictures: Iterable[Picture], seed: int, count: int) -> list[list[Row]]:
    """Return `count` splits of all pictures into training and test.

    Each picture is in the test part of exactly one of them.
    """
    rows: list[list[Row]] = [[] for _ in range(count)]
    for label, members in _classes(pictures).items():
        groups = {picture.digest: picture.scene for picture in members}
        if len(set(groups.values())) < count:
            groups = {digest: digest for digest in groups}
        number = {one: place % count for place, one in enumerate(_order(groups.values(), seed))}
        for fold in range(count):
            rows[fold] += [
                Row(
                    picture.name,
                    picture.digest,
                    label,
                    TEST if number[groups[picture.digest]] == fold else TRAINING,
                )
                for picture in members
            ]
    return [in_order(part) for part in rows]


def _classes(pictures: Iterable[Picture]) -> dict[str, list[Picture]]:
    """Return the pictures of each class."""
    classes: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        classes[picture.label].append(picture)
    return dict(sorted(classes.items()))


def _wanted(count: int, preset: str, classes: int) -> tuple[int, int, int]:
    """Return how many of the `count` pictures of a class are for training, validation and test."""
    training, validation, test = shares = PRESETS[preset]
    if preset != FULL and count * classes >= sum(shares):
        return training // classes, validation // classes, test // classes
    return _shared(count, shares)


def _shared(count: int, shares: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return how many of `count` pictures are for training, validation and test, by shares."""
    _, validation, test = shares
    total = sum(shares)
    kept_back = max(1, round(count * validation / total)), round(count * test / total)
    return count - sum(kept_back), *kept_back


def _order(groups: Iterable[str], seed: int) -> list[str]:
    return sorted(set(groups), key=lambda one: hashlib.sha256(f"{seed} {one}".encode()).digest())


def _drawn(members: list[Picture], seed: int, wanted: tuple[int, int, int]) -> dict[str, str]:
    """Return the part of each picture of a class by its digest, empty if it is not needed.

    Pictures that look the same are in one part, unless that leaves too few to train on, or none to
    validate with: some classes consist of look-alikes.
    """
    groups = {picture.digest: picture.scene for picture in members}
    for group in (groups, {digest: digest for digest in groups}):
        sizes = Counter(group[picture.digest] for picture in members)
        parts = _draw(sizes, _order(sizes, seed), wanted)
        filled = Counter(parts[group[picture.digest]] for picture in members)
        if filled[VALIDATION] and 2 * filled[TRAINING] >= wanted[0]:
            break
    return {digest: parts[one] for digest, one in group.items()}


def _draw(
    sizes: Mapping[str, int], order: list[str], wanted: tuple[int, int, int]
) -> dict[str, str]:
    """Return the part of each group of pictures; validation and test are filled first."""
    training, validation, test = wanted
    room = {VALIDATION: validation, TEST: test if len(order) >= TESTABLE else 0, TRAINING: training}
    parts: dict[str, str] = {}
    for place, one in enumerate(order):
        part = next((part for part, left in room.items() if left > 0), "")
        if place == len(order) - 1 and TRAINING not in parts.values():
            part = TRAINING
        parts[one] = part
        if part:
            room[part] -= sizes[one]
    return parts


def describe(rows: Iterable[Row]) -> str:
    """Return a line with the number of pictures in each part."""
    counts = Counter(row.part for row in rows)
    return ", ".join(
        f"{counts[part]} to {what}"
        for part, what in (
            (TRAINING, "train on"),
            (VALIDATION, "validate with"),
            (TEST, "test with"),
        )
        if counts[part]
    )
