"""Tests that need a Docker engine, where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("demanded", "options", "status", "said"),
    [
        pytest.param(
            "", "", 0, "of tests/levels/test_docker.py (no Docker engine: ", id="left out and named"
        ),
        pytest.param(
            "",
            "-n2 --dist=loadgroup",
            0,
            "of tests/levels/test_docker.py (no Docker engine: ",
            id="named by workers",
        ),
        pytest.param("1", "", 1, "no Docker engine: ", id="failed where demanded"),
    ],
)
def test_without_an_engine(
    demanded: str, options: str, status: int, said: str, repository: Path
) -> None:
    """Docker tests are skipped and listed last; with LABCOAT_REQUIRE_DOCKER=1 they fail."""
    env = os.environ | {
        "DOCKER_HOST": "unix:///nowhere",
        "LABCOAT_REQUIRE_DOCKER": demanded,
        "PYTEST_ADDOPTS": options,
    }
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        "tests/levels/test_docker.py",
        "-x",
    ]
    ended = subprocess.run(
        words, cwd=repository, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == status, ended.stdout
    assert said in "".join(ended.stdout.splitlines(keepends=True)[-5:])
