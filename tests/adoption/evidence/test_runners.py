"""What tox and nox install is for development."""

from pathlib import Path

import pytest

from labcoat.adoption.evidence.runners import find_runners
from labcoat.imports.tree import Tree

TOX = """[tox]
envlist = py39
[testenv]
deps =
    pytest>=7  # the runner
    py38,py39: mock
    -r requirements-test.txt
    {toxinidir}/libs/x
    django{env:DJANGO:}
    -e .
commands = pytest
[testenv:lint]
deps = ruff
[testenv:docs]
deps = sphinx
"""
NOX = """import nox, os
os.system("touch ran")
@nox.session
def tests(session):
    session.install("-r", "requirements-test.txt")
    session.install("-U", "pytest", "--constraint", "c.txt", "mock<5")
    session.install(*EXTRA, ".", VERSION)
@nox.session
def docs(session):
    session.install("sphinx")
"""


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("tox.ini", TOX, {"pytest>=7": 5, "mock": 6, "ruff": 13}),
        ("setup.cfg", TOX, {"pytest>=7": 5, "mock": 6, "ruff": 13}),
        ("noxfile.py", NOX, {"pytest": 6, "mock<5": 6}),
        ("tox.ini", "[testenv\ndeps = x", {}),
        ("noxfile.py", "def (", {}),
    ],
)
def test_each_requirement_has_its_line(
    tmp_path: Path, name: str, text: str, found: dict[str, int]
) -> None:
    """Files that they install are lists of their own, and nothing of the repository runs."""
    (tmp_path / name).write_text(text)
    sources = find_runners(Tree(tmp_path, (name,)))
    assert {one.requirement: one.line for each in sources for one in each.wanted} == found
    assert all(each.dev for each in sources)
    assert not (tmp_path / "ran").exists()
