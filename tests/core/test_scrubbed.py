"""The tests' own environment."""

import os
import subprocess
import sys
from pathlib import Path

INTERRUPTED = f"{Path(__file__).name}::test_an_interrupt_ends_what_is_started"


def test_environment_is_scrubbed() -> None:
    """No setting of the developer reaches the tests."""
    kept = {"LABCOAT_REQUIRE_DOCKER", "LABCOAT_TEST_BASE_IMAGE"}
    prefixes = ("GIT_", "LABCOAT_", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    assert [name for name in os.environ if name.startswith(prefixes) and name not in kept] == []


def test_an_interrupt_ends_what_is_started() -> None:
    """A program that sends itself one is ended by it."""
    assert subprocess.run(["sh", "-c", "kill -INT $$; sleep 1"], check=False).returncode == -2


def test_an_interrupt_works_in_the_background() -> None:
    """As sh starts `make test &`."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    words += ["-p", "no:hypothesispytest", INTERRUPTED]
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *words]
    done = subprocess.run(
        ignoring, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
