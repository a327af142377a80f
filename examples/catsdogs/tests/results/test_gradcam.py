"""Grad-CAM heat maps."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from catsdogs.network import engine
from catsdogs.results import gradcam

SIDE = 16


@pytest.fixture(scope="module")
def heat() -> Callable[[np.ndarray, int], np.ndarray]:
    """The explainer of a network that predicts cats for red and dogs for green pictures."""
    keras = engine.start(0)
    pictures = keras.Input((SIDE, SIDE, 3))
    maps = keras.layers.Conv2D(3, 1, use_bias=False, name="colours")(pictures)
    head = keras.layers.Dense(2, activation="softmax", name="head")
    network = keras.Model(pictures, head(keras.layers.GlobalAveragePooling2D()(maps)))
    network.get_layer("colours").set_weights([np.eye(3).reshape(1, 1, 3, 3)])
    head.set_weights([np.array([[9.0, 0.0], [0.0, 9.0], [0.0, 0.0]]), np.zeros(2)])
    return gradcam.explainer(network, 0)


def test_evidence_for_a_class_is_bright(heat: Callable) -> None:
    """With a red and a green patch in the picture, only the patch of the class is bright."""
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[12:, 12:, 0] = picture[:4, :4, 1] = 200
    cat, dog = heat(picture, 0), heat(picture, 1)
    assert (cat[12:, 12:] == 1).all()
    assert cat.sum() == 16
    assert (dog[:4, :4] == 1).all()
    assert dog.sum() == 16
    assert gradcam.place(cat) == "at the bottom, on the right"
    assert gradcam.place(dog) == "at the top, on the left"


def test_a_picture_without_evidence_is_dark(heat: Callable) -> None:
    """Without evidence for the class the heat map is zero, and its place is "nowhere"."""
    found = heat(np.zeros((SIDE, SIDE, 3), np.uint8), 0)
    assert not found.any()
    assert gradcam.place(found) == "nowhere"
    assert gradcam.place(np.ones((7, 7), np.float32)) == "in the middle"


def test_the_overlay_fits_the_picture(heat: Callable) -> None:
    """The overlay has the picture's shape, and is brightest where the heat is."""
    shown = np.asarray(
        gradcam.overlay(Image.new("RGB", (60, 40), (90, 90, 90)), np.eye(2, dtype=np.float32)),
        dtype=int,
    )
    assert shown.shape == (40, 60, 3)
    assert shown[2, 2].sum() > shown[2, -2].sum() + 200
