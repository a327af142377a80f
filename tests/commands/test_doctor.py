"""doctor names each tool with its version, and how to install missing ones."""

import os
from pathlib import Path

import pytest

from labcoat.toolchain import installed_pythons
from support import BASE_PYTHON, Repository
from support.messages import locking, toolchain


def test_each_tool_has_a_line(repo: Repository) -> None:
    """The exit status is 0 if every required tool is there."""
    said = repo.make("doctor")
    for name in (
        "inputs",
        "make",
        "python",
        "git",
        "git-lfs",
        "docker",
        "conda",
        "project",
        "cache",
        "folder",
    ):
        assert f" {name} " in said
    assert str(BASE_PYTHON.parent) in said


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"LABCOAT_DOCKER": "no-such-docker"}, "command `no-such-docker` not found"),
        ({"LABCOAT_CONDA": "no-such-conda"}, "cannot find `no-such-conda`"),
    ],
    ids=["docker", "conda"],
)
def test_missing_optional_tools_do_not_fail(
    repo: Repository, setting: dict[str, str], said: str
) -> None:
    """Without Docker or conda the other levels work."""
    assert said in repo.labcoat("doctor", **setting)


def test_missing_git_and_make_fail(repo: Repository, tmp_path: Path) -> None:
    """The exit status is 1, and the line says what to install."""
    (tmp_path / "bin").mkdir()
    said = repo.labcoat("doctor", fails=True, PATH=str(tmp_path / "bin"))
    assert "Install GNU Make 3.81 or newer" in said
    assert "Install git" in said


def test_a_missing_python_fails(repo: Repository) -> None:
    """A .python-version that this machine does not have is named."""
    repo.write(__python_dash_version="3.99\n")
    expected = toolchain.UNKNOWN_PYTHON.format(version="3.99", source=".python-version")
    assert expected in repo.labcoat("doctor", fails=True, LABCOAT_PYTHON="python3")


def test_all_pythons_are_listed(repo: Repository, tmp_path: Path) -> None:
    """With the project's, who asks for it, and paths; a missing one says who has it."""
    own = installed_pythons.own_interpreter()
    repo.write(__python_dash_version=f"{own.minor}\n")
    output = repo.labcoat("doctor", LABCOAT_PYTHON="python3")
    assert f"Python {own.version} (.python-version), {own.executable}" in output
    for one in installed_pythons.list_installed():
        assert f"   {one.version}, {one.executable}" in output


def test_a_failing_program_does_not_answer(repo: Repository, tmp_path: Path) -> None:
    """A program that fails counts as missing."""
    program = tmp_path / "bin" / "git-lfs"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    said = repo.labcoat("doctor", PATH=f"{program.parent}{os.pathsep}{repo.env['PATH']}")
    assert "git-lfs    does not answer" in said


def test_the_inputs_are_named(repo: Repository) -> None:
    """The files that make the locks, or why they cannot be read; locks are not needed yet."""
    assert "inputs     requirements.in; they make 1 lock" in repo.labcoat("doctor")
    (repo.path / "requirements.in").unlink()
    repo.write(pyproject__toml='[dependency-groups]\ndev = [{include-group = "x"}]\n')
    said = repo.labcoat("doctor")
    assert locking.NO_GROUP.format(name="x", group="dev") in said
    repo.write(pyproject__toml="[project]\nname = 'p'\ndependencies = []\n")
    assert "inputs     pyproject.toml; they make 1 lock" in repo.labcoat("doctor")


def test_packages_of_apt_txt_are_named_that_this_machine_lacks(
    repo: Repository, tmp_path: Path
) -> None:
    """Only the image gets them; a file that is not valid is named, too."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/dpkg-query"
    program.write_text("#!/bin/sh\necho installed libone1; echo config-files libtwo1\n")
    program.chmod(0o755)
    settings = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    (repo.path / "apt.txt").write_text("libone1\nlibtwo1=1.0\n")
    assert "not on this machine: `libtwo1`\n" in repo.labcoat("doctor", **settings)
    (repo.path / "apt.txt").write_text("-y\n")
    assert "line 1 of `apt.txt` has the option" in repo.labcoat("doctor", **settings)
