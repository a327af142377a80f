"""The head: logistic regression, implemented here because scikit-learn's results differ in bytes.

The head is the part that is trained: one linear layer over the features, with softmax. `make prove`
needs the same bytes on every level of isolation and on any number of processors, and the chart
needs the loss after every step. scikit-learn stops at a tolerance, and provides neither.

With a frozen backbone the problem is small and convex: it has one optimum. Accelerated gradient
descent (Nesterov, 1983) reaches it in a second or two, with all pictures in every step, so there is
no learning rate to tune, no order of pictures to shuffle, and no randomness.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catsdogs.support.atomic import aside

STEPS = 300
# Prior variance of a logit; it determines the penalty on weights
LOGIT_VARIANCE = 10.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """Probabilities are `softmax(features @ kernel + bias)`; `kernel` has shape `(features,
    classes)`.
    """

    kernel: Floats
    bias: Floats

    def probabilities(self, features: NDArray[np.float32]) -> Floats:
        """Return probabilities: `(n, features)` → `(n, classes)`."""
        return softmax(self.logits(features))

    def logits(self, features: NDArray[np.float32]) -> Floats:
        """Return the same before softmax."""
        return np.asarray(features.astype(np.float64) @ self.kernel + self.bias)

    def cooled(self, temperature: float) -> "Head":
        """Return a head whose logits are divided by `temperature`."""
        return Head(self.kernel / temperature, self.bias / temperature)


@dataclass(frozen=True)
class Part:
    """Features, `(n, features)`, the index of each one's class, `(n,)`, and how much each counts in
    training, `(n,)`, if not all count the same.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    weights: Floats | None = None


def save(head: Head, target: Path) -> None:
    """Write only the head's numbers, `(features + 1, classes)` with the bias last, so that the same
    head gives the same bytes.
    """
    with aside(target) as room:
        np.save(room, np.vstack([head.kernel, head.bias]))


def softmax(logits: Floats) -> Floats:
    """Return probabilities from logits, `(n, classes)`, without overflow."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def log_loss(probabilities: Floats, labels: NDArray[np.int64]) -> float:
    """Return the mean cross-entropy in nats."""
    right = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(right, 1e-15)).mean())


def accuracy(probabilities: Floats, labels: NDArray[np.int64]) -> float:
    """Return the share of rows whose most probable class is the right one."""
    return float((probabilities.argmax(axis=1) == labels).mean())


def balanced(labels: NDArray[np.int64]) -> Floats:
    """Return a weight for each row, with which all classes count the same; their mean is 1."""
    _, which, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return np.asarray(len(labels) / (len(counts) * counts))[which]


def fit(
    training: Part, validation: Part, classes: int, views: int = 1
) -> tuple[Head, dict[str, list[float]]]:
    """Fit the head to `training`; return it with its losses and accuracies after every step.

    `validation` is only monitored. `views` is the number of views of each picture in `training`;
    the penalty on weights counts each picture once.
    """
    mean, scale = _standard(training.features)
    inputs, watched = (
        _with_ones((part.features - mean) / scale) for part in (training, validation)
    )
    history: dict[str, list[float]] = {
        "loss": [],
        "accuracy": [],
        "val_loss": [],
        "val_accuracy": [],
    }
    weights = np.zeros((inputs.shape[1], classes))
    cost = penalty(inputs.shape[1] - 1, len(inputs) // views)
    for step in _descend(inputs, training, weights, cost):
        weights = step
        for prefix, rows, labels in (
            ("", inputs, training.labels),
            ("val_", watched, validation.labels),
        ):
            probabilities = softmax(rows @ weights)
            history[f"{prefix}loss"].append(log_loss(probabilities, labels))
            history[f"{prefix}accuracy"].append(accuracy(probabilities, labels))
    # The standardization is folded into the layer, so that the saved model needs no other layer.
    return _folded(weights, mean, scale), history


def fit_only(training: Part, classes: int, views: int = 1) -> Head:
    """Return the head that `fit` does, without losses and accuracies."""
    mean, scale = _standard(training.features)
    inputs = _with_ones((training.features - mean) / scale)
    weights = np.zeros((inputs.shape[1], classes))
    cost = penalty(inputs.shape[1] - 1, len(inputs) // views)
    *_, weights = _descend(inputs, training, weights, cost)
    return _folded(weights, mean, scale)


def _folded(weights: Floats, mean: Floats, scale: float) -> Head:
    kernel = weights[:-1] / scale
    return Head(kernel, weights[-1] - mean @ kernel)


def penalty(features: int, pictures: int) -> float:
    """Return the factor of half the squared weights, which is added to the mean log-loss.

    It gives the most probable weights under a normal prior around zero, with the variance at which
    the logit of an average picture has the variance `LOGIT_VARIANCE`. So the more pictures there
    are, the smaller it is.
    """
    return features / (LOGIT_VARIANCE * pictures)


def _standard(features: NDArray[np.float32]) -> tuple[Floats, float]:
    """Return each feature's mean, and one scale for all: the square root of their mean variance.

    A separate scale for each would amplify the network's weakest features, and costs 0.7 points of
    accuracy.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    scale = float(np.sqrt(features.var(axis=0, dtype=np.float64).mean()))
    return mean, scale or 1.0


def _with_ones(rows: Floats) -> Floats:
    return np.hstack([rows, np.ones((len(rows), 1))])


def _descend(inputs: Floats, training: Part, weights: Floats, cost: float) -> Iterator[Floats]:
    """Yield the weights after every step of minimizing the log-loss and the penalty.

    The bias, in the last row, has no penalty.
    """
    target = np.eye(weights.shape[1])[training.labels]
    counted = inputs if training.weights is None else inputs * training.weights[:, np.newaxis]
    costs = np.full((len(weights), 1), cost)
    costs[-1] = 0
    # The curvature of softmax is at most half that of the squared inputs: Böhning, 1992, Ann. Inst.
    # Stat. Math. 44, 197-200.
    steepest = np.linalg.eigvalsh(inputs.T @ counted / len(inputs))[-1] / 2 + cost
    momentum = (np.sqrt(steepest) - np.sqrt(cost)) / (np.sqrt(steepest) + np.sqrt(cost))
    ahead = weights
    for _ in range(STEPS):
        slope = counted.T @ (softmax(inputs @ ahead) - target) / len(inputs) + costs * ahead
        before, weights = weights, ahead - slope / steepest
        ahead = weights + momentum * (weights - before)
        yield weights
