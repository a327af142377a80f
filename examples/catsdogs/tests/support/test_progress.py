"""Progress reports on a stderr that is not a terminal."""

import time

import pytest

from catsdogs.support import progress


def test_a_short_task_is_not_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """Items pass unchanged; a task of less than a second prints nothing."""
    assert list(progress.track([("a", 1), ("b", 2)], 3, "Looking")) == ["a", "b"]
    assert capsys.readouterr().err == ""


def test_a_log_gets_whole_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each report is a separate line with the amount done out of the total; the last is
    complete.
    """
    monkeypatch.setattr(progress, "WORTH_A_LINE", 0.01)
    monkeypatch.setattr(progress, "ELSEWHERE", 0.02)
    for _ in progress.track(((number, 5) for number in range(4)), 20, "Looking"):
        time.sleep(0.03)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 3
    assert all(line.startswith("Looking: ") and "\r" not in line for line in lines)
    assert lines[-1].startswith("Looking: 20 of 20, ")
