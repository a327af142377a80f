"""The repository's own package is installed where a list asks for it and Python alone builds it."""

from pathlib import Path

import pytest

from labcoat.adoption.evidence.requirement_lists import find_lists
from labcoat.imports.tree import list_tree

SETUP = "import os\nfrom setuptools import find_packages, setup\nsetup(name='own')\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-e .", "-e ."),
        ("--editable ./", "-e ."),
        ("-e .[dev,plot]", "-e .[dev,plot]"),
        (".", "-e ."),
        ("-e ..", None),
        ("-e ./libs/x", None),
    ],
)
def test_line_of_a_list(tmp_path: Path, line: str, expected: str | None) -> None:
    """pip would install the package; folders of one machine are another thing."""
    _write(tmp_path, {"setup.py": SETUP, "requirements.txt": f"alpha\n{line}\n"})
    (found,) = find_lists(list_tree(tmp_path))
    assert [each.requirement for each in found.wanted if each.kind == "own"] == (
        [expected] if expected else []
    )


def test_line_of_a_project_in_a_folder_is_about_that_project(tmp_path: Path) -> None:
    """Its folder has a setup.py too."""
    files = {"setup.py": SETUP, "sub/setup.py": SETUP, "sub/requirements.txt": "alpha\n-e .\n"}
    _write(tmp_path, files)
    (found,) = find_lists(list_tree(tmp_path))
    assert [each.requirement for each in found.wanted] == ["alpha"]


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
