"""Find the files that differ between two images, and why."""

import itertools
from collections.abc import Iterator

from labcoat.container.inspect.image_archive import ArchiveEntry, ImageArchive
from labcoat.core.records import Record


class ImageDifference(Record):
    """A file that differs, its layer (the base's first is 0), and the reason."""

    layer: int
    path: str
    reason: str

    def __str__(self) -> str:
        return f"layer {self.layer}: {self.path} ({self.reason})"


def diff_images(one: ImageArchive, other: ImageArchive) -> Iterator[ImageDifference]:
    """Yield the files that differ, layer by layer; layers with equal digests are not read."""
    for layer, (left, right) in enumerate(itertools.zip_longest(one.layers, other.layers)):
        if left == right:
            continue
        if left is None or right is None:
            yield ImageDifference(layer, "", "only one image has this layer")
            continue
        yield from _diff_layer(layer, list(one.entries(layer)), list(other.entries(layer)))


def _diff_layer(
    layer: int, left: list[ArchiveEntry], right: list[ArchiveEntry]
) -> Iterator[ImageDifference]:
    ours, theirs = ({entry.path: entry for entry in entries} for entries in (left, right))
    found = False
    for path in sorted(ours.keys() | theirs.keys()):
        if reason := explain_difference(ours.get(path), theirs.get(path)):
            found = True
            yield ImageDifference(layer, path, reason)
    if not found:
        moved = next((a.path for a, b in zip(left, right, strict=False) if a.path != b.path), "")
        yield ImageDifference(layer, moved, "order" if moved else "format of the archive")


def explain_difference(one: ArchiveEntry | None, other: ArchiveEntry | None) -> str:
    """Return in what two entries with one path differ; "" if they are equal."""
    if one is None or other is None:
        return "only in one image"
    if one.kind != other.kind or one.target != other.target:
        return "type"
    if one.digest != other.digest:
        return ".pyc" if one.path.endswith(".pyc") else "content"
    if one.owner != other.owner:
        return "owner"
    if one.mode != other.mode:
        return "mode"
    return "time" if one.time != other.time else ""
