"""Run the example as a user does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples import Run

EXAMPLE = Path(__file__).parents[1]


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
