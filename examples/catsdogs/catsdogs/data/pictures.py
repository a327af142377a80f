"""Decode and resize pictures: from a file's bytes to the pixels that the network sees.

Libraries resize differently, which changes accuracy by 0.1 to 0.3 points. So training and
prediction both use this module.
"""

import functools
import importlib.util
import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError, features

from catsdogs.data import kinds

VERSION = 2  # of these pixels: part of the key of everything that is computed from them
# The beginning of the file that a clone without Git LFS has instead of a picture
LFS_POINTER = b"version https://git-lfs.github.com/spec/"


class PictureError(Exception):
    """A file that cannot be decoded as a picture. The text gives the reason in a few words."""


def pixels(data: bytes, size: int) -> np.ndarray:
    """Return the picture in `data`, upright and resized to a square: RGB, `(size, size, 3)`, uint8.

    An animation gives its first frame. Raise `PictureError` if it cannot be decoded.
    """
    return np.asarray(square(decode(data), size), dtype=np.uint8)


def square(
    image: Image.Image, size: int, box: tuple[float, float, float, float] | None = None
) -> Image.Image:
    """Resize `image`, or its part in `box` (left, top, right, bottom), to a square for the
    network.
    """
    return image.resize((size, size), Image.Resampling.BILINEAR, box=box, reducing_gap=None)


def decode(data: bytes) -> Image.Image:
    """Return the decoded picture in `data`, upright and in RGB, or raise `PictureError`."""
    try:
        if kinds.is_heif(data):
            _learn_heif()
        with warnings.catch_warnings():
            # Odd EXIF blocks are common in photographs and do no harm.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                image.load()
                return _rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        if data.startswith(LFS_POINTER):
            raise PictureError("a Git LFS pointer, run `git lfs pull`") from error
        raise PictureError(_unknown(data)) from error
    except Image.DecompressionBombError as error:
        raise PictureError("too large: more than 178 million pixels") from error
    except MemoryError:
        raise
    except Exception as error:
        # Pillow's decoders raise many kinds of exception for damage: SyntaxError for a PNG,
        # struct.error for EXIF, and others.
        about = " ".join(str(error).split())  # libheif's messages have several lines
        raise PictureError(f"damaged: {about}" if about else "damaged") from error


def _unknown(data: bytes) -> str:
    """Return why Pillow recognizes no picture in `data`, and what to do about it."""
    if kinds.is_avif(data):
        # Pillow's wheels have it from 11.3 on.
        remedy = "AVIF, which needs a newer Pillow: run `make upgrade PKG=pillow`"
        return "damaged" if features.check("avif") else remedy
    if kinds.is_heif(data):
        remedy = (
            "HEIC, which needs `pillow-heif`: add it to `requirements.in` and run "
            "`make requirements`"
        )
        return "damaged" if _learn_heif() else remedy
    return "not a picture" if data else "empty"


def readers() -> str:
    """Return the kinds of pictures that are read here, but not everywhere."""
    kinds = [("-avif", features.check("avif")), ("-heic", importlib.util.find_spec("pillow_heif"))]
    return "".join(kind for kind, found in kinds if found)


@functools.cache
def _learn_heif() -> bool:
    """Let Pillow read HEIC if pillow-heif is installed, and return whether it is."""
    try:
        pillow_heif = importlib.import_module("pillow_heif")
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def _rgb(image: Image.Image) -> Image.Image:
    """Return `image` as 8-bit RGB.

    Pillow clips 16-bit grey at 255 instead of scaling it, so it is scaled here; and it shows what
    transparent pixels hide, so these become white, as on a page.
    """
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if image.mode.startswith("I") else max(float(values.max()), 1.0)
        image = Image.fromarray((values.clip(0, top) * (255.0 / top)).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
