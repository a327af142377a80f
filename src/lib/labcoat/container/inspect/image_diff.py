"""Where two images that should be the same are not, and why."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from labcoat.container.inspect.image_archive import ArchiveEntry, ImageArchive


@dataclass(frozen=True)
class ImageDifference:
    """A file that differs, in which layer (the base's is 0), and in what."""

    layer: int
    path: str
    why: str

    def __str__(self) -> str:
        return f"layer {self.layer}: {self.path} ({self.why})"


def diff_images(one: ImageArchive, other: ImageArchive) -> Iterator[ImageDifference]:
    """The files that differ, layer by layer; layers of one digest are not read."""
    for layer, (left, right) in enumerate(itertools.zip_longest(one.layers, other.layers)):
        if left == right:
            continue
        if left is None or right is None:
            yield ImageDifference(layer, "", "only one image has this layer")
            continue
        yield from _in_layer(layer, list(one.entries(layer)), list(other.entries(layer)))


def _in_layer(
    layer: int, left: list[ArchiveEntry], right: list[ArchiveEntry]
) -> Iterator[ImageDifference]:
    ours, theirs = ({entry.path: entry for entry in entries} for entries in (left, right))
    found = False
    for path in sorted(ours.keys() | theirs.keys()):
        if why := explain_difference(ours.get(path), theirs.get(path)):
            found = True
            yield ImageDifference(layer, path, why)
    if not found:
        moved = next((a.path for a, b in zip(left, right, strict=False) if a.path != b.path), "")
        yield ImageDifference(layer, moved, "order" if moved else "how the archive is written")


def explain_difference(one: ArchiveEntry | None, other: ArchiveEntry | None) -> str:
    """In what two entries of one path differ; empty where they do not."""
    if one is None or other is None:
        return "only in one of the two"
    if one.kind != other.kind or one.target != other.target:
        return "type"
    if one.digest != other.digest:
        return ".pyc" if one.path.endswith(".pyc") else "content"
    if one.owner != other.owner:
        return "owner"
    if one.mode != other.mode:
        return "mode"
    return "time" if one.time != other.time else ""
