"""The trained model as one file: Keras' own format, with a note inside that says what its answers mean.

A `.keras` file is a zip file, and Keras leaves alone what it does not know in it. So the classes travel with the
weights, and a model that lost its labels cannot happen.
"""

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import engine
from .atomic import aside
from .errors import Failure

if TYPE_CHECKING:
    import keras

NOTE = "catsdogs.json"


@dataclass(frozen=True)
class Note:
    """What a model answers: its classes, in the order of its outputs, and the side in px of the square it looks at."""

    classes: list[str]
    size: int


def save(model: "keras.Model", note: Note, target: Path) -> None:
    """Write `model` and `note` to `target`, a `.keras` file."""
    with aside(target) as room:
        model.save(room)
        with zipfile.ZipFile(room, "a") as archive:
            archive.writestr(NOTE, json.dumps(asdict(note)))


def load(path: Path, seed: int = 0) -> tuple["keras.Model", Note]:
    """The model in `path` and its note."""
    if not path.is_file():
        raise Failure(f"There is no model at {path}.", "Run `make train` first.")
    try:
        with zipfile.ZipFile(path) as archive:
            note = Note(**json.loads(archive.read(NOTE)))
        return engine.start(seed).saving.load_model(path, compile=False), note
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise Failure(f"{path} is not a model that `make train` wrote.", "Run `make train` again.") from error
