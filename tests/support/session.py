"""One run of the tests: its name, what its processes share, and the cleanup after it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labcoat.core.files import file_lock

_VARIABLE = "TOOLKIT_TEST_SESSION"  # not LABCOAT_…, which is taken out of the environment
CLEANUP = Path(__file__).with_name("cleanup.py")


def start_session() -> None:
    """Name this run; its workers and everything they start inherit the name.

    The run may itself be started by a test of another.
    """
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        del os.environ[name]
    os.environ[_VARIABLE] = f"{os.getpid():x}t{time.time_ns() // 1_000_000:x}"


def session_name() -> str:
    """Return the run's name, the same in all workers, for names of images and the like."""
    return os.environ.get(_VARIABLE, f"{os.getpid():x}")


def unique_name(name: str) -> str:
    """`name`, made unique to this run and this worker: several runs share one engine."""
    return f"{name}-{session_name()}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def is_controller(config: pytest.Config) -> bool:
    """Whether this process is the one that starts the workers, or runs all tests itself."""
    return not hasattr(config, "workerinput")


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's temporary folder, which all workers see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def make_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]
) -> Path:
    """Return the directory `name` that all workers share, filled by `make` once; others wait.

    A failing `make` leaves nothing, so the next worker fails with the same error.
    """
    folder = shared_folder(tmp_path_factory) / "shared" / name
    done = folder.with_name(f"{name}.done")
    with file_lock(folder.with_name(f"{name}.lock")):
        if not done.exists():
            folder.mkdir(parents=True, exist_ok=True)
            make(folder)
            done.touch()
    return folder


def claim_image_names(tmp_path_factory: pytest.TempPathFactory, part: str) -> None:
    """Remove images with `part` in their names when the run ends, such as those of a registry."""
    with (shared_folder(tmp_path_factory) / "image-names").open("a", encoding="utf-8") as file:
        file.write(f"{part}\n")


class Cleanup:
    """A process that outlives this one by some seconds, and removes what a killed run left.

    It waits for the end of its standard input, which only this process holds open, however that
    ends.
    """

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", CLEANUP, folder, session_name()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # an interrupt of the run does not end it
        )

    def finish(self) -> list[str]:
        """Remove what is left now; a line for each process, mount, container and image."""
        return self._process.communicate(timeout=120)[0].splitlines()
