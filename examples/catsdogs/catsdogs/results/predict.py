"""Predict the classes of pictures."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catsdogs.data import pictures, views
from catsdogs.data.sources import Folder
from catsdogs.results import bundle


@dataclass(frozen=True)
class Answer:
    """A file's most probable class and its probability; or the reason why it cannot be read."""

    name: str
    label: str = ""
    probability: float = 0.0
    sure: bool = True
    reason: str = ""


def answers(files: Sequence[str], model_path: Path) -> Iterator[Answer]:
    """Yield a prediction for each of `files`, in order; a folder stands for its pictures."""
    model, note = bundle.load(model_path)
    for name in _listed(files):
        try:
            seen = shown(_read(name), note)
        except pictures.PictureError as error:
            yield Answer(name, reason=str(error))
            continue
        probabilities = model.predict_on_batch(seen).mean(axis=0)
        best = int(probabilities.argmax())
        probability = float(probabilities[best])
        yield Answer(name, note.classes[best], probability, sure=probability >= note.threshold)


def shown(data: bytes, note: bundle.Note) -> np.ndarray:
    """Return the views to predict from, `(views, size, size, 3)`: the same as in training."""
    digest = hashlib.sha256(data).hexdigest()
    return np.stack([views.pixels(data, note.size, view, digest) for view in range(note.views)])


def _listed(files: Sequence[str]) -> Iterator[str]:
    """Yield the files, with each folder replaced by its pictures."""
    for name in files:
        if Path(name).is_dir():
            yield from (str(Path(name) / inside) for inside in Folder(Path(name)).names())
        else:
            yield name


def _read(name: str) -> bytes:
    if "://" in name:
        raise pictures.PictureError("a URL, not a file: download it first")
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise pictures.PictureError((error.strerror or "cannot be read").lower()) from error


def line(answer: Answer) -> str:
    """Return a prediction as a line of text."""
    if answer.reason:
        return f"{answer.name}: {answer.reason}"
    doubt = "" if answer.sure else "not sure, perhaps "
    return f"{answer.name}: {doubt}{answer.label} {answer.probability:.4f}"
