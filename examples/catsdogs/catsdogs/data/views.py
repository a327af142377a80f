"""Views of a picture: unchanged, mirrored, or randomly cropped and rotated.

A view depends only on its number and the picture's sha256. There is no generator whose state
depends on earlier draws, so views are the same in any order, with any number of threads, on any
machine. They are few and can be cached, so the frozen network sees each of them once instead of
once an epoch.
"""

import numpy as np
from PIL import Image

from catsdogs.data import pictures

VERSION = 1  # of the views' pixels
PLAIN, MIRRORED = 0, 1
MOST = 64  # views
SHARE = (0.7, 1.0)  # of the picture's width and height that is shown
TURN = 12.0  # degrees, at most, to either side
# Before it is rotated, a picture is extended on each side by its mirror image, a fourth of its
# side.
MARGIN = 4


def pixels(data: bytes, size: int, view: int, digest: str) -> np.ndarray:
    """Return a view of the picture in `data`, whose sha256 is `digest`: RGB, `(size, size, 3)`,
    uint8.

    Raise `PictureError` if it cannot be decoded.
    """
    image = pictures.decode(data)
    if view in {PLAIN, MIRRORED}:
        shown = np.asarray(pictures.square(image, size), dtype=np.uint8)
    else:
        shown = _otherwise(image, size, np.random.default_rng([view, int(digest[:16], 16)]))
    return shown[:, ::-1] if view % 2 == MIRRORED else shown


def _otherwise(image: Image.Image, size: int, random: np.random.Generator) -> np.ndarray:
    """Return a part of the picture, rotated a little."""
    width, height = random.uniform(*SHARE, 2) * image.size
    left, top = random.uniform(0, 1, 2) * (image.width - width, image.height - height)
    square = np.asarray(pictures.square(image, size, (left, top, left + width, top + height)))
    margin = size // MARGIN
    continued = np.pad(square, ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    turned = Image.fromarray(continued).rotate(
        random.uniform(-TURN, TURN), Image.Resampling.BILINEAR
    )
    return np.asarray(turned, dtype=np.uint8)[margin : margin + size, margin : margin + size]
