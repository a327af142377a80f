"""How other programs end."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.process import crash_signal, run_process, show_none


@pytest.mark.parametrize("name", ["SIGABRT", "SIGSEGV", "SIGBUS"])
def test_a_crash_is_told_by_its_signal(name: str) -> None:
    """The name is found in the status of the program itself and in that of a shell that ran it."""
    dies = f"kill -{name[3:]} $$"
    for script in (dies, f"sh -c '{dies}'; exit $?"):
        assert crash_signal(subprocess.run(["sh", "-c", script], check=False).returncode) == name


@pytest.mark.parametrize(
    "status", [0, 1, 2, 127, 130, 143, -signal.SIGTERM, -signal.SIGINT, -signal.SIGKILL]
)
def test_other_ends_are_no_crash(status: int) -> None:
    """What ends by its own will, or somebody else's, has not crashed."""
    assert crash_signal(status) == ""


@pytest.mark.parametrize(
    ("text", "mode"),
    [("no program", 0o755), ("#!/bin/sh\n", 0o644), (None, 0)],
    ids=["no program", "not executable", "nothing"],
)
def test_what_cannot_be_run_is_said(tmp_path: Path, text: str | None, mode: int) -> None:
    """A file that is no program, one that may not be run, and one that is not there are named."""
    file = tmp_path / "tool"
    if text is not None:
        file.write_bytes(b"\x00" + text.encode() if mode == 0o755 else text.encode())
        file.chmod(mode)
    with pytest.raises(LabcoatError, match="tool cannot be run: "):
        run_process([file], os.environ, tmp_path)


def test_a_program_waits_for_what_it_is_given(tmp_path: Path) -> None:
    """It is made while the program starts."""
    outcome = run_process(["cat"], os.environ, tmp_path, show=show_none, given=lambda: b"made\n")
    assert (outcome.status, outcome.output) == (0, "made\n")


def test_a_program_that_has_ended_needs_nothing_more(tmp_path: Path) -> None:
    """What it said counts, however much it was to be given."""
    outcome = run_process(
        ["sh", "-c", "echo no; exit 3"],
        os.environ,
        tmp_path,
        show=show_none,
        given=lambda: bytes(1 << 20),
    )
    assert (outcome.status, outcome.output) == (3, "no\n")


def test_a_program_ends_where_there_is_nothing_to_give(tmp_path: Path) -> None:
    """It has read an end, and no part of what was to come."""

    def refuse() -> bytes:
        raise LabcoatError("no", "see to it")

    with pytest.raises(LabcoatError, match="no"):
        run_process(["sh", "-c", "cat >given"], os.environ, tmp_path, given=refuse)
    assert not (tmp_path / "given").exists() or not (tmp_path / "given").read_bytes()
