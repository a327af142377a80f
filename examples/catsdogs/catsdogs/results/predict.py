"""Predict the classes of pictures."""

import csv
import hashlib
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from catsdogs.data import pictures, views
from catsdogs.data.asked import Asked
from catsdogs.data.labels import one_line
from catsdogs.data.summary import passed_over
from catsdogs.results import bundle
from catsdogs.results.bundle import Note
from catsdogs.support import capacity
from catsdogs.support.atomic import aside
from catsdogs.training.head import Floats

if TYPE_CHECKING:
    import keras

BATCH = 8  # pictures that go through the network together, as when features are computed
THREADS = 2  # that read and decode the next batch while the network computes this one
PASSED_OVER = "not a picture, passed over"

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A file's most probable class and its probability; or the reason why it cannot be read."""

    name: str
    label: str = ""
    probability: float = 0.0
    sure: bool = True
    reason: str = ""


def answers(found: Asked, model_path: Path) -> Iterator[Answer]:
    """Yield a prediction for each of the pictures, in order."""
    model, note = bundle.load(model_path)
    for name, predicted in predictions(
        model, note, ((one.name, one.read) for one in found.pictures)
    ):
        if isinstance(predicted, str):
            yield Answer(name, reason=predicted)
            continue
        best = int(predicted.argmax())
        probability = float(predicted[best])
        yield Answer(name, note.classes[best], probability, sure=probability >= note.threshold)


def predictions(
    model: "keras.Model", note: Note, reads: Iterable[tuple[str, Callable[[], bytes]]]
) -> Iterator[tuple[str, Floats | str]]:
    """Yield each picture's name and probabilities, `(classes,)`, or why it cannot be read.

    The network is called once for a batch of pictures, with all their views. Only a few batches are
    in memory.
    """
    count = max(1, BATCH // note.views)
    capacity.check_memory(note.size, count * note.views)
    for batch in _read_ahead(reads, note, count):
        shown = [seen for _, seen in batch if not isinstance(seen, str)]
        computed: Iterator[Floats] = iter(())
        if shown:
            # Another number of pictures would make TensorFlow trace the network again.
            filled = shown + shown[:1] * (len(batch) - len(shown))
            found = model.predict_on_batch(np.concatenate(filled))
            computed = iter(found.reshape(len(filled), note.views, -1))
        for name, seen in batch:
            yield name, seen if isinstance(seen, str) else next(computed).mean(axis=0)


def _read_ahead(
    reads: Iterable[tuple[str, Callable[[], bytes]]], note: Note, count: int
) -> Iterator[list[tuple[str, np.ndarray | str]]]:
    """Yield batches of names and views, or reasons, while threads decode the next ones."""
    waiting: deque[list[tuple[str, Future[np.ndarray | str]]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for batch in _batches(reads, count):
            waiting.append([(name, pool.submit(_seen, read, note)) for name, read in batch])
            if len(waiting) > THREADS:
                yield [(name, future.result()) for name, future in waiting.popleft()]
        while waiting:
            yield [(name, future.result()) for name, future in waiting.popleft()]


def _batches(items: Iterable[T], count: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, count)):
        yield batch


def _seen(read: Callable[[], bytes], note: Note) -> np.ndarray | str:
    """Return the views to predict from, `(views, size, size, 3)`, the same as in training; or the
    reason why there are none.
    """
    try:
        data = read()
        digest = hashlib.sha256(data).hexdigest()
        return np.stack([views.pixels(data, note.size, view, digest) for view in range(note.views)])
    except pictures.PictureError as error:
        return str(error)


def line(answer: Answer) -> str:
    """Return a prediction as a line of text."""
    name = one_line(answer.name)
    if answer.reason:
        return f"{name}: {one_line(answer.reason)}"
    doubt = "" if answer.sure else "not sure, perhaps "
    return f"{name}: {doubt}{one_line(answer.label)} {answer.probability:.4f}"


def found_line(found: Asked) -> str:
    """Return a line with what was found in the folders and archives."""
    count = len(found.pictures)
    pictures_ = f"{count} pictures" if count > 1 else "one picture"
    return "; ".join([f"{pictures_} found", *([passed_over(found.others)] if found.others else [])])


def summed(given: Sequence[Answer]) -> str:
    """Return a line with the number of predictions of each class."""
    counts = Counter(answer.label for answer in given if not answer.reason)
    each = [f"{count} {one_line(label)}" for label, count in sorted(counts.items())]
    unsure = sum(not answer.sure for answer in given)
    unread = sum(bool(answer.reason) for answer in given)
    notes = [f"not sure of {unsure}"] * bool(unsure) + [f"{unread} not readable"] * bool(unread)
    return "; ".join(filter(None, [", ".join(each), *notes]))


def write(given: Iterable[Answer], others: Iterable[str], target: Path) -> None:
    """Write CSV with a row for every file: `path,class,probability,sure,reason`."""
    with (
        aside(target) as room,
        room.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "class", "probability", "sure", "reason"])
        for one in given:
            row = (one.label, f"{one.probability:.6f}", "yes" if one.sure else "no", "")
            writer.writerow([one.name, *(("", "", "", one.reason) if one.reason else row)])
        writer.writerows([name, "", "", "", PASSED_OVER] for name in others)
