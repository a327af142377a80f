"""Plan what `make lessons` runs: each lesson at its sizes, on folds or on the split, and how long
that takes.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from catsdogs.data import split
from catsdogs.data.dataset import SYNTHETIC, Data, Picture
from catsdogs.data.manifest import TEST, TRAINING, Row
from catsdogs.errors import CatsdogsError
from catsdogs.network.model import RGB, Network
from catsdogs.settings import Settings
from catsdogs.support.cache import Entry
from catsdogs.training import learn
from catsdogs.training.lessons import FEATURES, HIDDEN, LAST_BLOCK, LAST_TWO, PIXELS, Lesson

SIZES = (150, 224)  # px: of the published lessons, and of the pictures VGG16 was trained with
FOLDS = 5
# Seconds to compute the features of a picture of 150 px on one processor core; and, in that unit,
# to train on a picture once.
FEATURES_OF_ONE = 0.13
TRAINING_ON_ONE = {PIXELS: 0.06, FEATURES: 0.0, HIDDEN: 0.01, LAST_BLOCK: 0.2, LAST_TWO: 1.0}
SAME_AT_ANY_SIZE = {FEATURES, HIDDEN}
HEAD = 20.0  # the same unit: to fit a linear head once


@dataclass(frozen=True)
class Task:
    """A line of the table: a lesson, at the size in `settings`, on `folds` folds; 0 is the
    split.
    """

    lesson: Lesson
    settings: Settings
    folds: int

    @property
    def name(self) -> str:
        """What progress calls it."""
        return f"{self.lesson.name}, {self.settings.size} px"


def plan(
    settings: Settings, lessons: Iterable[Lesson], found: Data, sized: bool, folds: int | None
) -> list[Task]:
    """Return what to run: all lessons at the smaller size, then at the larger one.

    Networks from scratch need long: they are run at the smaller size only, on the split; the others
    on folds, unless the data or `SPLIT=` has a split. `sized` and `folds` are what the user chose:
    the size in `settings`, and the number of folds for all lessons.
    """
    own = sized or settings.data == SYNTHETIC
    sizes = (settings.size,) if own else SIZES
    divided = settings.split or split.chosen(found.pictures, "") != split.FULL
    usual = 0 if divided else FOLDS
    return [
        Task(
            _fitted(settings, lesson),
            replace(settings, size=size),
            folds if folds is not None else 0 if lesson.start == PIXELS else usual,
        )
        for size in sizes
        for lesson in lessons
        if lesson.start != PIXELS or size == sizes[0]
    ]


def _fitted(settings: Settings, lesson: Lesson) -> Lesson:
    """Return `lesson` with the balance and the views of `settings`; one view stays one, because it
    is what distinguishes some lessons.
    """
    views = settings.views if lesson.views > 1 else 0
    return replace(settings, views=views).fitted(lesson)


def divide(task: Task, pictures: Sequence[Picture]) -> list[list[Row]]:
    """Return the splits that a task is run on: one, or one for each fold.

    Raise `CatsdogsError` if one of them has no picture to test with, or none of a class to train
    on.
    """
    if task.folds:
        return _folds(pictures, task.settings.seed, task.folds)
    rows = split.divide(pictures, task.settings.seed, task.settings.split)
    if not _tested(rows):
        how = split.chosen(pictures, task.settings.split)
        label, counts = _counted(pictures)[-1]
        raise CatsdogsError(
            f"`SPLIT={how}` leaves no picture to test with: {split.describe(rows)}",
            f"Add pictures, since a class is tested with if it has {split.TESTABLE} distinct ones "
            f"and {label!r} has {counts[1]}; or choose another `SPLIT=`, or use `FOLDS=2`",
        )
    return [rows]


def _folds(pictures: Sequence[Picture], seed: int, count: int) -> list[list[Row]]:
    divisions = split.folds(pictures, seed, count)
    untaught = any(split.untaught(rows, pictures) for rows in divisions)
    if all(map(_tested, divisions)) and not untaught:
        return divisions
    label, (number, distinct) = _counted(pictures)[0 if untaught else -1]
    raise CatsdogsError(
        f"`FOLDS={count}` needs at least {2 if untaught else count} distinct pictures of a class, "
        f"but {label!r} has {distinct}" + f" (of {number} files)" * (number > distinct),
        f"Add pictures to {label!r}, or use a smaller `FOLDS=`; `FOLDS=0` uses the split",
    )


def _counted(pictures: Iterable[Picture]) -> list[tuple[str, tuple[int, int]]]:
    """Return each class with its numbers of pictures and of distinct ones, fewest first."""
    pictures = list(pictures)
    files = Counter(picture.label for picture in pictures)
    distinct = Counter(label for label, _ in {(one.label, one.digest) for one in pictures})
    return sorted(
        ((label, (files[label], distinct[label])) for label in files), key=lambda one: one[1][1]
    )


def _tested(rows: Iterable[Row]) -> bool:
    return any(row.part == TEST for row in rows)


class Clock:
    """Tell how long the rest of the work takes: from its arithmetic and, once some of it is done,
    from how long that took.
    """

    def __init__(self, works: Iterable[float]) -> None:
        """Start with all work to do, in the features of a picture of 150 px."""
        self.left = sum(works)
        self.done = self.seconds = 0.0

    def finish(self, work: float, seconds: float) -> None:
        """Take note of finished work."""
        self.left -= work
        self.done += work
        self.seconds += seconds

    def __str__(self) -> str:
        """The time that is left, in words."""
        each = self.seconds / self.done if self.done else FEATURES_OF_ONE / (os.cpu_count() or 1)
        hours, minutes = divmod(max(1, round(max(0.0, self.left) * each / 60)), 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def features_work(tasks: Iterable[Task], pictures: Iterable[Picture]) -> float:
    """Return the work of computing the frozen outputs that the cache lacks."""
    digests = {picture.digest for picture in pictures}
    missing: dict[tuple[Network, int], int] = {}
    for task in tasks:
        network = task.settings.network(task.lesson.preprocessing)
        for sight in learn.sights(task.lesson, network):
            if sight.boundary != RGB:
                lacking = len(digests - Entry(task.settings.cache, sight.settings).listed())
                one_pass = network, sight.view
                missing[one_pass] = max(missing.get(one_pass, 0), lacking)
    return sum(
        pictures * (network.size / SIZES[0]) ** 2 for (network, _), pictures in missing.items()
    )


def training_work(task: Task, rows: Iterable[Row]) -> float:
    """Return the work of training on one split."""
    trained = sum(row.part == TRAINING for row in rows)
    epochs = task.lesson.course.epochs if task.lesson.course else 1
    scale = 1.0 if task.lesson.start in SAME_AT_ANY_SIZE else (task.settings.size / SIZES[0]) ** 2
    return trained * epochs * TRAINING_ON_ONE[task.lesson.start] * scale + HEAD
