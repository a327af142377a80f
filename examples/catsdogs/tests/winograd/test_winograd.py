"""Winograd's convolution: the same outputs and gradients as Keras'."""

import numpy as np
import pytest

import winograd
from catsdogs.network import engine


@pytest.mark.parametrize(("height", "width"), [(14, 14), (8, 12), (5, 9), (2, 2), (1, 1)], ids=str)
def test_it_is_a_convolution(height: int, width: int) -> None:
    """Outputs and gradients equal those of TensorFlow's convolution, for any size."""
    keras = engine.start(0)
    import tensorflow

    random = np.random.default_rng(0)
    shapes = ((3, height, width, 8), (3, 3, 8, 6), (3, height, width, 6))
    pixels, kernel, weights = (
        tensorflow.constant(random.normal(0, 1, shape), tensorflow.float32) for shape in shapes
    )

    def everything(convolve: object) -> list[np.ndarray]:
        with tensorflow.GradientTape() as tape:
            tape.watch([pixels, kernel])
            found = convolve(pixels, kernel)
            total = tensorflow.reduce_sum(found * weights)
        return [one.numpy() for one in (found, *tape.gradient(total, [pixels, kernel]))]

    ours = everything(lambda pixels, kernel: winograd.convolve(keras.ops, pixels, kernel))
    plain = everything(lambda pixels, kernel: tensorflow.nn.conv2d(pixels, kernel, 1, "SAME"))
    for one, other in zip(ours, plain, strict=True):
        assert np.abs(one - other).max() <= 1e-4 * np.abs(other).max()


def test_a_network_stays_the_same_network() -> None:
    """Names, weights and outputs stay the same; only large convolutions of 3 × 3 are replaced,
    frozen or not.
    """
    keras = engine.start(0)
    layers = keras.layers
    given = keras.Input((10, 10, 8))
    seen = layers.Conv2D(256, 3, padding="same", activation="relu", name="large")(given)
    seen = layers.Conv2D(256, 3, padding="same", strides=2, name="strided")(seen)
    seen = layers.Conv2D(256, 1, padding="same", name="pointwise")(seen)
    seen = layers.Conv2D(8, 3, padding="same", use_bias=False, name="small")(seen)
    network = keras.Model(given, seen)
    quick = winograd.accelerate(keras, network)
    assert [layer.name for layer in quick.layers[1:]] == [
        layer.name for layer in network.layers[1:]
    ]
    assert [layer.name for layer in quick.layers if type(layer).__name__ == "Winograd"] == ["large"]
    pixels = np.random.default_rng(0).normal(0, 1, (2, 10, 10, 8)).astype(np.float32)
    expected = network.predict_on_batch(pixels)
    assert np.allclose(quick.predict_on_batch(pixels), expected, atol=1e-4)
    frozen = winograd.accelerate(keras, network)
    winograd.freeze(frozen)
    assert not frozen.trainable_weights
    assert np.allclose(frozen.predict_on_batch(pixels), expected, atol=1e-4)


def test_a_network_without_large_convolutions_is_not_copied() -> None:
    """A copy costs as much as the network; only layers that draw random numbers make one, because
    those of a copy draw others.
    """
    keras = engine.start(0)
    given = keras.Input((10, 10, 8))
    small = keras.layers.Conv2D(8, 3, padding="same")(given)
    plain = keras.Model(given, small)
    assert winograd.accelerate(keras, plain) is plain
    random = keras.Model(given, keras.layers.Dropout(0.5)(small))
    assert winograd.accelerate(keras, random) is not random
