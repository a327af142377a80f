"""What is read has a bound on its kind, its size and its time; an error has two lines."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HELPER = Path(__file__).parents[2] / "src/lib/labcoat"
DIGITS = "1" * 100_001


def _settings(text: str) -> Callable[[Path], object]:
    return lambda root: (root / "pyproject.toml").write_text(f"[tool.labcoat]\n{text}\n")


HOSTILE: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "pipe-as-input": (lambda root: os.mkfifo(root / "requirements.in"), ("lock", "check")),
    "pipe-as-lock": (lambda root: os.mkfifo(root / "requirements.txt"), ("status", "check")),
    "device-as-lock": (
        lambda root: (root / "requirements.txt").symlink_to("/dev/zero"),
        ("status", "check"),
    ),
    "device-as-input": (
        lambda root: (root / "requirements.in").symlink_to("/dev/zero"),
        ("lock", "check"),
    ),
    "device-as-ignore-file": (
        lambda root: (root / ".dockerignore").symlink_to("/dev/zero"),
        ("check", "context"),
    ),
    "digits": (_settings(f"large-file = {DIGITS}"), ("check", "status")),
    "digits-in-a-text": (_settings(f'large-file = "{DIGITS}"'), ("check",)),
    "lines": (
        lambda root: (root / ".dockerignore").write_text("a\n" * 1_000_000),
        ("check", "context"),
    ),
    "brackets": (
        lambda root: (root / "compose.yaml").write_text("a: " + "[" * 100_000),
        ("check",),
    ),
}


@pytest.mark.parametrize(("make", "commands"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input(
    make: Callable[[Path], object], commands: tuple[str, ...], tmp_path: Path
) -> None:
    """No traceback, and an end within seconds."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /a\n")
    make(tmp_path)
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-IS", HELPER, command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode in (0, 1, 2), done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) <= 3, done.stderr
