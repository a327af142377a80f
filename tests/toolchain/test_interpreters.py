"""Which Python a project uses."""

import platform
import sys
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from labcoat.toolchain import installed_pythons, interpreters
from labcoat.toolchain.installed_pythons import Interpreter

NAME = "LABCOAT_PYTHON"
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
        pytest.param("  3.14.0rc1 ", "3.14", id="pre-release"),
        pytest.param("3.13-dev", "3.13", id="pyenv's development version"),
        pytest.param("# ours\n\n3.12 # till spring\n", "3.12", id="comments"),
        pytest.param("\ufeff3.10\r\n", "3.10", id="byte-order mark"),
        pytest.param("python3.9", "3.9", id="a program's name"),
        pytest.param("3", OWN, id="any"),
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


def test_a_chosen_python_wins_over_the_files(tmp_path: Path) -> None:
    """LABCOAT_PYTHON counts, even if it is set to its default; the files are not even read."""
    (tmp_path / ".python-version").write_text("3.99\n")
    named = project(tmp_path, LABCOAT_PYTHON=sys.executable)
    assert interpreters.project_minor(named) == OWN
    typed = Project(tmp_path, {**DEFAULTS, "LABCOAT_PYTHON": sys.executable}, frozenset({NAME}))
    assert interpreters.choose_project_python(typed).source == NAME
    (tmp_path / ".python-version").write_text("no Python\n")
    assert interpreters.project_minor(typed) == OWN


def test_a_python_that_is_not_here_is_known_by_its_name(tmp_path: Path) -> None:
    """Its minor is in the name; a path or another word is an error that names what is here."""
    missing = project(tmp_path, LABCOAT_PYTHON="python3.97")
    assert interpreters.project_minor(missing) == "3.97"
    with pytest.raises(LabcoatError, match="cannot use LABCOAT_PYTHON `snake`") as raised:
        interpreters.project_minor(project(tmp_path, LABCOAT_PYTHON="snake"))
    assert f"python{OWN}" in raised.value.hint


@pytest.mark.parametrize("text", ["", "# nothing\n", "pypy3.10\n", "2.7\n", "mine\n", "3.13t\n"])
def test_an_invalid_version_is_named(tmp_path: Path, text: str) -> None:
    """A .python-version that labcoat cannot follow is an error with the file and the word."""
    (tmp_path / ".python-version").write_text(text)
    with pytest.raises(LabcoatError, match=r"`\.python-version`") as raised:
        interpreters.project_minor(project(tmp_path))
    assert text.strip("# \n").split(" ")[0] in raised.value.message or "nothing" in text


def test_files_of_other_tools_are_read(tmp_path: Path) -> None:
    """In UTF-16 too, as PowerShell writes; a range leaves it to labcoat's Python if it can."""
    (tmp_path / "runtime.txt").write_bytes("python-3.9.4\r\n".encode("utf-16"))
    assert interpreters.project_minor(project(tmp_path)) == "3.9"
    (tmp_path / "runtime.txt").write_text("r-4.1-2022-01-01\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.8"\n')
    choice = interpreters.choose_project_python(project(tmp_path))
    assert (choice.minor, choice.source) == (OWN, "pyproject.toml")
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "setup.cfg").write_text("[options]\npython_requires = >=3.8,!=3.9.*,<3.10\n")
    assert interpreters.project_minor(project(tmp_path)) == "3.8"


@pytest.mark.parametrize(
    ("name", "text"), [("runtime.txt", "python-2.7.12\n"), (".python-version", "2.7\n")]
)
def test_python_2_is_said_to_be_too_old(tmp_path: Path, name: str, text: str) -> None:
    """It is a version, unlike what no Python is called."""
    (tmp_path / name).write_text(text)
    with pytest.raises(LabcoatError, match=f"`{name}` asks for Python 2.7, and labcoat supports"):
        interpreters.project_minor(project(tmp_path))


def test_a_broken_pyproject_is_named(tmp_path: Path) -> None:
    """It may say which Python the project needs."""
    (tmp_path / "pyproject.toml").write_text("requires-python = \n")
    with pytest.raises(LabcoatError, match=r"cannot read `pyproject\.toml`"):
        interpreters.project_minor(project(tmp_path))


def test_environments_of_pyenv_are_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the version in pyvenv.cfg, or the program's name; `system` is a Python outside of it."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    for name, file, text in (
        ("mine", "pyvenv.cfg", "home = /x\nversion = 3.10.4\n"),
        ("miniconda3-4.7", "bin/python3.9", ""),
    ):
        path = tmp_path / "pyenv/versions" / name / file
        path.parent.mkdir(parents=True)
        path.write_text(text)
    found = {}
    for name in ("mine", "miniconda3-4.7", "system"):
        (tmp_path / ".python-version").write_text(f"# the team's\n\n{name}\n3.8\n")
        found[name] = interpreters.choose_project_python(project(tmp_path))
    assert [found[name].minor for name in found] == ["3.10", "3.9", OWN]
    assert found["mine"].patch == "3.10.4"


def test_markers_are_those_of_the_projects_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of labcoat's: a release of this machine, else the one asked for, else a late one."""
    own = interpreters.marker_environment(project(tmp_path))
    assert own["python_full_version"] == platform.python_version()
    here = [Interpreter(Path("python3.8"), "3.8.7")]
    monkeypatch.setattr(installed_pythons, "find_installed", lambda *_: here[0] if here else None)
    for text, version in (("3.8", "3.8.7"), ("3.8.2", "3.8.2"), ("3.8", "3.8.99")):
        (tmp_path / ".python-version").write_text(text)
        values = interpreters.marker_environment(project(tmp_path))
        assert values["python_version"] == "3.8"
        assert values["python_full_version"] == values["implementation_version"] == version
        here.clear()
