"""Export the trained model to formats that run without Keras: ONNX, for servers and browsers, and
LiteRT, for phones.

Each exported model is compared with the original before it is kept. It includes the preprocessing
and the names of the classes, as `model.keras` does.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catsdogs.data import synthetic
from catsdogs.errors import CatsdogsError
from catsdogs.network import engine
from catsdogs.results import bundle, outputs
from catsdogs.results.bundle import Note
from catsdogs.support.atomic import aside

if TYPE_CHECKING:
    import keras

ONNX, LITERT = "onnx", "litert"
FILES = dict(zip((ONNX, LITERT), outputs.EXPORTED, strict=True))
NEEDED = {ONNX: ("tf2onnx", "onnx", "onnxruntime"), LITERT: ("ai_edge_litert",)}
SAMPLES = 8  # pictures that both models predict
APART = 1e-4  # tolerance of a probability: more than the order of additions changes

Floats = NDArray[np.float32]
# RGB from 0 to 255, `(n, size, size, 3)` → probabilities, `(n, classes)`
Answer = Callable[[Floats], Floats]


def write(form: str, model: Path) -> tuple[Path, float]:
    """Export `model` to a file beside it; return that and the largest difference between
    probabilities.
    """
    missing = [name for name in NEEDED[form] if find_spec(name) is None]
    if missing:
        raise CatsdogsError(
            f"`FORMAT={form}` needs packages that are not installed: {', '.join(missing)}",
            "Run `make export LABCOAT_DEV_REQUIREMENTS='requirements-dev.txt "
            "requirements-export.txt'`, or set `LABCOAT_VARIANT=export` in a container",
        )
    network, note = bundle.load(model)
    pictures = samples(note.size)
    expected = np.asarray(network.predict_on_batch(pictures))
    target = model.with_name(FILES[form])
    with aside(target) as room:
        WRITERS[form](network, note, room)
        worst = float(np.abs(READERS[form](room)(pictures) - expected).max())
        if not worst <= APART:
            raise CatsdogsError(
                f"the {form} model differs from the Keras model and was deleted: a probability "
                f"differs by {worst:.2g}",
                "Report this with the versions of tensorflow, " + ", ".join(NEEDED[form]),
            )
    return target, worst


def samples(size: int) -> Floats:
    """Return pictures to compare two forms of a model with: textures, flat colours, and noise."""
    random = np.random.default_rng(0)
    return np.stack([_resized(picture, size) for picture in _draw(random)]).astype(np.float32)


def _draw(random: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    yield np.zeros((2, 2, 3), np.uint8)
    yield np.full((2, 2, 3), 255, np.uint8)
    for number in range(SAMPLES - 2):
        drawn = synthetic.draw(synthetic.CLASSES[number % 2], random)
        yield random.permutation(drawn) if number > SAMPLES // 2 else drawn


def _resized(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    from PIL import Image

    from catsdogs.data.pictures import square

    return np.asarray(square(Image.fromarray(picture), size))


def write_onnx(network: "keras.Model", note: Note, path: Path) -> None:
    """Write an ONNX file, with the note in its metadata."""
    with engine.hushed():
        network.export(path, format="onnx", verbose=False)
        import onnx
    model = onnx.load(path)
    old, new = model.graph.output[0].name, "probabilities"
    for node in model.graph.node:
        node.output[:] = [new if name == old else name for name in node.output]
    model.graph.output[0].name = new
    onnx.helper.set_model_props(model, {bundle.NOTE: json.dumps(asdict(note))})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def read_onnx(path: Path) -> Answer:
    """Return a function that predicts from an ONNX file, with ONNX Runtime."""
    from onnxruntime import InferenceSession

    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda pictures: np.asarray(session.run(["probabilities"], {name: pictures})[0])


def write_litert(network: "keras.Model", note: Note, path: Path) -> None:
    """Write a LiteRT file, with the note in a zip file after the model."""
    with engine.hushed():
        network.export(path, format="litert", verbose=False)
    # TensorFlow Lite stores metadata the same way: a zip file after the model, which readers of the
    # model ignore.
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(bundle.NOTE, json.dumps(asdict(note)))


def read_litert(path: Path) -> Answer:
    """Return a function that predicts from a LiteRT file, with LiteRT."""
    with engine.hushed():
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(str(path))
    entry, out = (
        interpreter.get_input_details()[0]["index"],
        interpreter.get_output_details()[0]["index"],
    )

    def answer(pictures: Floats) -> Floats:
        interpreter.resize_tensor_input(entry, pictures.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry, pictures)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(out))

    return answer


WRITERS = {ONNX: write_onnx, LITERT: write_litert}
READERS = {ONNX: read_onnx, LITERT: read_litert}
