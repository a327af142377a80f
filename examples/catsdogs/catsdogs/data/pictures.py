"""From a file's bytes to the pixels that the network sees: the one place where pictures are decoded
and resized.

Libraries differ in how they resize, by 0.1 to 0.3 points of accuracy. So training and prediction
both come here.
"""

import io
import warnings
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

VERSION = 1  # of these pixels: part of every key under which something made from them is kept
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"})
# What a clone without Git LFS has in a picture's place
LFS_POINTER = b"version https://git-lfs.github.com/spec/"


class Broken(Exception):
    """A file that is no picture, or only a part of one. The text says why, in a few words."""


def is_picture(name: str) -> bool:
    """Whether a file of this name, with `/` between folders, is taken for a picture."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not is_hidden(name)


def is_hidden(name: str) -> bool:
    """Whether a part of this name says that it is not meant to be seen."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def pixels(data: bytes, size: int) -> np.ndarray:
    """The picture in `data`, upright, squashed to a square: RGB, `(size, size, 3)`, uint8 from 0 to
    255.

    Of an animation, the first frame. Raises `Broken`.
    """
    return np.asarray(square(decode(data), size), dtype=np.uint8)


def square(
    image: Image.Image, size: int, box: tuple[float, float, float, float] | None = None
) -> Image.Image:
    """`image`, or the part of it in `box` (left, top, right, bottom), squashed to a square as the
    network sees it.
    """
    return image.resize((size, size), Image.Resampling.BILINEAR, box=box, reducing_gap=None)


def decode(data: bytes) -> Image.Image:
    """The picture in `data`, every pixel of it decoded, upright and in RGB. Raises `Broken`."""
    try:
        with warnings.catch_warnings():
            # Odd EXIF blocks are common in photographs and do no harm.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                image.load()
                return _rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        if data.startswith(LFS_POINTER):
            raise Broken("only Git LFS's pointer to a picture: git lfs pull fetches it") from error
        raise Broken("not a picture") from error
    except Image.DecompressionBombError as error:
        raise Broken("too large: more than 178 million pixels") from error
    except MemoryError:
        raise
    except Exception as error:
        # Pillow's decoders report damage by whatever they trip over: SyntaxError in a PNG,
        # struct.error in EXIF, and others.
        raise Broken(f"damaged: {error}" if str(error) else "damaged") from error


def _rgb(image: Image.Image) -> Image.Image:
    """`image` as 8-bit RGB. Pillow clips 16-bit grey at 255 where it should divide, so that is done
    here.
    """
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if image.mode.startswith("I") else max(float(values.max()), 1.0)
        image = Image.fromarray((values.clip(0, top) * (255.0 / top)).round().astype(np.uint8))
    return image.convert("RGB")
