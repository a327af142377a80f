"""The head: its optimum, and independence of the validation part."""

import numpy as np
import pytest

from catsdogs.training import head
from catsdogs.training.head import Part


def blobs(classes: int, count: int, seed: int = 0) -> Part:
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    centres = np.random.default_rng(99).normal(0, 2, (classes, 10))
    return Part((centres[labels] + random.normal(0, 1, (count, 10))).astype(np.float32), labels)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_optimum_is_reached(classes: int) -> None:
    """At the end the gradient of the objective is zero: no other head is better."""
    training, validation = blobs(classes, 200), blobs(classes, 100, seed=1)
    fitted, history = head.fit(training, validation, classes)
    scale = np.sqrt(training.features.var(axis=0, dtype=np.float64).mean())
    inputs = (training.features - training.features.mean(axis=0, dtype=np.float64)) / scale
    error = fitted.probabilities(training.features) - np.eye(classes)[training.labels]
    slope = inputs.T @ error / len(inputs) + head.penalty(10, 200) * fitted.kernel * scale
    assert np.abs(slope).max() < 1e-4
    assert np.abs(error.mean(axis=0)).max() < 1e-4
    assert history["val_accuracy"][-1] > 0.9
    assert history["loss"][-1] < history["loss"][0]


def test_constant_features_do_no_harm() -> None:
    """A feature that is zero in every picture, like a dead channel, gets no weight."""
    training, validation = blobs(2, 100), blobs(2, 50, seed=1)
    training.features[:, 3] = validation.features[:, 3] = 0
    fitted, _ = head.fit(training, validation, 2)
    assert np.isfinite(fitted.kernel).all()
    assert np.abs(fitted.kernel[3]).max() == 0


def test_validation_pictures_do_not_change_the_head() -> None:
    """The head is the same with any validation part."""
    training = blobs(2, 100)
    first, _ = head.fit(training, blobs(2, 50, seed=1), 2)
    second, _ = head.fit(training, blobs(2, 60, seed=2), 2)
    assert np.array_equal(first.kernel, second.kernel)
