"""Run the example as a user does."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
from samples import Run

from catsdogs.__main__ import main

EXAMPLE = Path(__file__).parents[1]
# No test is timed: a busy machine would fail it.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the example with these arguments, in an empty folder."""

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR"}
        }
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


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Do what `run` does in this process, where TensorFlow, which takes seconds, is imported once.

    Keras forgets what it has counted, so that layers have the names that a new process gives them.
    Where two runs must give the same numbers to the last digit, use `run`.
    """
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        if "keras" in sys.modules:
            sys.modules["keras"].utils.clear_session()
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main([*map(str, words)])
        return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())

    return call
