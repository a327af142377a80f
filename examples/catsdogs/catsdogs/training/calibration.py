"""What a model's confidence is worth, found on pictures that it was not trained on: a temperature,
and a threshold.

A network that has seen its training pictures often is surer than it is right. Dividing its logits
by one number, the temperature, mends that and changes no answer (Guo et al., 2017, ICML). Below the
threshold the answer is "not sure".
"""

import numpy as np
from numpy.typing import NDArray

from catsdogs.training.head import Floats, log_loss, softmax

SURE = 0.99  # of the answers above the threshold at least so many are right
SPREAD = 0.5  # standard deviation of the temperature's logarithm, before any picture is seen
TEMPERATURES = np.exp(np.linspace(-2, 3, 501))  # that are tried: from 0.14 to 20


def answers(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities, `(n, classes)`: the mean over the views of each picture, `(views, n,
    classes)`.
    """
    return np.asarray(np.mean([softmax(view / temperature) for view in logits], axis=0))


def temperature(logits: Floats, labels: NDArray[np.int64]) -> float:
    """The most probable temperature. Without pictures it is 1; where all answers are right, no wish
    for certainty.
    """
    prior = np.log(TEMPERATURES) ** 2 / (2 * SPREAD**2)
    losses = [log_loss(answers(logits, one), labels) * len(labels) for one in TEMPERATURES]
    return float(TEMPERATURES[np.argmin(losses + prior)])


def threshold(probabilities: Floats, labels: NDArray[np.int64]) -> float:
    """The lowest confidence from which on at least `SURE` of the answers are right."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.nonzero(shares >= SURE)[0]
    if len(enough) == len(order):
        return 0.0
    return float(confidence[order][enough[-1]]) if len(enough) else 1.0
