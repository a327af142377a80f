"""Convolutions of 3 × 3 pixels with a quarter of the multiplications, for layers with many
channels.

Winograd's F(4×4, 3×3), as in Lavin and Gray, 2016, CVPR, arXiv:1509.09308, whose names the matrices
have. The picture is cut into tiles of 6 × 6 pixels that overlap by two. Each is transformed, and so
is the kernel; there, a convolution is one product for each of the 36 numbers, where its 4 × 4
pixels would take 144; and what comes out is transformed back. Numbers differ by a few 1e-5 of the
largest from those of a plain convolution: 16 bits, with which they are kept, are coarser.

TensorFlow's own convolutions run at the rate of a matrix product. So to be faster, there have to be
fewer products.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

TILE, STEP = 6, 4  # pixels of a tile, and from one to the next
B_T = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
G = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24
A_T = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])
# What they do along rows and along columns, as one matrix for the pixels of a tile in a row.
INTO, KERNEL, BACK = (np.kron(matrix, matrix).astype(np.float32) for matrix in (B_T, G, A_T))
# that a layer gives: with fewer, moving the numbers about takes longer than multiplying them
CHANNELS = 256
# pixels that it gives: of so few tiles as there are in less, each has to fetch four times as large
# a kernel
SIDE = 8

Tensor = Any


def quick(keras: Any, network: "keras.Model") -> "keras.Model":
    """A network with the same layers, names and weights as `network`, whose suitable convolutions
    are computed so.
    """

    def made(layer: Any) -> Any:
        return (_class(keras) if _suits(layer) else type(layer)).from_config(layer.get_config())

    clone = keras.models.clone_model(network, clone_function=made)
    clone.set_weights(network.get_weights())
    return clone


def freeze(network: "keras.Model") -> None:
    """Let no layer be trained, so that each kernel need be transformed only once."""
    network.trainable = False
    for layer in network.layers:
        if hasattr(layer, "freeze"):
            layer.freeze()


def _suits(layer: Any) -> bool:
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
def _class(keras: Any) -> Any:
    """The layer. It is made here, as Keras is not imported before it is needed."""

    class Winograd(keras.layers.Conv2D):  # type: ignore[misc, name-defined]
        """A `Conv2D` of 3 × 3 pixels."""

        _frozen: Tensor | None = None

        def freeze(self) -> None:
            self._frozen = _transformed(keras.ops, _flat(keras.ops, self.kernel))

        def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
            if self._frozen is not None:
                return _convolved(keras.ops, inputs, self._frozen)
            return convolve(keras.ops, inputs, kernel)

    return Winograd


def convolve(ops: Any, pixels: Tensor, kernel: Tensor) -> Tensor:
    """Pixels, `(n, height, width, in)`, and a kernel, `(3, 3, in, out)` → `(n, height, width,
    out)`; it can be trained.
    """

    @ops.custom_gradient
    def convolved(pixels: Tensor, kernel: Tensor) -> tuple[Tensor, Any]:
        numbers = _into(ops, pixels)

        def gradients(*args: Tensor, upstream: Tensor = None) -> tuple[Tensor, Tensor]:
            """To pixels, which is a convolution too, with the kernel turned round; and to the
            kernel.
            """
            slope = args[0] if upstream is None else upstream
            turned = ops.transpose(ops.flip(kernel, axis=0), (0, 2, 1))
            products = ops.matmul(ops.transpose(numbers, (0, 2, 1)), _up(ops, slope))
            return (
                _convolved(ops, slope, _transformed(ops, turned)),
                ops.reshape(
                    ops.matmul(KERNEL.T, ops.reshape(products, (TILE**2, -1))), kernel.shape
                ),
            )

        return _back(ops, ops.matmul(numbers, _transformed(ops, kernel)), pixels.shape), gradients

    return convolved(pixels, _flat(ops, kernel))


def _convolved(ops: Any, pixels: Tensor, kernel: Tensor) -> Tensor:
    """`Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A`, of a kernel that is transformed."""
    return _back(ops, ops.matmul(_into(ops, pixels), kernel), pixels.shape)


def _flat(ops: Any, kernel: Tensor) -> Tensor:
    """`(3, 3, in, out)` → `(9, in, out)`."""
    return ops.reshape(kernel, (9, *kernel.shape[2:]))


def _transformed(ops: Any, kernel: Tensor) -> Tensor:
    """`G g Gᵀ` for each pair of channels: `(9, in, out)` → `(36, in, out)`."""
    return ops.reshape(
        ops.matmul(KERNEL, ops.reshape(kernel, (9, -1))), (TILE**2, *kernel.shape[1:])
    )


def _into(ops: Any, pixels: Tensor) -> Tensor:
    """`Bᵀ d B` for each tile: `(n, height, width, in)` → `(36, tiles, in)`."""
    height, width, channels = pixels.shape[1:]
    down, across = _tiles(height), _tiles(width)
    margins = [
        (0, 0),
        *((1, (tiles + 1) * STEP - side - 1) for side, tiles in ((height, down), (width, across))),
        (0, 0),
    ]
    blocks = ops.reshape(ops.pad(pixels, margins), (-1, down + 1, STEP, across + 1, STEP, channels))
    # A tile is a block, and the first two rows of the next; the same for columns.
    rows = ops.concatenate([blocks[:, :-1], blocks[:, 1:, : TILE - STEP]], axis=2)
    tiles = ops.concatenate([rows[:, :, :, :-1], rows[:, :, :, 1:, : TILE - STEP]], axis=4)
    flat = ops.reshape(ops.transpose(tiles, (2, 4, 0, 1, 3, 5)), (TILE**2, -1))
    return ops.reshape(ops.matmul(INTO, flat), (TILE**2, -1, channels))


def _back(ops: Any, products: Tensor, shape: Sequence[int]) -> Tensor:
    """`Aᵀ m A` for each tile: `(36, tiles, out)` → `(n, height, width, out)`, of which `shape` has
    the middle two.
    """
    height, width, channels = shape[1], shape[2], products.shape[-1]
    down, across = _tiles(height), _tiles(width)
    found = ops.matmul(BACK, ops.reshape(products, (TILE**2, -1)))
    found = ops.transpose(
        ops.reshape(found, (STEP, STEP, -1, down, across, channels)), (2, 3, 0, 4, 1, 5)
    )
    return ops.reshape(found, (-1, down * STEP, across * STEP, channels))[:, :height, :width]


def _up(ops: Any, slope: Tensor) -> Tensor:
    """`A y Aᵀ` for each tile, which is what `_back` does, turned round: `(n, height, width, out)` →
    `(36, tiles, out)`.
    """
    height, width, channels = slope.shape[1:]
    down, across = _tiles(height), _tiles(width)
    padded = ops.pad(slope, [(0, 0), (0, down * STEP - height), (0, across * STEP - width), (0, 0)])
    blocks = ops.transpose(
        ops.reshape(padded, (-1, down, STEP, across, STEP, channels)), (2, 4, 0, 1, 3, 5)
    )
    return ops.reshape(
        ops.matmul(BACK.T, ops.reshape(blocks, (STEP**2, -1))), (TILE**2, -1, channels)
    )


def _tiles(side: int) -> int:
    """How many tiles there are along so many pixels."""
    return -(-side // STEP)
