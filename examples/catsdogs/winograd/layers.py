"""Replace convolutions in an existing Keras network by Winograd's."""

from functools import cache
from typing import TYPE_CHECKING, Any

from winograd.convolution import (
    Tensor,
    convolve,
    convolve_transformed,
    flatten_kernel,
    transform_kernel,
)

if TYPE_CHECKING:
    import keras

# The fewest output channels: with fewer, moving the numbers takes longer than multiplying them.
CHANNELS = 256
# The fewest pixels of a side of the output: with fewer tiles, loading a kernel that is four times
# as large takes longer.
SIDE = 8


def accelerate(keras: Any, network: "keras.Model") -> "keras.Model":
    """Return a network with the same layers, names and weights, and Winograd's convolutions if they
    are faster; `network` itself if none is.
    """
    # A copy of a layer that draws random numbers, such as dropout, draws others: such a network is
    # copied, as it always was, so that training gives the same results.
    if not any(_is_faster(layer) or hasattr(layer, "seed_generator") for layer in network.layers):
        return network

    def clone(layer: Any) -> Any:
        kind = _layer_class(keras) if _is_faster(layer) else type(layer)
        return kind.from_config(layer.get_config())

    accelerated = keras.models.clone_model(network, clone_function=clone)
    accelerated.set_weights(network.get_weights())
    return accelerated


def freeze(network: "keras.Model") -> None:
    """Make every layer untrainable, and transform each kernel once instead of at every call."""
    network.trainable = False
    for layer in network.layers:
        if hasattr(layer, "freeze"):
            layer.freeze()


def _is_faster(layer: Any) -> bool:
    wanted = {
        "kernel_size": (3, 3),
        "strides": (1, 1),
        "dilation_rate": (1, 1),
        "padding": "same",
        "groups": 1,
    }
    found = {name: getattr(layer, name, None) for name in wanted}
    if type(layer).__name__ != "Conv2D" or found != wanted:
        return False
    return bool(layer.filters >= CHANNELS and min(layer.output.shape[1:3]) >= SIDE)


@cache
def _layer_class(keras: Any) -> Any:
    """Return the layer's class, defined here because Keras is imported only if needed."""

    class Winograd(keras.layers.Conv2D):  # type: ignore[misc]
        """A `Conv2D` of 3 × 3 pixels."""

        _frozen: Tensor | None = None

        def freeze(self) -> None:
            self._frozen = transform_kernel(keras.ops, flatten_kernel(keras.ops, self.kernel))

        def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
            if self._frozen is not None:
                return convolve_transformed(keras.ops, inputs, self._frozen)
            return convolve(keras.ops, inputs, kernel)

    return Winograd
