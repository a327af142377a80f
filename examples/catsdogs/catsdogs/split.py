"""Which pictures are trained on and which are kept back: decided once, by a seed, and written to a file.

The order in which pictures are drawn is that of sha256 over the seed and the picture's own bytes. So it depends neither on
names nor on the file system, is the same with every version of every library, and pictures that look the same always
land on the same side.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .atomic import aside
from .data import Picture

VERSION = 2
TRAINING, VALIDATION = "training", "validation"
SHARE = 0.2  # of each class is kept back for validation


@dataclass(frozen=True)
class Row:
    """A line of the manifest: which picture, its sha256, class, and the part it belongs to."""

    path: str
    sha256: str
    label: str
    part: str


def split(pictures: Iterable[Picture], seed: int, share: float = SHARE) -> list[Row]:
    """Divide `pictures` so that `share` of every class, and at least one picture of it, is for validation."""
    pictures = list(pictures)
    classes = defaultdict(set)
    for picture in pictures:
        classes[picture.label].add(picture.scene)
    kept_back = {scene for scenes in classes.values() for scene in _draw(scenes, seed, share)}
    rows = [
        Row(picture.name, picture.digest, picture.label, VALIDATION if picture.scene in kept_back else TRAINING)
        for picture in pictures
    ]
    return sorted(rows, key=lambda row: (row.part, row.label, row.sha256, row.path))


def _draw(scenes: set[str], seed: int, share: float) -> list[str]:
    shuffled = sorted(scenes, key=lambda scene: hashlib.sha256(f"{seed} {scene}".encode()).digest())
    return shuffled[: max(1, round(len(scenes) * share))]


def write(rows: list[Row], target: Path) -> None:
    """Write the manifest as CSV: `path,sha256,label,part`."""
    with aside(target) as room, room.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row.__annotations__)
        writer.writerows((row.path, row.sha256, row.label, row.part) for row in rows)
