"""Run the example as a user does."""

import contextlib
import functools
import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import hypothesis
import pytest

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as catsdogs does, but NumPy is imported before it

import numpy as np
from samples import Run

from catsdogs.__main__ import main
from catsdogs.network import features, model

EXAMPLE = Path(__file__).parents[1]
# Without the folder of byte code a new environment's libraries are compiled in it, for 10 s.
INHERITED = {"PATH", "HOME", "TMPDIR", "PYTHONPYCACHEPREFIX"}
# No test is timed: a busy machine would fail it.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the example with these arguments, in an empty folder."""

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name in INHERITED}
        return subprocess.run(
            [sys.executable, "-m", "catsdogs", *map(str, words)],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": str(EXAMPLE)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return call


class Networks:
    """Frozen networks that stay from one test to the next, in place of `features.compiled`."""

    def __init__(self) -> None:
        self.built = functools.lru_cache(maxsize=8)(model.compiled)

    def __call__(
        self, network: model.Network, boundaries: Sequence[str]
    ) -> Callable[[np.ndarray], list[np.ndarray]]:
        """Return the frozen part, built the first time."""
        return self.built(network, tuple(boundaries))

    def cache_clear(self) -> None:
        """Keep them."""


@pytest.fixture(scope="session")
def networks() -> Networks:
    """Frozen networks, each built once."""
    return Networks()


@pytest.fixture
def call(tmp_path: Path, networks: Networks, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Do what `run` does in this process, where TensorFlow, which takes seconds, is imported once,
    and each frozen network is built once.

    Keras forgets what it has counted, so that layers have the names that a new process gives them.
    Where two runs must give the same numbers to the last digit, use `run`.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(features, "compiled", networks)

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        if "keras" in sys.modules:
            sys.modules["keras"].utils.clear_session(free_memory=False)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main([*map(str, words)])
        return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())

    return call
