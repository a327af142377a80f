"""What every test stands on: an environment without settings that leak in, and a Docker engine where one is needed."""

import functools
import os
import subprocess
from pathlib import Path

import pytest

_KEPT = frozenset({"LABCOAT_REQUIRE_DOCKER", "LABCOAT_TEST_BASE_IMAGE"})
_MAKE = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"})
REPOSITORY = Path(__file__).parent.parent


def pytest_configure() -> None:
    """Take out of the environment what would change what labcoat, git or make do; before anything is imported."""
    for name in list(os.environ):
        if name in _MAKE or (name.startswith(("GIT_", "LABCOAT_")) and name not in _KEPT):
            del os.environ[name]


@functools.cache
def missing_engine() -> str:
    """Why there is no Docker engine to test with, in one line; empty where there is one."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no Docker engine: {error}"
    last_line = (asked.stderr.strip().splitlines() or ["it did not answer"])[-1]
    return "" if asked.returncode == 0 else f"no Docker engine: {last_line}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test with the marker `docker` where there is no engine; fail it where LABCOAT_REQUIRE_DOCKER=1."""
    if item.get_closest_marker("docker") is None or not (reason := missing_engine()):
        return
    if os.environ.get("LABCOAT_REQUIRE_DOCKER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The tree that labcoat itself is made in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def base_image() -> str:
    """The image that test images are made from."""
    return os.environ.get("LABCOAT_TEST_BASE_IMAGE", "labcoat-test/python:3.11")
