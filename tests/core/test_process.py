"""How other programs end."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.process import crash_signal, run_process, show_none


@pytest.mark.parametrize("name", ["SIGABRT", "SIGSEGV", "SIGBUS"])
def test_a_crash_is_named_by_its_signal(name: str) -> None:
    """In the status of the program itself, and of a shell that ran it."""
    dies = f"kill -{name[3:]} $$"
    for script in (dies, f"sh -c '{dies}'; exit $?"):
        assert crash_signal(subprocess.run(["sh", "-c", script], check=False).returncode) == name


@pytest.mark.parametrize(
    "status", [0, 1, 2, 127, 130, 143, -signal.SIGTERM, -signal.SIGINT, -signal.SIGKILL]
)
def test_other_ends_are_not_crashes(status: int) -> None:
    """A program that exits or is terminated has not crashed."""
    assert crash_signal(status) == ""


@pytest.mark.parametrize(
    ("text", "mode"),
    [("no program", 0o755), ("#!/bin/sh\n", 0o644), (None, 0)],
    ids=["no program", "not executable", "nothing"],
)
def test_a_program_that_cannot_start_is_named(tmp_path: Path, text: str | None, mode: int) -> None:
    """A file that is not a program, not executable, or missing."""
    file = tmp_path / "tool"
    if text is not None:
        file.write_bytes(b"\x00" + text.encode() if mode == 0o755 else text.encode())
        file.chmod(mode)
    with pytest.raises(LabcoatError, match=r"cannot run .*tool: "):
        run_process([file], os.environ, tmp_path)


def test_a_program_waits_for_its_input(tmp_path: Path) -> None:
    """The input is made while the program starts."""
    outcome = run_process(["cat"], os.environ, tmp_path, show=show_none, given=lambda: b"made\n")
    assert (outcome.status, outcome.output) == (0, "made\n")


def test_a_program_that_ends_early_keeps_its_output(tmp_path: Path) -> None:
    """Its output counts, however much input was left."""
    outcome = run_process(
        ["sh", "-c", "echo no; exit 3"],
        os.environ,
        tmp_path,
        show=show_none,
        given=lambda: bytes(1 << 20),
    )
    assert (outcome.status, outcome.output) == (3, "no\n")


def test_a_failed_input_ends_the_program(tmp_path: Path) -> None:
    """It reads an end, and no part of the input."""

    def refuse() -> bytes:
        raise LabcoatError("no")

    with pytest.raises(LabcoatError, match="no"):
        run_process(["sh", "-c", "cat >given"], os.environ, tmp_path, given=refuse)
    assert not (tmp_path / "given").exists() or not (tmp_path / "given").read_bytes()


def test_a_program_that_is_not_done_in_time_is_ended(tmp_path: Path) -> None:
    """Also one that writes; the error names the setting that allows more."""
    script = "echo one; while true; do printf .; sleep 0.1; done"
    with pytest.raises(LabcoatError) as error:
        run_process(["sh", "-c", script], os.environ, tmp_path, show=show_none, limit=1)
    assert error.value.message == "`sh` is not done after 1 seconds"
    assert "LABCOAT_TIMEOUT" in error.value.hint


def test_progress_is_shown_while_a_program_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each minute, here shorter; output is read as without a limit."""
    monkeypatch.setattr(process, "_MINUTE", 0.2)
    script = "printf 'caf\\303'; sleep 0.5; printf '\\251\\r\\nlast'"
    ended = run_process(["sh", "-c", script], os.environ, tmp_path, show=show_none, limit=9)
    assert ended.output == "café\nlast"
    assert capfd.readouterr().err.count("still waiting for sh") == 2
