"""No isolation: the person's own Python, told what differs from the lock, and never filled unasked."""

import os
import shutil
import subprocess

import pytest

from support import BASE_PYTHON, INCLUDE, Repository


def test_a_program_runs_and_what_differs_is_said(repo: Repository) -> None:
    """The person's own Python runs it, and the packages that it lacks are named."""
    repo.make("requirements")
    said = repo.make("run", "IN=none", "CMD=python3 -c 'import sys; print(sys.argv[0])'")
    assert "no alpha (locked 2.0), no beta (locked 1.5)" in said
    assert not (repo.path / ".venv").exists()


def test_status_of_a_program_is_its_own(repo: Repository) -> None:
    """An exit status passes."""
    repo.make("requirements")
    command = [
        str(BASE_PYTHON),
        "-I",
        str(INCLUDE.with_name("labcoat")),
        "run",
        "--in",
        "none",
        "--",
        "sh",
        "-c",
        "exit 7",
    ]
    assert (
        subprocess.run(
            command, cwd=repo.path, env=repo.env, check=False, capture_output=True
        ).returncode
        == 7
    )


def test_it_is_proved_only_where_asked_for(repo: Repository) -> None:
    """A person's own Python holds other things too: only what is locked counts, and only with IN=none."""
    repo.make("venv")
    assert "none" not in repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")
    said = repo.labcoat("prove", "--only", "none", fails=True)
    assert "none: alpha 2.0 is locked and not there" in said
    assert "is there and not locked" not in said


def test_installing_is_refused_as_root(repo: Repository) -> None:
    """Root's own folder is the machine administrator's."""
    if os.geteuid():
        pytest.skip("needs to be root")
    assert "As root" in repo.make("user-install", fails=True)


def test_installing_is_refused_in_a_virtual_environment(repo: Repository) -> None:
    """A virtual environment has no folder of a user."""
    repo.make("venv")
    command = [repo.path / ".venv/bin/python", "-I", INCLUDE.with_name("labcoat"), "user-install"]
    ended = subprocess.run(
        command, cwd=repo.path, env=repo.env, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "is a virtual environment's" in ended.stderr


def test_it_is_installed_for_the_person_alone_where_asked_for(repo: Repository) -> None:
    """`make user-install` puts the lock into the user's own folder; the proof then finds nothing missing."""
    words: list[str] = []
    if not os.geteuid():
        words = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
        if (
            not shutil.which("unshare")
            or subprocess.run([*words, "true"], check=False, capture_output=True).returncode
        ):
            pytest.skip("needs to be somebody else than root")
    repo.make("requirements")
    own = {**repo.env, "PYTHONUSERBASE": str(repo.path / "own")}
    said = subprocess.run(
        [*words, "make", "user-install"],
        cwd=repo.path,
        env=own,
        check=False,
        capture_output=True,
        text=True,
    )
    if "managed by your system" in said.stderr:
        pytest.skip("this Python is the system's")
    assert said.returncode == 0, said.stderr
    assert list((repo.path / "own").glob("lib/python*/site-packages/alpha.py"))
    assert "2 " in repo.labcoat("prove", "--only", "none", PYTHONUSERBASE=own["PYTHONUSERBASE"])
