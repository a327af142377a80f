"""Grad-CAM: show which parts of a picture support the network's prediction.

The feature maps of the last convolution are added up, each weighted by how much it raises the
class's logit, and negative values are set to zero (Selvaraju et al., 2017, ICCV).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    import keras

Heat = NDArray[np.float32]  # from 0 to 1, `(height, width)` of the last maps


def explainer(network: "keras.Model", seed: int) -> Callable[[NDArray[np.uint8], int], Heat]:
    """Return a function from a picture `(size, size, 3)` and the index of a class to its heat map.

    `network` ends with a dense layer and softmax. The heat map is computed from the logits, because
    probabilities near 1 have almost no gradient.
    """
    import tensorflow

    from catsdogs.network import engine

    keras = engine.start(seed)
    last = network.layers[-1]
    maps = next(layer.input for layer in reversed(network.layers) if len(layer.input.shape) == 4)
    below, above = keras.Model(network.input, maps), keras.Model(maps, last.input)

    def heat(pixels: NDArray[np.uint8], index: int) -> Heat:
        seen = below(pixels[np.newaxis].astype(np.float32), training=False)
        with tensorflow.GradientTape() as tape:
            tape.watch(seen)
            logit = (
                tensorflow.matmul(above(seen, training=False), last.kernel)[0, index]
                + last.bias[index]
            )
        weights = tape.gradient(logit, seen).numpy().mean(axis=(1, 2), keepdims=True)
        found = np.maximum((weights * seen.numpy()).sum(axis=-1)[0], 0)
        return np.asarray(found / (found.max() or 1.0), dtype=np.float32)

    return heat


def overlay(image: Image.Image, heat: Heat) -> Image.Image:
    """Return `image` in grey, with `heat` over it from dark to bright."""
    from matplotlib import colormaps

    over = Image.fromarray((heat * 255).round().astype(np.uint8)).resize(
        image.size, Image.Resampling.BICUBIC
    )
    colours = Image.fromarray(colormaps["inferno"](np.asarray(over), bytes=True)[..., :3])
    return Image.blend(image.convert("L").convert("RGB"), colours, 0.6)


def place(heat: Heat) -> str:
    """Describe in words where most of `heat` is in the picture."""
    if not heat.any():
        return "nowhere"
    rows, columns = (np.arange(length) / max(length - 1, 1) for length in heat.shape)
    down, across = (
        float(heat.sum(axis=1) @ rows / heat.sum()),
        float(heat.sum(axis=0) @ columns / heat.sum()),
    )
    words = [
        ("", "at the top", "at the bottom")[_third(down)],
        ("", "on the left", "on the right")[_third(across)],
    ]
    return ", ".join(filter(None, words)) or "in the middle"


def _third(share: float) -> int:
    """Return 0 for the middle of a side, 1 for its beginning, 2 for its end."""
    return 1 if share < 0.4 else 2 if share > 0.6 else 0
