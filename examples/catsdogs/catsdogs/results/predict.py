"""Name what is in a picture."""

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
    """A file's most probable class and its probability; or, where it could not be read, the
    reason.
    """

    name: str
    label: str = ""
    probability: float = 0.0
    sure: bool = True
    reason: str = ""


def answers(files: Sequence[str], model_path: Path) -> Iterator[Answer]:
    """The answer for each of `files`, in order; a folder is all the pictures in it."""
    model, note = bundle.load(model_path)
    for name in _listed(files):
        try:
            shown = _shown(_read(name), note)
        except pictures.Broken as error:
            yield Answer(name, reason=str(error))
            continue
        probabilities = model.predict_on_batch(shown).mean(axis=0)
        best = int(probabilities.argmax())
        probability = float(probabilities[best])
        yield Answer(name, note.classes[best], probability, sure=probability >= note.threshold)


def _shown(data: bytes, note: bundle.Note) -> np.ndarray:
    """The views that the model is asked about, `(views, size, size, 3)`: those that a picture is
    trained on.
    """
    digest = hashlib.sha256(data).hexdigest()
    return np.stack([views.pixels(data, note.size, view, digest) for view in range(note.views)])


def _listed(files: Sequence[str]) -> Iterator[str]:
    """The files, with a folder's pictures in its place."""
    for name in files:
        if Path(name).is_dir():
            yield from (str(Path(name) / inside) for inside in Folder(Path(name)).names())
        else:
            yield name


def _read(name: str) -> bytes:
    if "://" in name:
        raise pictures.Broken("an address, not a file: download it first")
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise pictures.Broken((error.strerror or "cannot be read").lower()) from error


def line(answer: Answer) -> str:
    """One answer as a line of text."""
    said = f"{answer.label} {answer.probability:.4f}"
    return (
        f"{answer.name}: {answer.reason or (said if answer.sure else f'not sure, perhaps {said}')}"
    )
