"""A killed test run leaves no process, mount, container, image or file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support import cleanup

LEAVES_BEHIND = "tests/support/leaves_behind.py"


def is_running(pid: str) -> bool:
    """Whether the process runs; one that has ended without a wait(2) does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_mounted(folder: str) -> bool:
    return os.path.ismount(folder)


def has_engine(kind: str) -> Callable[[str], bool]:
    """A function that tells whether the engine has a container or an image."""

    def is_there(name: str) -> bool:
        words = ["docker", kind, "inspect", name]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    return is_there


IS_THERE = {
    "process": is_running,
    "mount": is_mounted,
    "container": has_engine("container"),
    "image": has_engine("image"),
}


def test_other_processes_are_passed_over() -> None:
    """Among all processes of the machine there are some that end meanwhile, or may not be asked."""
    for _ in range(20):
        assert list(cleanup.processes("/nowhere", "no-such-session")) == []


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="there is no /proc to find processes in"
)
@pytest.mark.parametrize(
    ("number", "workers"),
    [(signal.SIGKILL, "-n0"), (signal.SIGKILL, "-n2"), (signal.SIGTERM, "-n2")],
)
def test_nothing_is_left(number: int, workers: str, repository: Path, tmp_path: Path) -> None:
    """Whatever the signal, and with workers or without."""
    told, folder, outside = tmp_path / "told", tmp_path / "of the run", tmp_path / "outside"
    outside.mkdir()
    env = os.environ | {"LEAVES_BEHIND": str(told), "TMPDIR": str(outside), "PYTEST_ADDOPTS": ""}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", workers]
    run = subprocess.Popen(
        [*words, f"--basetemp={folder}", LEAVES_BEHIND],
        cwd=repository,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not told.exists():
        assert run.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.1)
    lines = [line.split(" ", 1) for line in told.read_text().splitlines()]
    assert [line for line in lines if not IS_THERE[line[0]](line[1])] == []
    run.send_signal(number)
    run.wait(timeout=60)
    deadline = time.monotonic() + 60
    while left := [line for line in lines if IS_THERE[line[0]](line[1])]:
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
    assert list(outside.iterdir()) == []
