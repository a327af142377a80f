"""Measure what `BALANCE=1` does: a frozen network learns from many pictures of one class and few of
another, and is tested on all that it has not seen.

From the example's folder, with its environment, and features in the cache (`make features`):

    python -m tests.campaigns.balance DATA WEIGHTS [BUILD [SIZE [MANY:FEW]]]
"""

import sys

import numpy as np

from catsdogs.data import dataset
from catsdogs.network import features
from catsdogs.network.features import Sight
from catsdogs.settings import settle
from catsdogs.training import head
from catsdogs.training.head import Part

DRAWS = 10


def main(
    data: str, weights: str, build: str = "build", size: str = "", pictures: str = "950:50"
) -> None:
    """Print each class's accuracy, and their mean, over ten draws, without and with balance."""
    many, few = map(int, pictures.split(":"))
    settings = settle(build, data=data, weights=weights, size=size)
    source, found = dataset.open_data(settings.data, settings.cache, 0)
    seen = features.compute(source, found.pictures, Sight(settings.network()), settings.cache)
    digests = [picture.digest for picture in found.pictures]
    inputs = seen.of(digests).astype(np.float32)
    labels = np.array([found.classes.index(picture.label) for picture in found.pictures])
    for balanced in (False, True):
        hits, totals = np.zeros((2, len(found.classes)), dtype=int)
        for draw in range(DRAWS):
            order = np.random.default_rng(draw).permutation(len(labels))
            rows = [order[labels[order] == index] for index in range(len(found.classes))]
            counts = [many, *[few] * (len(rows) - 1)]
            chosen = np.concatenate([row[:count] for row, count in zip(rows, counts, strict=True)])
            known = labels[chosen]
            weighed = head.balanced(known) if balanced else None
            fitted = head.fit_only(Part(inputs[chosen], known, weighed), len(rows))
            for index, (row, count) in enumerate(zip(rows, counts, strict=True)):
                answers = fitted.logits(inputs[row[count:]]).argmax(axis=1)
                hits[index] += (answers == index).sum()
                totals[index] += len(answers)
        print(f"BALANCE={int(balanced)}: {many} of {found.classes[0]}, {few} of each other class")
        for name, right, total in zip(found.classes, hits, totals, strict=True):
            print(f"  {name} {right / total:.4f}, {right} of {total}")
        print(f"  balanced accuracy {np.mean(hits / totals):.4f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
