"""The lesson as a notebook: in step with its text, and run from top to bottom."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLE = Path(__file__).parents[1]


def test_text_and_notebook_are_the_same() -> None:
    """The notebook has the cells of its text, and no outputs, so that diffs stay readable."""
    text, notebook = (
        jupytext.read(EXAMPLE / "lesson.py"),
        nbformat.read(EXAMPLE / "lesson.ipynb", as_version=4),
    )
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in text.cells
    ]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """The notebook after a run on the synthetic set, in a folder with links to the packages."""
    room = tmp_path_factory.mktemp("lesson")
    for package in ("catsdogs", "winograd"):
        (room / package).symlink_to(EXAMPLE / package)
    notebook = nbformat.read(EXAMPLE / "lesson.ipynb", as_version=4)
    return NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(room)}}
    ).execute()


def test_it_runs_from_top_to_bottom(executed: nbformat.NotebookNode) -> None:
    """Every cell runs, the textures are learned, and there are figures."""
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    printed = "".join(
        output.text
        for output in outputs
        if output.output_type == "stream" and output.name == "stdout"
    )
    accuracy = float(printed.split("test accuracy ")[1].split(",")[0])
    assert accuracy >= 0.9
    assert "240 pictures: 120 spots, 120 stripes" in printed
    assert re.search(r"the mistake costs [5-9]\.\d points", printed)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 4
