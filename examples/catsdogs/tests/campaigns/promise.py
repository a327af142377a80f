"""Measure whether the threshold keeps its promise on other pictures: frozen VGG16, on ten splits.

From the example's folder, with its environment, and features in the cache (`make features`):

    python -m tests.campaigns.promise DATA WEIGHTS [BUILD [SIZE]]
"""

import sys

import numpy as np

from catsdogs.data import dataset, split
from catsdogs.data.manifest import TEST, TRAINING, VALIDATION
from catsdogs.network import features
from catsdogs.settings import settle
from catsdogs.training import calibration, learn
from catsdogs.training.lessons import LESSONS

SPLITS = 10


def main(data: str, weights: str, build: str = "build", size: str = "") -> None:
    """Print a line for each split: its promise, and how many of the test part's sure predictions
    are right.
    """
    settings = settle(build, data=data, weights=weights, size=size)
    lesson, network = LESSONS["frozen"], settings.network()
    source, found = dataset.open_data(settings.data, settings.cache, 0)
    material = learn.Material(source, found.pictures, found.classes, settings.cache)
    features.prepare(source, found.pictures, learn.sights(lesson, network), settings.cache)
    missed = 0
    for seed in range(SPLITS):
        rows = split.divide(found.pictures, seed, settings.split)
        learned = learn.learn(lesson, material, rows, network)
        known = {
            part: learn.labels([row for row in rows if row.part == part], found.classes)
            for part in (TRAINING, VALIDATION, TEST)
        }
        temperature, sure = learn.calibrated(
            (learned.validation, known[VALIDATION]), learn.held_out(lesson, material, rows, network)
        )
        answers = calibration.answers(learned.test, temperature)
        above = answers.max(axis=1) >= sure.threshold
        right = int((answers.argmax(axis=1) == known[TEST])[above].sum())
        share = right / max(1, int(above.sum()))
        missed += share < sure.promise
        total = len(answers)
        print(
            f"split {seed}: {np.mean(answers.argmax(axis=1) == known[TEST]):.4f} of all are right; "
            f"{sure.promise:.2f} promised above {sure.threshold:.4f}, {right} of {above.sum()} "
            f"({share:.4f}), sure of {above.sum() / total:.3f}",
            flush=True,
        )
    print(f"{missed} of {SPLITS} below what was promised")


if __name__ == "__main__":
    main(*sys.argv[1:])
