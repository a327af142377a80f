"""The repository's own package is installed where its code does not find it otherwise."""

import json
from pathlib import Path

import pytest

from labcoat.adoption.evidence.own_imports import find_own_import
from labcoat.imports.packages import read_code
from labcoat.imports.tree import list_tree

SETUP = {"setup.py": "from setuptools import setup\nsetup(name='own')\n"}
FLAT = {**SETUP, "own/__init__.py": ""}
BELOW = {**SETUP, "src/own/__init__.py": ""}
CODE = "import os\nfrom own.data import load\n"


def place(root: Path, files: dict[str, str]) -> str:
    """Return the first place in `files` that needs the package; empty if none does."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tree = list_tree(root)
    found = find_own_import(tree, read_code(tree))
    if found is None:
        return ""
    assert (found.requirement, found.kind) == ("-e .", "own")
    return f"{found.file}:{found.line}"


@pytest.mark.parametrize(
    ("files", "path", "is_needed"),
    [
        (FLAT, "scripts/train.py", True),
        (FLAT, "examples/plot.py", True),
        (FLAT, "src/train.py", True),
        (FLAT, "train.py", False),  # beside it
        (FLAT, "own/train.py", False),
        (FLAT, "tests/test_own.py", False),  # runs in the root
        (BELOW, "train.py", True),
        (BELOW, "scripts/train.py", True),
        (BELOW, "tests/test_own.py", True),
        (BELOW, "src/train.py", False),
        (BELOW, "src/own/train.py", False),
        ({**FLAT, "scripts/own/__init__.py": ""}, "scripts/train.py", False),
        ({"own/__init__.py": ""}, "scripts/train.py", False),  # nothing says how to install it
        ({**SETUP, "tests/own/__init__.py": ""}, "scripts/train.py", False),
        ({**SETUP, "own/data.py": ""}, "scripts/train.py", False),
    ],
)
def test_where_python_does_not_find_it(
    tmp_path: Path, files: dict[str, str], path: str, *, is_needed: bool
) -> None:
    assert place(tmp_path, {**files, path: CODE}) == (f"{path}:2" if is_needed else "")


@pytest.mark.parametrize(
    "line",
    ["sys.path.append('..')", "os.chdir('..')", "os.environ['PYTHONPATH']"],
)
def test_a_program_that_finds_it_by_itself(tmp_path: Path, line: str) -> None:
    assert not place(tmp_path, {**FLAT, "scripts/train.py": f"{line}\n{CODE}"})


def test_a_notebook(tmp_path: Path) -> None:
    """Its kernel runs in its folder; a cell may change that."""
    for lines, expected in ((CODE, "notebooks/plot.ipynb:1"), (f"%cd ..\n{CODE}", "")):
        cell = {"cell_type": "code", "source": lines, "metadata": {}, "outputs": []}
        text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4})
        assert place(tmp_path, {**FLAT, "notebooks/plot.ipynb": text}) == expected


def test_the_first_place_is_no_test(tmp_path: Path) -> None:
    files = {**BELOW, "a/tests/test_own.py": CODE, "scripts/train.py": CODE}
    assert place(tmp_path, files) == "scripts/train.py:2"


@pytest.mark.parametrize(
    ("script", "is_built"),
    [
        ("setup(name='own', long_description=open('README.md').read())", False),
        ("setup(name='own', long_description=open('setup.py').read())", True),
        ("setup(name='own', long_description=open(PATH).read())", True),
        ("setup(name='own', ext_modules=[])", False),
    ],
)
def test_a_package_that_cannot_be_built_is_not_asked_for(
    tmp_path: Path, script: str, *, is_built: bool
) -> None:
    """An input that asks for it would leave the repository without an environment."""
    setup = {"setup.py": f"from setuptools import setup\n{script}\n"}
    assert bool(place(tmp_path, {**FLAT, **setup, "scripts/train.py": CODE})) is is_built


def test_a_project_without_its_readme_is_not_asked_for(tmp_path: Path) -> None:
    project = '[build-system]\n[project]\nname = "own"\nversion = "1"\nreadme = "README.md"\n'
    files = {"pyproject.toml": project, "own/__init__.py": "", "scripts/train.py": CODE}
    assert not place(tmp_path, files)
    assert place(tmp_path, {"README.md": "Own\n"}) == "scripts/train.py:2"
