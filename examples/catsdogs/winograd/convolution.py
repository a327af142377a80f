"""A convolution of 3 × 3 pixels by F(4×4, 3×3), with its gradients.

The picture is cut into tiles of 6 × 6 pixels that overlap by two. Each tile is transformed, and so
is the kernel; a convolution is then one product for each of the 36 numbers, instead of 144 for 4 ×
4 pixels. The result is transformed back. `ops` is `keras.ops`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

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
# The transforms of rows and columns, as one matrix for a flattened tile.
INTO, KERNEL, BACK = (np.kron(matrix, matrix).astype(np.float32) for matrix in (B_T, G, A_T))
Tensor = Any


def convolve(ops: Any, pixels: Tensor, kernel: Tensor) -> Tensor:
    """Convolve pixels, `(n, height, width, in)`, with a kernel, `(3, 3, in, out)` → `(n, height,
    width, out)`, with gradients for both.
    """

    @ops.custom_gradient  # type: ignore[untyped-decorator]
    def convolved(pixels: Tensor, kernel: Tensor) -> tuple[Tensor, Any]:
        numbers = _into(ops, pixels)

        def gradients(*args: Tensor, upstream: Tensor = None) -> tuple[Tensor, Tensor]:
            """Return the gradients of the pixels, a convolution with the rotated kernel, and of the
            kernel.
            """
            slope = args[0] if upstream is None else upstream
            turned = ops.transpose(ops.flip(kernel, axis=0), (0, 2, 1))
            products = ops.matmul(ops.transpose(numbers, (0, 2, 1)), _up(ops, slope))
            return (
                convolve_transformed(ops, slope, transform_kernel(ops, turned)),
                ops.reshape(
                    ops.matmul(KERNEL.T, ops.reshape(products, (TILE**2, -1))), kernel.shape
                ),
            )

        return _back(
            ops, ops.matmul(numbers, transform_kernel(ops, kernel)), pixels.shape
        ), gradients

    return convolved(pixels, flatten_kernel(ops, kernel))


def convolve_transformed(ops: Any, pixels: Tensor, kernel: Tensor) -> Tensor:
    """Compute `Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A` with a transformed kernel."""
    return _back(ops, ops.matmul(_into(ops, pixels), kernel), pixels.shape)


def flatten_kernel(ops: Any, kernel: Tensor) -> Tensor:
    """Reshape `(3, 3, in, out)` → `(9, in, out)`."""
    return ops.reshape(kernel, (9, *kernel.shape[2:]))


def transform_kernel(ops: Any, kernel: Tensor) -> Tensor:
    """Compute `G g Gᵀ` for each pair of channels: `(9, in, out)` → `(36, in, out)`."""
    return ops.reshape(
        ops.matmul(KERNEL, ops.reshape(kernel, (9, -1))), (TILE**2, *kernel.shape[1:])
    )


def _into(ops: Any, pixels: Tensor) -> Tensor:
    """Compute `Bᵀ d B` for each tile: `(n, height, width, in)` → `(36, tiles, in)`."""
    height, width, channels = pixels.shape[1:]
    down, across = _tiles(height), _tiles(width)
    margins = [
        (0, 0),
        *((1, (tiles + 1) * STEP - side - 1) for side, tiles in ((height, down), (width, across))),
        (0, 0),
    ]
    blocks = ops.reshape(ops.pad(pixels, margins), (-1, down + 1, STEP, across + 1, STEP, channels))
    # A tile is a block plus the first two rows of the next one; the same for columns.
    rows = ops.concatenate([blocks[:, :-1], blocks[:, 1:, : TILE - STEP]], axis=2)
    tiles = ops.concatenate([rows[:, :, :, :-1], rows[:, :, :, 1:, : TILE - STEP]], axis=4)
    flat = ops.reshape(ops.transpose(tiles, (2, 4, 0, 1, 3, 5)), (TILE**2, -1))
    return ops.reshape(ops.matmul(INTO, flat), (TILE**2, -1, channels))


def _back(ops: Any, products: Tensor, shape: Sequence[int]) -> Tensor:
    """Compute `Aᵀ m A` for each tile: `(36, tiles, out)` → `(n, height, width, out)`.

    Height and width are the middle two of `shape`.
    """
    height, width, channels = shape[1], shape[2], products.shape[-1]
    down, across = _tiles(height), _tiles(width)
    found = ops.matmul(BACK, ops.reshape(products, (TILE**2, -1)))
    found = ops.transpose(
        ops.reshape(found, (STEP, STEP, -1, down, across, channels)), (2, 3, 0, 4, 1, 5)
    )
    return ops.reshape(found, (-1, down * STEP, across * STEP, channels))[:, :height, :width]


def _up(ops: Any, slope: Tensor) -> Tensor:
    """Compute `A y Aᵀ` for each tile, the transpose of `_back`: `(n, height, width, out)` → `(36,
    tiles, out)`.
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
    """Return the number of tiles along `side` pixels."""
    return -(-side // STEP)
