"""Calibrate a model's confidence on pictures that it was not trained on: temperature and threshold.

A network that has seen its training pictures often is overconfident. Dividing its logits by one
number, the temperature, fixes that without changing any prediction (Guo et al., 2017, ICML). Below
the threshold the prediction is "not sure".
"""

import numpy as np
from numpy.typing import NDArray

from catsdogs.training.head import Floats, log_loss, softmax

SURE = 0.99  # at least this share of the predictions above the threshold is right
SPREAD = 0.5  # prior standard deviation of the temperature's logarithm
TEMPERATURES = np.exp(np.linspace(-2, 3, 501))  # to try: from 0.14 to 20


def answers(logits: Floats, temperature: float = 1.0) -> Floats:
    """Return probabilities, `(n, classes)`: means over each picture's views, `(views, n,
    classes)`.
    """
    return np.asarray(np.mean([softmax(view / temperature) for view in logits], axis=0))


def temperature(logits: Floats, labels: NDArray[np.int64]) -> float:
    """Return the most probable temperature.

    It is 1 without pictures; the prior keeps it near 1 if all predictions are right.
    """
    prior = np.log(TEMPERATURES) ** 2 / (2 * SPREAD**2)
    losses = [log_loss(answers(logits, one), labels) * len(labels) for one in TEMPERATURES]
    return float(TEMPERATURES[np.argmin(losses + prior)])


def threshold(probabilities: Floats, labels: NDArray[np.int64]) -> float:
    """Return the lowest confidence above which at least `SURE` of the predictions are right."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.nonzero(shares >= SURE)[0]
    if len(enough) == len(order):
        return 0.0
    return float(confidence[order][enough[-1]]) if len(enough) else 1.0
