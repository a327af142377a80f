"""Calibrate a model's confidence on pictures that it was not trained on: temperature and threshold.

A network that has seen its training pictures often is overconfident. Dividing its logits by one
number, the temperature, fixes that without changing any prediction (Guo et al., 2017, ICML). Below
the threshold the prediction is "not sure".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catsdogs.training.head import Floats, log_loss, softmax

# At least this share of the predictions above the threshold is right: the first that can be
# promised. With fewer pictures, only a smaller one can.
PROMISES = (0.99, 0.98, 0.95, 0.9)
CONFIDENCE = 0.95  # of a promise
NEXT = 100  # predictions, which should keep the promise too: it speaks of so many
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


@dataclass(frozen=True)
class Sure:
    """At least a share of `promise` of the predictions above `threshold` is right; a promise of 0
    does not exist. It was found on `held_out` predictions.
    """

    threshold: float
    promise: float
    held_out: int


def sure(probabilities: Floats, labels: NDArray[np.int64]) -> Sure:
    """Return the lowest threshold above which as much as possible can be promised.

    The predictions must be those of pictures that their model was not trained on. A promise is kept
    if the lower bound of the share of right predictions above the threshold keeps it, and if the
    next hundred of them probably keep it too: a share that is only observed would often be missed
    on other pictures.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    order = np.argsort(-confidence, kind="stable")
    confidence = confidence[order]
    hits, totals = np.cumsum(right[order]), np.arange(1, len(order) + 1)
    bounds = at_least(hits, totals)
    last = np.append(confidence[1:] < confidence[:-1], True)[: len(order)]  # of equal confidences
    for promise in PROMISES:
        kept = (bounds >= promise) & (next_keep(promise, hits, totals) >= CONFIDENCE)
        enough = np.nonzero(kept & last)[0]
        if len(enough):
            everything = enough[-1] == len(order) - 1
            lowest = 0.0 if everything else float(confidence[enough[-1]])
            return Sure(lowest, promise, len(order))
    return Sure(1.0, 0.0, len(order))


def at_least(hits: NDArray[np.int64], totals: NDArray[np.int64]) -> Floats:
    """Return the exact, one-sided lower bounds of shares, `hits` out of `totals`.

    299 hits of 299 give 0.99. C. J. Clopper and E. S. Pearson, 1934, Biometrika 26, 404-413.
    """
    from scipy.special import betaincinv

    bounds = betaincinv(np.maximum(hits, 1), totals - hits + 1, 1 - CONFIDENCE)
    return np.where(hits > 0, bounds, 0.0)


def next_keep(promise: float, hits: NDArray[np.int64], totals: NDArray[np.int64]) -> Floats:
    """Return the probability that at least a share of `promise` of the next `NEXT` predictions is
    right, after `hits` right ones of `totals`.

    It is the beta-binomial distribution with Jeffreys' prior: H. Jeffreys, 1946, Proc. R. Soc. A
    186, 453-461.
    """
    from scipy.special import betaln, binom

    right, wrong = hits + 0.5, totals - hits + 0.5
    mistakes = range(round(NEXT * (1 - promise)) + 1)
    return np.asarray(
        sum(
            binom(NEXT, count)
            * np.exp(betaln(wrong + count, right + NEXT - count) - betaln(wrong, right))
            for count in mistakes
        )
    )


def faultless(promise: float) -> int:
    """Return how many right predictions, without a wrong one, a promise takes."""
    return int(np.ceil(np.log(1 - CONFIDENCE) / np.log(promise)))
