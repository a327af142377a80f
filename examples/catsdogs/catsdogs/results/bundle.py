"""Save the trained model as one file: Keras' format, plus a note that explains its outputs.

A `.keras` file is a zip file, and Keras ignores members that it does not know. So the classes are
in the same file as the weights and cannot be lost. Keras also records the time and memory
addresses; the file is rewritten without them, so that the same training gives the same bytes.
"""

import json
import re
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catsdogs.errors import CatsdogsError
from catsdogs.network import engine
from catsdogs.support.atomic import aside

if TYPE_CHECKING:
    import keras

NOTE = "catsdogs.json"


@dataclass(frozen=True)
class Note:
    """A model's classes, in the order of its outputs, and the side in px of its square input.

    Below the `threshold` the model is not sure; above it, at least a share of `promise` of the
    predictions is right. A prediction is the mean over `views` views.
    """

    classes: list[str]
    size: int
    threshold: float = 0.0
    views: int = 1
    promise: float = 0.0


def save(model: "keras.Model", note: Note, target: Path) -> None:
    """Write `model` and `note` to `target`, a `.keras` file."""
    with aside(target) as room:
        saved = room.with_name("saved.keras")
        model.save(saved)
        with zipfile.ZipFile(saved) as of_keras, zipfile.ZipFile(room, "w") as archive:
            parts = {name: of_keras.read(name) for name in of_keras.namelist()}
            parts |= {
                "metadata.json": _undated(parts["metadata.json"]),
                "config.json": _unplaced(parts["config.json"]),
            }
            for name, data in {**parts, NOTE: json.dumps(asdict(note)).encode()}.items():
                archive.writestr(zipfile.ZipInfo(name), data)  # ZipInfo's date is always 1980


def _undated(metadata: bytes) -> bytes:
    return json.dumps({**json.loads(metadata), "date_saved": "1980-01-01@00:00:00"}).encode()


def _unplaced(config: bytes) -> bytes:
    """Replace the memory addresses by which Keras numbers shared objects with their order."""
    numbers: dict[bytes, bytes] = {}
    return re.sub(
        rb'(?<="shared_object_id": )\d+',
        lambda found: numbers.setdefault(found[0], str(len(numbers) + 1).encode()),
        config,
    )


def load(path: Path, seed: int = 0) -> tuple["keras.Model", Note]:
    """Return the model in `path` and its note."""
    if not path.is_file():
        raise CatsdogsError(f"no model at `{path}`", "Run `make train` first")
    try:
        with zipfile.ZipFile(path) as archive:
            note = Note(**json.loads(archive.read(NOTE)))
        return engine.start(seed).saving.load_model(path, compile=False), note
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise CatsdogsError(
            f"`{path}` is not a model that `make train` wrote", "Run `make train` again"
        ) from error
