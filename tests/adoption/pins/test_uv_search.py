"""Searches for versions: from uv's cache where that is enough, else from the index."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from labcoat.adoption.pins import uv_search
from labcoat.adoption.pins.uv_search import Question, Search
from labcoat.core import process
from labcoat.toolchain import tool_env

_OFFLINE, _ONLINE = "offline", "online"


def _attempt_twice(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    offline: process.ProcessResult,
    *,
    is_final: bool = True,
) -> tuple[list[str], uv_search.Attempt]:
    """Return how uv was run in the second of two attempts, and what that found."""
    runs: list[str] = []

    def run(command: Sequence[str | Path], *_: object, **__: object) -> process.ProcessResult:
        runs.append(_OFFLINE if "--offline" in command else _ONLINE)
        return offline if runs[-1] == _OFFLINE else process.ProcessResult(0, "")

    monkeypatch.setattr(process, "run_process", run)
    monkeypatch.setattr(tool_env, "uv_program", lambda: Path("uv"))
    search = Search(Question("3.11"), folder, time.monotonic() + 60)
    search.attempt(["one"], [])
    assert runs == [_ONLINE]
    found = search.attempt(["one", "two"], [], prefer=["one==1"], is_final=is_final)
    return runs[1:], found


def test_cache_is_enough_after_the_first_attempt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An index that sets no time for its answers is not asked again for each package."""
    found = process.ProcessResult(0, "DEBUG Solving\n")
    runs, attempt = _attempt_twice(monkeypatch, tmp_path, found)
    assert runs == [_OFFLINE]
    assert attempt.versions == {"one": "1"}


@pytest.mark.parametrize(
    "offline",
    [
        process.ProcessResult(0, "DEBUG Sending fresh GET request for: https://index.test/two/\n"),
        process.ProcessResult(1, "error: no solution\n"),
    ],
)
def test_index_is_asked_where_the_cache_lacks_something_or_has_no_solution(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, offline: process.ProcessResult
) -> None:
    """Without a network, uv passes over a release of which its cache lacks the metadata."""
    runs, _ = _attempt_twice(monkeypatch, tmp_path, offline)
    assert runs == [_OFFLINE, _ONLINE]


def test_no_solution_in_the_cache_is_enough_for_a_first_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The words that uv logs are no part of its explanation, which names packages."""
    failed = process.ProcessResult(1, "DEBUG Adding three\nerror: two has no wheel\n")
    runs, attempt = _attempt_twice(monkeypatch, tmp_path, failed, is_final=False)
    assert runs == [_OFFLINE]
    assert (attempt.versions, attempt.output) == (None, "error: two has no wheel\n")
    assert attempt.is_cached


def test_uv_logs_what_its_cache_lacks(tmp_path: Path) -> None:
    """The log's words are no interface: a newer uv must be looked at."""
    command = [tool_env.uv_program(), "pip", "compile", "--offline", "--verbose", "-"]
    command += ["--cache-dir", str(tmp_path), "--no-config"]
    done = subprocess.run(command, input="one", text=True, capture_output=True, check=False)
    assert done.returncode
    assert uv_search._MISS in done.stderr
