"""Decoding and resizing."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from catsdogs.data import pictures


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def cmyk() -> bytes:
    return encoded(Image.new("CMYK", (30, 20), (0, 255, 255, 0)), "JPEG")


def grey() -> bytes:
    return encoded(Image.new("L", (30, 20), 128), "JPEG")


def sixteen_bit() -> bytes:
    return encoded(Image.fromarray(np.full((20, 30), 128 * 257, dtype=np.uint16)), "PNG")


def palette() -> bytes:
    return encoded(Image.new("RGB", (30, 20), (255, 0, 0)).convert("P"), "PNG", transparency=0)


def animated() -> bytes:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def one_pixel() -> bytes:
    return encoded(Image.new("RGB", (1, 1), (255, 0, 0)), "PNG")


def exif_of_a_wrong_type() -> bytes:
    """A rotated photograph whose EXIF width has the type of a text."""
    exif = Image.Exif()
    exif[0x0112], exif[0x0100] = 6, 30
    return encoded(Image.new("RGB", (30, 20)), "JPEG", exif=exif).replace(
        b"\x01\x00\x00\x04\0\0\0\x01", b"\x01\x00\x00\x02\0\0\0\x01"
    )


def dds_without_a_format() -> bytes:
    data = encoded(Image.new("RGB", (30, 20)), "DDS")
    return data[:80] + bytes(4) + data[84:]


RED, GREY = (255, 0, 0), (128, 128, 128)


@pytest.mark.parametrize(
    ("make", "colour"),
    [
        (cmyk, RED),
        (grey, GREY),
        (sixteen_bit, GREY),
        (palette, RED),
        (animated, RED),
        (one_pixel, RED),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_kind_becomes_rgb(make: Callable[[], bytes], colour: tuple[int, int, int]) -> None:
    """A picture of any kind becomes a square of 8-bit RGB with its colour unchanged."""
    found = pictures.pixels(make(), 16)
    assert (found.shape, found.dtype) == ((16, 16, 3), np.dtype(np.uint8))
    assert np.abs(found.reshape(-1, 3).mean(axis=0) - colour).max() <= 3


def test_exif_rotation_is_undone() -> None:
    """A photograph with an EXIF rotation is made upright before it is resized."""
    image = Image.new("RGB", (40, 20), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate a quarter turn clockwise: the left side becomes the top
    found = pictures.pixels(encoded(image, "PNG", exif=exif), 10)
    assert pictures.decode(encoded(image, "PNG", exif=exif)).size == (20, 40)
    assert found[0, :, 0].min() > 250
    assert found[-1, :, 2].min() > 250


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"",
            b"not a picture at all",
            grey()[:-200],
            encoded(Image.new("RGB", (64, 64)), "PNG")[:-40],
            one_pixel()[:20],
        ),
        *(exif_of_a_wrong_type(), dds_without_a_format()),
    ],
    ids=[
        "empty",
        "text",
        "jpeg-cut-short",
        "png-cut-short",
        "header-only",
        "exif-of-a-wrong-type",
        "dds-without-a-format",
    ],
)
def test_damage_is_named(data: bytes) -> None:
    """A file that cannot be decoded completely raises `PictureError`, and no other exception."""
    with pytest.raises(pictures.PictureError, match=r"\w"):
        pictures.pixels(data, 16)


def test_too_many_pixels_are_refused_unread() -> None:
    """A picture that would fill the memory is refused after reading only its header."""
    with pytest.raises(pictures.PictureError, match="too large"):
        pictures.decode(encoded(Image.new("1", (20_000, 20_000)), "PNG"))


def test_too_little_memory_is_not_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """If memory is too small for a picture, the run fails; the picture does not count as
    damaged.
    """

    def without_memory(_: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(pictures, "_rgb", without_memory)
    with pytest.raises(MemoryError):
        pictures.decode(one_pixel())
