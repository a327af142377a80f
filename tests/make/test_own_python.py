"""labcoat does not run on the Python of an environment that it checks."""

import os

from support import Repository
from support.messages import proof


def test_prove_runs_nothing_of_an_activated_environment(repo: Repository) -> None:
    """Though `python3` is the environment's there, also as a program that somebody planted."""
    repo.env["LABCOAT_PYTHON"] = "python3"
    repo.make("venv")
    programs = repo.path / ".venv/bin"
    repo.env["PATH"] = f"{programs}{os.pathsep}{repo.env['PATH']}"
    repo.env["VIRTUAL_ENV"] = str(repo.path / ".venv")
    assert proof.EQUAL.format(names="lock, venv") in repo.make("prove", "IN=venv")
    for name in ("python", "python3"):
        (programs / name).unlink()
        (programs / name).write_text(f"#!/bin/sh\ntouch '{repo.path}/planted'\n")
        (programs / name).chmod(0o755)
    output = repo.make("prove", "IN=venv", fails=True)
    assert "Error 1" in output
    assert not (repo.path / "planted").exists()


def test_it_says_so_if_there_is_no_other_python(repo: Repository) -> None:
    """The status is 2: labcoat could not look."""
    repo.make("venv")
    repo.env["LABCOAT_PYTHON"] = str(repo.path / ".venv/bin/python")
    output = repo.make("prove", "IN=venv", fails=True)
    assert proof.OWN_PYTHON.format(name=".venv") in output
    assert "Error 2" in output
