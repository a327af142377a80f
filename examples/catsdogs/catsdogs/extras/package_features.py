"""Make `results/mistake.npz`: features of a few of Kaggle's photographs, without the photographs.

python -m catsdogs.extras.package_features dogs-vs-cats.zip [vgg16_notop.weights.h5]
"""

import sys
from pathlib import Path

import numpy as np

from catsdogs.data.dataset import Picture
from catsdogs.network import features
from catsdogs.network.backbones import SCALED
from catsdogs.network.features import Sight
from catsdogs.results import mistake
from catsdogs.results.mistake import Pair
from catsdogs.settings import Settings, settle

EACH = 200  # photographs of each class: those with the lowest numbers
SIZE = 150  # px, as in the lessons that make the mistake


def chosen(settings: Settings) -> list[Picture]:
    """Return the first `EACH` photographs of each class, in the order of their numbers."""
    _, found = settings.opened()
    numbered = sorted(found.pictures, key=lambda one: int(one.name.rsplit(".", 2)[1]))
    return [
        one
        for label in found.classes
        for one in [picture for picture in numbered if picture.label == label][:EACH]
    ]


def make(data: str, weights: str, build: Path) -> tuple[Pair, list[str]]:
    """Return the features of the chosen photographs, and the photographs' sha256."""
    settings = settle(str(build), data=data, weights=weights, size=str(SIZE))
    source, found = settings.opened()
    members = chosen(settings)
    digests = [picture.digest for picture in members]
    seen = [
        features.compute(source, members, Sight(settings.network(way)), settings.cache).of(digests)
        for way in ("", SCALED)
    ]
    labels = np.array([found.classes.index(one.label) for one in members], dtype=np.int64)
    return Pair(seen[0], seen[1], labels), digests


def main(words: list[str]) -> None:
    """Write the file."""
    data, weights = (*words, "")[:2]
    pair, digests = make(data, weights, Path("build"))
    rows = np.array([list(bytes.fromhex(digest)) for digest in digests], dtype=np.uint8)
    mistake.save(pair, rows, mistake.PACKAGED)
    print(*mistake.compare(pair).lines(), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
