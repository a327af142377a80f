"""The network: RGB from 0 to 255 → the backbone's preprocessing → the backbone without its top →
average → head.

Preprocessing is the first layer of the saved model, so predictions always use the preprocessing
that the model was trained with. The network can be cut where the frozen part ends: `compiled` is
the part before the cut, `training/models.py` has the part after it.
"""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import winograd
from catsdogs.errors import CatsdogsError
from catsdogs.network import backbones, engine
from catsdogs.network.backbones import BACKBONES, USUAL, Backbone

if TYPE_CHECKING:
    import keras

VERSION = 3  # of the layers up to the features
SMALLEST = min(backbone.smallest for backbone in BACKBONES.values())  # px

IMAGENET, RANDOM = "imagenet", "random"
# Boundaries that every network has: its input, and its averaged features.
RGB, POOLED = "rgb", "pooled"
# Where the code of the convolutions is: a cluster needs it, and it affects the numbers.
CONVOLUTIONS = Path(winograd.__file__).parent


@dataclass(frozen=True)
class Weights:
    """The backbone's weights: `imagenet`, `random`, or a file; the seed; and a unique name."""

    choice: str
    seed: int
    identity: str


@dataclass(frozen=True)
class Network:
    """A backbone with weights, for pictures of `size` px, and its preprocessing.

    With `winograd` its large convolutions are Winograd's, which are faster; otherwise Keras'.
    """

    backbone: Backbone
    weights: Weights
    size: int
    preprocessing: str
    winograd: bool = True


def choose_weights(choice: str, seed: int, backbone: Backbone = BACKBONES[USUAL]) -> Weights:
    """Return the weights that `choice` names. A file is identified by its content, random weights
    by their seed.
    """
    if choice == IMAGENET:
        # Keras verifies its download for VGG16 with this md5; others are identified by name and
        # Keras' version.
        md5 = "6d6bbae143d832006294945121d1f1fc"
        return Weights(choice, seed, f"imagenet-{md5 if backbone.name == USUAL else backbone.name}")
    if choice == RANDOM:
        return Weights(choice, seed, f"random-{seed}")
    try:
        with Path(choice).open("rb") as file:
            return Weights(
                choice, seed, f"sha256-{hashlib.file_digest(file, 'sha256').hexdigest()}"
            )
    except OSError as error:
        raise CatsdogsError(
            f"cannot read the weights `{choice}`: {error.strerror}",
            "Set `WEIGHTS=` to a .weights.h5 or .h5 file, imagenet, or random",
        ) from error


def network(
    size: int,
    weights: Weights,
    backbone: Backbone = BACKBONES[USUAL],
    preprocessing: str = "",
    winograd: bool = True,
) -> Network:
    """Return a network; `preprocessing` defaults to what its backbone was trained with."""
    if size < backbone.smallest:
        raise CatsdogsError(
            f"`SIZE={size}` is too small for {backbone.application}",
            f"Use a `SIZE=` of at least {backbone.smallest}",
        )
    return Network(backbone, weights, size, preprocessing or backbone.preprocessing, winograd)


def compiled(
    network: Network, boundaries: Sequence[str]
) -> Callable[[np.ndarray], list[np.ndarray]]:
    """Return the frozen part: a function from RGB from 0 to 255, `(n, size, size, 3)`, to the
    outputs at each of `boundaries`.
    """
    deeper = [boundary for boundary in boundaries if boundary != RGB]
    frozen = extractor(network, deeper) if deeper else None

    def outputs(rgb: np.ndarray) -> list[np.ndarray]:
        seen = frozen.predict_on_batch(rgb) if frozen else []
        found = dict(zip(deeper, [seen] if len(deeper) == 1 else seen, strict=True))
        return [found.get(boundary, rgb) for boundary in boundaries]

    return outputs


def extractor(network: Network, boundaries: Sequence[str] = (POOLED,)) -> "keras.Model":
    """Return the frozen part as a model with an output for each of `boundaries`."""
    keras = engine.start(network.weights.seed)
    backbone = fast_backbone(keras, network)
    winograd.freeze(backbone)
    layers = [
        backbone.output if name == POOLED else backbone.get_layer(name).output
        for name in boundaries
    ]
    average = keras.layers.GlobalAveragePooling2D(name="average")
    outputs = [
        average(layer) if name == POOLED else layer
        for name, layer in zip(boundaries, layers, strict=True)
    ]
    cut = keras.Model(backbone.input, outputs[0] if len(outputs) == 1 else outputs, name="frozen")
    rgb = keras.Input((network.size, network.size, 3), name="rgb")
    # training is False: if a backbone has batch normalisation, it uses the statistics from its
    # training.
    return keras.Model(
        rgb,
        cut(backbones.prepare(keras, rgb, network.preprocessing), training=False),
        name="extractor",
    )


def fast_backbone(keras: Any, network: Network) -> "keras.Model":
    """Return the backbone to compute with, with Winograd's convolutions unless they are off."""
    backbone = load_backbone(keras, network)
    return winograd.accelerate(keras, backbone) if network.winograd else backbone


def load_backbone(keras: Any, network: Network) -> "keras.Model":
    """Return the backbone without its top.

    Raise `CatsdogsError` if its weights cannot be downloaded or do not fit, for which Keras raises
    many kinds of error.
    """
    choice, application = network.weights.choice, network.backbone.application
    named = IMAGENET if choice == IMAGENET else None
    try:
        make = getattr(keras.applications, application)
        backbone = make(
            include_top=False, weights=named, input_shape=(network.size, network.size, 3)
        )
    except Exception as error:
        if named is None:
            raise
        raise CatsdogsError(
            f"cannot download ImageNet's weights for {application}",
            f"Connect to the internet, or set `WEIGHTS=` to the notop file of {application} that "
            "Keras would download",
        ) from error
    if choice not in {IMAGENET, RANDOM} and not _fill(backbone, choice):
        raise CatsdogsError(
            f"`{choice}` does not contain the weights of {application} without its top: it is "
            "truncated or belongs to another network",
            f"Set `WEIGHTS=` to the notop file of {application}, or to imagenet",
        )
    return backbone


def _fill(backbone: "keras.Model", path: str) -> bool:
    """Load the file at `path` into `backbone`; return whether it contained every kernel.

    Keras only warns about layers that it skips.
    """
    kernels = [
        layer.kernel for layer in backbone.layers if getattr(layer, "kernel", None) is not None
    ]
    before = [kernel.numpy() for kernel in kernels]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            backbone.load_weights(path)
    except Exception:  # noqa: BLE001, Keras raises many kinds, which quote the network's layers
        return False
    return not any(
        np.array_equal(old, kernel.numpy()) for old, kernel in zip(before, kernels, strict=True)
    )
