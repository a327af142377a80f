"""The minimal example: three lines of make, and a program that trains."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path("examples/minimal")


@pytest.fixture
def example(repository: Path, tmp_path: Path) -> Path:
    """A copy of the example, in a repository that has labcoat at the same place."""
    copy = tmp_path / EXAMPLE
    shutil.copytree(repository / EXAMPLE, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    (tmp_path / "src").symlink_to(repository / "src")
    return copy


@pytest.mark.usefixtures("network")
def test_make_trains(example: Path) -> None:
    """`make` creates the environment from the lock, trains, and prints what the README says."""
    done = subprocess.run(
        ["make", f"LABCOAT_PYTHON={sys.executable}"],
        cwd=example,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = re.fullmatch(r"accuracy (\d\.\d{4}) on (\d+) digits", done.stdout.splitlines()[-1])
    assert said
    assert float(said[1]) > 0.95
    assert f"accuracy 0.9689 on {said[2]} digits" in (example / "README.md").read_text()
    assert {path.name for path in example.iterdir()} == {
        *("Makefile", "README.md", "requirements.in", "requirements.txt", "train.py"),
        *(".labcoat", ".venv"),
    }


def test_it_is_minimal(repository: Path) -> None:
    """The Makefile has three lines, and the program about twenty."""
    lines = [
        len((repository / EXAMPLE / name).read_text().splitlines())
        for name in ("Makefile", "train.py")
    ]
    assert lines[0] == 3
    assert lines[1] <= 22
