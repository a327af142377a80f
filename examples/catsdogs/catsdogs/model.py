"""The network: RGB pictures from 0 to 255 → VGG16's preprocessing → VGG16 without its top → average → head.

Preprocessing is the first layer of the model that is saved, so nobody can predict with other preprocessing than it was
trained with. VGG16 wants blue, green, red with ImageNet's mean colour taken off.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import engine
from .errors import Failure
from .head import Head

if TYPE_CHECKING:
    import keras

VERSION = 1  # of the layers up to the features
SMALLEST = 32  # px: VGG16 halves the side five times
DEPTH = 512  # features of a picture: the channels of VGG16's last block
MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet's pictures; keras.applications.vgg16.preprocess_input

IMAGENET, RANDOM = "imagenet", "random"


@dataclass(frozen=True)
class Weights:
    """The backbone's weights: `imagenet`, `random`, or a file; the seed; and a name that tells one set from every other."""

    choice: str
    seed: int
    identity: str


def choose_weights(choice: str, seed: int) -> Weights:
    """The weights that `choice` names. A file is known by its content, random ones by their seed."""
    if choice == IMAGENET:
        return Weights(choice, seed, "imagenet-6d6bbae143d832006294945121d1f1fc")  # the md5 that Keras checks
    if choice == RANDOM:
        return Weights(choice, seed, f"random-{seed}")
    try:
        with Path(choice).open("rb") as file:
            return Weights(choice, seed, f"sha256-{hashlib.file_digest(file, 'sha256').hexdigest()}")
    except OSError as error:
        raise Failure(
            f"The weights {choice} cannot be read: {error.strerror}.",
            "Give WEIGHTS= a .weights.h5 or .h5 file, imagenet, or random.",
        ) from error


def extractor(size: int, weights: Weights) -> "keras.Model":
    """The frozen part: `(n, size, size, 3)` RGB from 0 to 255 → `(n, DEPTH)` features."""
    keras = engine.start(weights.seed)
    backbone = _backbone(keras, size, weights)
    backbone.trainable = False
    pictures = keras.Input((size, size, 3), name="rgb")
    centred = keras.layers.Rescaling(1.0, offset=[-mean for mean in MEAN_RGB], name="centre")(pictures)
    blue_first = keras.ops.flip(centred, axis=-1)
    features = keras.layers.GlobalAveragePooling2D(name="average")(backbone(blue_first))
    return keras.Model(pictures, features, name="features")


def _backbone(keras: Any, size: int, weights: Weights) -> "keras.Model":
    """VGG16 without its top. Keras raises many kinds of error for weights that it cannot get or that do not fit."""
    named = IMAGENET if weights.choice == IMAGENET else None
    try:
        backbone = keras.applications.VGG16(include_top=False, weights=named, input_shape=(size, size, 3))
    except Exception as error:
        if named is None:
            raise
        raise Failure(
            "ImageNet's weights for VGG16 could not be fetched.",
            "Connect to the internet, or give WEIGHTS= the file vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5.",
        ) from error
    if weights.choice not in {IMAGENET, RANDOM} and not _fill(backbone, weights.choice):
        raise Failure(
            f"{weights.choice} does not hold the weights of VGG16 without its top.",
            "It is cut short, or belongs to another network. Give WEIGHTS= VGG16's notop file, or imagenet.",
        )
    return backbone


def _fill(backbone: "keras.Model", path: str) -> bool:
    """Load the file at `path` into `backbone`; whether it held every layer. Keras only warns of layers that it skips."""
    before = [layer.kernel.numpy() for layer in backbone.layers if layer.weights]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            backbone.load_weights(path)
    except Exception:  # noqa: BLE001, there are many kinds, and they quote the network's layers
        return False
    after = [layer.kernel.numpy() for layer in backbone.layers if layer.weights]
    return not any(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


def whole(size: int, weights: Weights, head: Head) -> "keras.Model":
    """The model that is saved: `(n, size, size, 3)` RGB from 0 to 255 → `(n, classes)` probabilities."""
    frozen = extractor(size, weights)
    keras = engine.start(weights.seed)
    layer = keras.layers.Dense(len(head.bias), activation="softmax", name="head")
    model = keras.Model(frozen.input, layer(frozen.output), name="catsdogs")
    layer.set_weights([head.kernel, head.bias])
    return model
