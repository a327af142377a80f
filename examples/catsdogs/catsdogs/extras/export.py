"""The trained model in forms that run without Keras: ONNX, for servers and browsers, and LiteRT,
for phones.

Each is run beside the model before it is kept. Preprocessing and the names of the classes travel
along, as in our own file.
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
from catsdogs.errors import Failure
from catsdogs.network import engine
from catsdogs.results import bundle
from catsdogs.results.bundle import Note
from catsdogs.support.atomic import aside

if TYPE_CHECKING:
    import keras

ONNX, LITERT = "onnx", "litert"
FILES = {ONNX: "model.onnx", LITERT: "model.tflite"}
NEEDED = {ONNX: ("tf2onnx", "onnx", "onnxruntime"), LITERT: ("ai_edge_litert",)}
SAMPLES = 8  # pictures that both are asked about
APART = 1e-4  # by which a probability may differ: more than two orders of adding up numbers make

Floats = NDArray[np.float32]
Answer = Callable[
    [Floats], Floats
]  # RGB from 0 to 255, `(n, size, size, 3)` → probabilities, `(n, classes)`


def write(form: str, build: Path) -> tuple[Path, float]:
    """Write the model in `build` in this form; the file's path, and the most by which a probability
    differs.
    """
    missing = [name for name in NEEDED[form] if find_spec(name) is None]
    if missing:
        raise Failure(
            f"This environment lacks what {form} needs: {', '.join(missing)}.",
            "make export LABCOAT_DEV_REQUIREMENTS='requirements-dev.txt requirements-export.txt' "
            "installs it; "
            "in a container, LABCOAT_VARIANT=export.",
        )
    network, note = bundle.load(build / "model.keras")
    pictures = samples(note.size)
    expected = np.asarray(network.predict_on_batch(pictures))
    target = build / FILES[form]
    with aside(target) as room:
        WRITERS[form](network, note, room)
        worst = float(np.abs(READERS[form](room)(pictures) - expected).max())
        if not worst <= APART:
            raise Failure(
                f"The model as {form} answers otherwise than the model: a probability differs by "
                f"{worst:.2g}.",
                "It was not kept. Report it, with the versions of tensorflow and of "
                + " and ".join(NEEDED[form])
                + ".",
            )
    return target, worst


def samples(size: int) -> Floats:
    """Pictures to hold two forms of a model against each other: textures, flat colours, and
    noise.
    """
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
    """Write an ONNX file, with the note among its properties."""
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
    """What answers from an ONNX file, by ONNX Runtime."""
    from onnxruntime import InferenceSession

    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda pictures: np.asarray(session.run(["probabilities"], {name: pictures})[0])


def write_litert(network: "keras.Model", note: Note, path: Path) -> None:
    """Write a LiteRT file, with the note in a zip file after the model."""
    with engine.hushed():
        network.export(path, format="litert", verbose=False)
    # As TensorFlow Lite's metadata is kept: a zip file after the model, which is read from the
    # front.
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(bundle.NOTE, json.dumps(asdict(note)))


def read_litert(path: Path) -> Answer:
    """What answers from a LiteRT file, by LiteRT."""
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
