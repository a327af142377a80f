"""A failed build is explained in its own words, and a missing compiler is named."""

from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.sources.build_hooks import explain_build_failure

TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1\n'


@pytest.mark.parametrize(
    ("output", "message", "hint"),
    [
        ("error: command 'gcc' failed: No such file or directory\n", "`gcc`", "build-essential"),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'\n",
            "`x86_64-linux-gnu-gcc`",
            "build-essential",
        ),
        ("error: can't find Rust compiler: cargo is not installed\n", "`cargo`", "cargo"),
        ("a.c:1: fatal error: Python.h: No such file or directory\n", "`Python.h`", "your system"),
        (f"{TRACEBACK}ValueError: no version\n", ": ValueError: no version", ""),
        (f"{TRACEBACK}ValueError: https://me:secret@h/x\n", "https://***@h/x", ""),
        (
            f"{TRACEBACK}core.x.NotFoundError: no package x\n",
            "`./x`: NotFoundError: no package",
            "",
        ),
        (
            f"{TRACEBACK}ValueError: which files?\n\nFor example:\n[tool.x]\na=1\n",
            "which files?",
            "",
        ),
        ("error: Multiple packages: ['a'].\n\nTo find more, read.\n", ": error: Multiple", ""),
        ("ValueError: invalid.\nconfiguration error: `project` has no name\n", "no name", ""),
        ("  only indented\n", "only indented", ""),
        ("", "without a word", ""),
    ],
)
def test_failures_are_explained(tmp_path: Path, output: str, message: str, hint: str) -> None:
    """The whole output is in the log that the hint names."""
    error = explain_build_failure(Project(tmp_path), "./x", output)
    assert error.message.startswith("cannot build `./x`")
    assert message in error.message
    assert hint in error.hint
    assert ".labcoat/build.log" in error.hint
    assert (tmp_path / ".labcoat/build.log").read_text() == output
