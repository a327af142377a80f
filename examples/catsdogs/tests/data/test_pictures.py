"""Decoding and resizing."""

import io
import struct
import sys
import types
import zlib
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


def transparent() -> bytes:
    """A picture whose transparent pixels hide black."""
    return encoded(Image.new("RGBA", (20, 30), (0, 0, 0, 0)), "PNG")


def grey() -> bytes:
    return encoded(Image.new("L", (30, 20), 128), "JPEG")


def sixteen_bit() -> bytes:
    return encoded(Image.fromarray(np.full((20, 30), 128 * 257, dtype=np.uint16)), "PNG")


def palette() -> bytes:
    return encoded(Image.new("RGB", (30, 20), (255, 0, 0)).convert("P"), "PNG", transparency=0)


def animated() -> bytes:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def claiming(width: int, height: int) -> bytes:
    """A small PNG whose header claims another size."""
    data = encoded(Image.new("1", (8, 8)), "PNG")
    header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


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
        (transparent, (255, 255, 255)),
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
        pictures.decode(claiming(20_000, 20_000))


def test_too_little_memory_is_not_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """If memory is too small for a picture, the run fails; the picture does not count as
    damaged.
    """

    def without_memory(_: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(pictures, "_rgb", without_memory)
    with pytest.raises(MemoryError):
        pictures.decode(one_pixel())


def test_avif_and_heic_are_read_or_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow reads AVIF, and pillow-heif HEIC. Without them the remedy is named; with them, a file
    that cannot be read is damaged.
    """
    avif = encoded(Image.new("RGB", (30, 20), (255, 0, 0)), "AVIF")
    assert np.abs(pictures.pixels(avif, 16).mean(axis=(0, 1)) - (255, 0, 0)).max() <= 3
    heic = b"\0\0\0\x18ftypheic" + bytes(100)
    for data, reason in ((avif[:40], "^damaged$"), (heic, "HEIC, which needs `pillow-heif`")):
        with pytest.raises(pictures.PictureError, match=reason):
            pictures.decode(data)

    asked = []
    stand_in = types.SimpleNamespace(register_heif_opener=lambda: asked.append(1))
    monkeypatch.setitem(sys.modules, "pillow_heif", stand_in)
    monkeypatch.setattr(pictures.features, "check", lambda _: False)
    pictures._learn_heif.cache_clear()
    for data, reason in ((avif[:40], "AVIF, which needs a newer Pillow"), (heic, "^damaged$")):
        with pytest.raises(pictures.PictureError, match=reason):
            pictures.decode(data)
    assert asked == [1]
    pictures._learn_heif.cache_clear()
