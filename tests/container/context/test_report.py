"""The report on a build context counts what is sent and what reaches the image."""

import json
from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext
from labcoat.container.context.report import (
    FolderSize,
    context_report_json,
    context_report_text,
    human_size,
    measure_context,
)
from support.repositories import Content, write

FILES: dict[str, Content] = {
    "Dockerfile": "FROM scratch\nCOPY src /\n",
    "src/a.py": "x" * 2000,
    "src/__pycache__/a.pyc": "x" * 500,
    "data/d\x1b.csv": "x" * 5000,
    ".git/objects/o": "x" * 100,
    "venv/pyvenv.cfg": "x",
    "venv/bin/python": "x" * 9,
    "venv/lib/python3.11/site-packages/a.py": "x" * 90,
}


def test_measure_context(tmp_path: Path) -> None:
    """Folders are sorted by size; files at the root are one row."""
    write(tmp_path, FILES)
    measured = measure_context(BuildContext(tmp_path))
    assert measured.folders[:2] == [
        FolderSize("data/", 1, 5000, 0, 0),
        FolderSize("src/", 2, 2500, 2, 2500),
    ]
    assert measured.folders[-1].name == "."
    assert measured.total == FolderSize("total", 8, 7724, 2, 2500)
    assert measured.largest[0] == (5000, "data/d\x1b.csv")
    assert measured.removable == [
        (500, "**/__pycache__", "bytecode"),
        (100, "venv", "virtual environment"),
        (100, "**/.git", "Git history"),
    ]


def test_report_formats(tmp_path: Path) -> None:
    """Both escape control characters in names; the JSON has exact bytes."""
    write(tmp_path, FILES)
    measured = measure_context(BuildContext(tmp_path))
    text = context_report_text(measured)
    assert "4.9 KiB  data/d\\x1b.csv\n" in text
    assert "\nTo shrink the context, add these lines to .dockerignore:\n" in text
    assert "500 B  **/__pycache__  (bytecode)\n" in text
    whole = json.loads(context_report_json(measured))
    assert whole["total"]["bytes_in_image"] == 2500
    assert whole["largest"][0] == {"path": "data/d\\x1b.csv", "bytes": 5000}
    assert whole["ignore_file"] == ".dockerignore"


def test_without_a_dockerfile(tmp_path: Path) -> None:
    """What reaches the image is unknown, and an empty context has a total of nothing."""
    measured = measure_context(BuildContext(tmp_path))
    assert measured.total == FolderSize("total", 0, 0, 0, 0)
    assert "There is no Dockerfile" in context_report_text(measured)
    assert json.loads(context_report_json(measured))["total"]["bytes_in_image"] is None


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (50 << 20, "50.0 MiB"),
        (1 << 42, "4096.0 GiB"),
    ],
)
def test_human_size(size: int, text: str) -> None:
    assert human_size(size) == text
