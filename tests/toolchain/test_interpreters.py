"""Which Python a project uses."""

import platform
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project
from labcoat.toolchain import interpreters

OWN = ".".join(platform.python_version_tuple()[:2])


def project(root: Path, **settings: str) -> Project:
    """A project with these settings."""
    return Project(root, {**DEFAULTS, **settings})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("3.12\n", "3.12", id="minor"),
        pytest.param("3.13.1\n", "3.13", id="patch"),
        pytest.param("cpython-3.11.9-linux-x86_64-gnu\n", "3.11", id="uv's long form"),
        pytest.param("3.12.1\n3.11.7\n", "3.12", id="pyenv's list"),
        pytest.param("  3.14rc1 ".replace("rc1", ".0rc1"), "3.14", id="pre-release"),
    ],
)
def test_python_version_is_read_as_pyenv_and_uv_write_it(
    tmp_path: Path, text: str, expected: str
) -> None:
    """The first version in .python-version names the minor."""
    (tmp_path / ".python-version").write_text(text)
    assert interpreters.project_minor(project(tmp_path)) == expected


def test_without_a_file_it_is_labcoats_python(tmp_path: Path) -> None:
    """The default is the Python that labcoat runs on."""
    assert interpreters.project_minor(project(tmp_path)) == OWN


def test_a_chosen_python_wins_over_the_file(tmp_path: Path) -> None:
    """LABCOAT_PYTHON on the command line counts."""
    (tmp_path / ".python-version").write_text("3.99\n")
    assert interpreters.project_minor(project(tmp_path, LABCOAT_PYTHON="/usr/bin/python3")) == OWN


@pytest.mark.parametrize("text", ["", "system\n", "pypy3.10\n", "2.7\n", "3\n"])
def test_an_invalid_version_is_named(tmp_path: Path, text: str) -> None:
    """A .python-version that labcoat cannot follow is an error."""
    (tmp_path / ".python-version").write_text(text)
    with pytest.raises(LabcoatError, match="invalid version"):
        interpreters.project_minor(project(tmp_path))
