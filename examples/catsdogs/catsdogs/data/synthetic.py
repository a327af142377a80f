"""Synthetic pictures to try everything without data: two textures, stripes and spots.

Every picture has random colours, scale, angle and noise, so that only the texture distinguishes
the two classes.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from catsdogs.support.atomic import aside

VERSION = 1
SIDE = 96  # px of a picture
EACH = 120  # pictures of a class
CLASSES = ("spots", "stripes")


def folder(cache: Path, seed: int) -> Path:
    """Return the folder with the pictures, one subfolder per class; draw it in `cache` if
    missing.
    """
    target = cache / f"synthetic-v{VERSION}-seed{seed}"
    if not target.is_dir():
        with aside(target) as room:
            for label in CLASSES:
                _draw_class(room / label, label, seed)
    return target


def _draw_class(room: Path, label: str, seed: int) -> None:
    room.mkdir(parents=True)
    random = np.random.default_rng([seed, CLASSES.index(label)])
    for number in range(EACH):
        Image.fromarray(draw(label, random)).save(room / f"{number:03}.png")


def draw(label: str, random: np.random.Generator) -> np.ndarray:
    """Draw one picture of a texture: RGB, `(SIDE, SIDE, 3)`, uint8."""
    angle, phase = random.uniform(-0.4, 0.4), random.uniform(0, 2 * np.pi, 2)  # radians
    wavelength = random.uniform(8, 14)  # px
    y, x = np.mgrid[:SIDE, :SIDE] * (2 * np.pi / wavelength)
    wave = np.sin(x * np.cos(angle) + y * np.sin(angle) + phase[0])
    if label == "spots":
        wave *= np.sin(y * np.cos(angle) - x * np.sin(angle) + phase[1])
    dark, light = random.uniform(0, 60, 3), random.uniform(195, 255, 3)
    mixed = dark + (light - dark) * (wave[..., np.newaxis] + 1) / 2
    return np.asarray(mixed + random.normal(0, 8, mixed.shape)).clip(0, 255).astype(np.uint8)
