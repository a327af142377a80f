"""How other programs end."""

import signal
import subprocess

import pytest

from labcoat.core.process import crash


@pytest.mark.parametrize("name", ["SIGABRT", "SIGSEGV", "SIGBUS"])
def test_a_crash_is_told_by_its_signal(name: str) -> None:
    """The name is found in the status of the program itself and in that of a shell that ran it."""
    dies = f"kill -{name[3:]} $$"
    for script in (dies, f"sh -c '{dies}'; exit $?"):
        assert crash(subprocess.run(["sh", "-c", script], check=False).returncode) == name


@pytest.mark.parametrize("status", [0, 1, 2, 127, 130, 143, -signal.SIGTERM, -signal.SIGINT, -signal.SIGKILL])
def test_other_ends_are_no_crash(status: int) -> None:
    """What ends by its own will, or somebody else's, has not crashed."""
    assert crash(status) == ""
