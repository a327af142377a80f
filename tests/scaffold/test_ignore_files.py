"""labcoat's lines of .gitignore and .dockerignore are added once, where they are missing."""

from pathlib import Path

import pytest

from labcoat.core.changes import ChangeSet
from labcoat.scaffold import ignore_files

MADE = [".venv", ".conda", ".labcoat"]
IGNORED = ["/.venv", "/.conda", "/.labcoat"]
EGG = "*.egg-info"
PROJECT = '[build-system]\nbuild-backend = "{}"\n[project]\nname = "own"\n'
ADDED = [*MADE, "tools/include.python.mk", "tools/labcoat"]


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("", ADDED),
        ("tools\n", MADE),
        ("**/tools/\n", MADE),
        ("**/.venv\n.labcoat/\n", [".conda", *ADDED[3:]]),
        ("*\n!src\n", []),
        ("*\n!tools\n", ADDED[3:]),
        ("tools/labcoat\n", ADDED[:4]),
        ("a[\n", ADDED),
    ],
)
def test_an_image_leaves_out_what_labcoat_makes_and_its_copy(
    tmp_path: Path, before: str, added: list[str]
) -> None:
    """Nothing is added where another pattern already leaves it out."""
    (tmp_path / "tools").mkdir()
    include = tmp_path / "tools/include.python.mk"
    include.touch()
    (tmp_path / ".dockerignore").write_text(before)
    changes = ChangeSet(tmp_path)
    ignore_files.plan_dockerignore(changes, include)
    expected = before + "".join(f"{line}\n" for line in added)
    assert (changes.read(".dockerignore") or "") == expected
    assert len(list(changes)) == bool(added)


def test_a_submodule_is_left_out_as_a_whole(tmp_path: Path) -> None:
    include = tmp_path / "my labcoat/src/lib/include.python.mk"
    include.parent.mkdir(parents=True)
    include.touch()
    (tmp_path / ".git").mkdir()
    (tmp_path / "my labcoat/.git").write_text("gitdir: ../.git/modules/labcoat\n")
    assert ignore_files.own_paths(tmp_path, include) == ["my labcoat"]


def test_a_labcoat_elsewhere_needs_no_line(tmp_path: Path) -> None:
    """Above the project, or installed in an environment inside it."""
    project = tmp_path / "project"
    installed = project / "env/lib/python3.12/site-packages/labcoat/include.python.mk"
    for include in (tmp_path / "lib/include.python.mk", installed):
        include.parent.mkdir(parents=True)
        assert ignore_files.own_paths(project, include) == []


@pytest.mark.parametrize(
    ("files", "before", "added"),
    [
        ({}, "", IGNORED),
        ({}, ".venv/\n/.conda\n", ["/.labcoat"]),
        ({"setup.py": "from setuptools import setup\nsetup(name='own')\n"}, "", [*IGNORED, EGG]),
        ({"pyproject.toml": PROJECT.format("setuptools.build_meta")}, "", [*IGNORED, EGG]),
        ({"pyproject.toml": PROJECT.format("setuptools.build_meta")}, "*.egg-info/\n", IGNORED),
        ({"pyproject.toml": PROJECT.format("hatchling.build")}, "", IGNORED),
        ({"pyproject.toml": "[tool.black]\n"}, "", IGNORED),
        ({"pyproject.toml": "[\n"}, "", IGNORED),
    ],
)
def test_git_ignores_what_labcoat_makes(
    tmp_path: Path, files: dict[str, str], before: str, added: list[str]
) -> None:
    """And what setuptools leaves beside the code of a package that is installed editable."""
    for name, text in {**files, ".gitignore": before}.items():
        (tmp_path / name).write_text(text)
    changes = ChangeSet(tmp_path)
    ignore_files.plan_gitignore(changes)
    assert changes.read(".gitignore") == before + "".join(f"{line}\n" for line in added)
