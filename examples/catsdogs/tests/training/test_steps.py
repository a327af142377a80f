"""Training by steps: it learns, uses every view, and is reproducible."""

import numpy as np
import pytest

from catsdogs.network import engine
from catsdogs.support.cache import Rows
from catsdogs.training import steps
from catsdogs.training.steps import Course, Shown


def shown(views: int = 1) -> Shown:
    """Forty points of two classes, in `views` views that differ a little."""
    labels = np.arange(40) % 2
    digests = [f"{number:08x}" for number in range(40)]
    rows = np.random.default_rng(0).normal(0, 1, (40, 6)).astype(np.float16) + 3 * labels[
        :, np.newaxis
    ].astype(np.float16)
    places = {digest: (0, place) for place, digest in enumerate(digests)}
    return Shown(
        [Rows(places, (rows + np.float16(view),)) for view in range(views)], digests, labels
    )


def model(seed: int) -> object:
    keras = engine.start(seed)
    return keras.Sequential([keras.Input((6,)), keras.layers.Dropout(0.2), keras.layers.Dense(2)])


def test_it_learns_reproducibly() -> None:
    """Loss falls, accuracy rises, a second run gives identical weights, and another seed others."""
    course = Course(epochs=12, batch=16, rate=0.05)
    first, second, other = model(0), model(0), model(1)
    histories = [
        steps.train(one, shown(2), shown(), course, seed)
        for one, seed in ((first, 0), (second, 0), (other, 1))
    ]
    assert histories[0]["val_accuracy"][-1] > 0.8
    assert histories[0]["loss"][-1] < histories[0]["loss"][0]
    assert {len(values) for values in histories[0].values()} == {12}
    assert histories[0] == histories[1]
    assert all(
        np.array_equal(one, two)
        for one, two in zip(first.get_weights(), second.get_weights(), strict=True)
    )
    assert histories[0] != histories[2]


def test_views_take_turns() -> None:
    """In as many epochs as there are views, every picture is used in each view once."""
    given = shown(3)
    seen: dict[tuple[int, float], int] = {}
    for (inputs, labels, _), count in steps._batches(given, Course(epochs=3, batch=7, rate=1), 0):
        assert count == len(labels) == len(inputs)
        for row in inputs:
            picture = int(
                np.argmin(
                    np.abs(np.asarray(given.views[0].shards[0][:, 1:], np.float32) - row[1:]).sum(
                        axis=1
                    )
                )
            )
            seen[picture, float(row[0])] = seen.get((picture, float(row[0])), 0) + 1
    assert sum(seen.values()) == 120
    assert set(seen.values()) == {1}


def test_no_pictures_give_no_predictions() -> None:
    """An empty part gives an empty array of the right width."""
    assert steps.logits(model(0), shown().views[0], [], 2).shape == (0, 2)


def test_a_step_is_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable is there before the first step, which TensorFlow would trace twice without."""
    given, traced = model(0), []
    monkeypatch.setattr(
        given, "train_step", lambda data, step=given.train_step: traced.append(1) or step(data)
    )
    steps.train(given, shown(), shown(), Course(epochs=2, batch=20, rate=0.05), 0)
    assert len(traced) == 1
