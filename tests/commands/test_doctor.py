"""Doctor names what is there, and what to do about what is not."""

import os
from pathlib import Path

import pytest

from support import BASE_PYTHON, Repository


def test_what_is_there_is_named_with_its_version(repo: Repository) -> None:
    """Each thing has a line; where all that is needed is there, the exit status is 0."""
    said = repo.make("doctor")
    for name in (
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
        ({"LABCOAT_CONDA": "no-such-conda"}, "There is no no-such-conda here"),
    ],
    ids=["docker", "conda"],
)
def test_what_not_everybody_needs_is_no_failure(
    repo: Repository, setting: dict[str, str], said: str
) -> None:
    """Without Docker or conda the other levels work."""
    assert said in repo.labcoat("doctor", **setting)


def test_without_git_and_make_it_fails(repo: Repository, tmp_path: Path) -> None:
    """What labcoat cannot do without makes the exit status 1, and the line says what to install."""
    (tmp_path / "bin").mkdir()
    said = repo.labcoat("doctor", fails=True, PATH=str(tmp_path / "bin"))
    assert "Install GNU Make 3.81 or newer" in said
    assert "Install git" in said


def test_a_python_that_is_not_there_fails(repo: Repository) -> None:
    """A .python-version that this machine has none of is named."""
    repo.write(__python_dash_version="3.99\n")
    assert "There is no Python 3.99 on this machine" in repo.labcoat(
        "doctor", fails=True, LABCOAT_PYTHON="python3"
    )


def test_a_program_that_fails_is_said(repo: Repository, tmp_path: Path) -> None:
    """A program that does not answer is as good as none."""
    program = tmp_path / "bin" / "git-lfs"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    said = repo.labcoat("doctor", PATH=f"{program.parent}{os.pathsep}{repo.env['PATH']}")
    assert "git-lfs    does not answer" in said
