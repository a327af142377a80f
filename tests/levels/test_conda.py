"""The conda environment holds the lock. With micromamba, mamba or conda, whichever is on the path.

Where no conda channel can be reached, continuous integration has a stand-in for micromamba's command line, over rattler's real
solver and installer and a local channel.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import Repository

PROGRAM = next((path for path in map(shutil.which, ("micromamba", "mamba", "conda")) if path), "")

pytestmark = pytest.mark.skipif(not PROGRAM, reason="there is no micromamba, mamba or conda")


@pytest.fixture(scope="module")
def made(shared_repo: Repository) -> Iterator[Repository]:
    """A repository with a virtual environment and a conda environment of one lock."""
    shared_repo.make("conda")
    return shared_repo


def test_it_is_equal_to_the_lock_and_the_virtual_environment(made: Repository) -> None:
    """The proof calls all three equal, and status calls each fresh."""
    assert "equal: lock, venv, conda" in made.labcoat("prove", LABCOAT_DOCKER="no-such-docker")
    assert "conda                 fresh" in made.labcoat("status", LABCOAT_DOCKER="no-such-docker")


def test_it_is_made_once(made: Repository) -> None:
    """A second `make conda` neither writes environment.yml nor makes the environment."""
    files = [made.path / "environment.yml", made.path / ".conda/labcoat.json"]
    before = [file.stat().st_mtime_ns for file in files]
    assert "making" not in made.make("conda")
    assert [file.stat().st_mtime_ns for file in files] == before


def test_again_makes_it_anew(made: Repository) -> None:
    """`make conda AGAIN=1` does, though nothing has changed."""
    gone = next(made.path.glob(".conda/lib/python*/site-packages/alpha.py"))
    gone.unlink()
    assert "make conda AGAIN=1 makes conda anew" in made.labcoat(
        "prove", "--only", "conda", fails=True
    )
    made.make("conda", "AGAIN=1")
    assert gone.exists()


def test_a_program_runs_in_it(made: Repository) -> None:
    """Arguments and exit status pass, and the environment's own Python is the one that runs."""
    code = "import alpha, sys; print(alpha.version, sys.argv[1:], sys.prefix.endswith('.conda')); sys.exit(7)"
    said = made.labcoat("run", "--in", "conda", "--", "python", "-c", code, "a b", fails=True)
    assert "2.0 ['a b'] True" in said
    assert "There is no program 'nosuch'" in made.labcoat(
        "run", "--in", "conda", "--", "nosuch", fails=True
    )


def test_an_edit_is_found(made: Repository) -> None:
    """A file edited by hand is named, with its environment."""
    path = next(made.path.glob(".conda/lib/python*/site-packages/alpha.py"))
    before = path.read_text()
    path.write_text(before + "# edited\n")
    try:
        assert "conda: alpha.py of alpha was edited" in made.labcoat(
            "prove", "--only", "conda", fails=True
        )
    finally:
        path.write_text(before)


def test_a_package_that_cannot_be_had_leaves_the_environment(made: Repository) -> None:
    """A conda package that no channel has is named; the environment stays as it was."""
    before = (made.path / "environment.yml").read_text()
    said = made.make("conda", fails=True, LABCOAT_CONDA_PACKAGES="no-such-package-anywhere")
    assert "cannot be had together" in said
    assert "no-such-package-anywhere" in said
    (made.path / "environment.yml").write_text(before)
    assert "2.0" in made.labcoat("run", "--in", "conda", "--", "alpha")


def test_a_new_lock_makes_it_stale_and_then_anew(made: Repository) -> None:
    """A changed lock shows in status, and `make conda` follows it."""
    made.write(requirements__in="alpha<2\n").make("requirements")
    assert "conda                 stale    requirements.txt has changed" in made.labcoat(
        "status", LABCOAT_DOCKER="no-docker"
    )
    made.make("conda")
    assert "1.0" in made.labcoat("run", "--in", "conda", "--", "alpha")


def test_without_a_conda_program_it_is_said(repo: Repository) -> None:
    """One line names what was looked for."""
    said = repo.make("conda", fails=True, LABCOAT_CONDA="no-such-conda")
    assert "There is no no-such-conda here" in said
    assert "There is no conda environment in .conda" in repo.labcoat(
        "run", "--in", "conda", "--", "python", fails=True
    )


def test_a_folder_that_is_no_environment_is_not_touched(repo: Repository) -> None:
    """LABCOAT_CONDA_ENV that names somebody's folder is refused, and the folder stays."""
    (repo.path / "data").mkdir()
    (repo.path / "data/precious").write_text("x")
    assert "is no conda environment" in repo.make("conda", "LABCOAT_CONDA_ENV=data", fails=True)
    assert (repo.path / "data/precious").read_text() == "x"


def test_what_was_installed_in_it_is_frozen(made: Repository) -> None:
    """`make freeze IN=conda` adds what pip was told by hand, and nothing that conda brought."""
    made.write(requirements__in="alpha\n").make("conda")
    install(made, "gamma")
    made.make("freeze", "IN=conda")
    assert (made.path / "requirements.in").read_text() == "alpha\ngamma\n"
    assert names(made) == ["alpha", "beta", "gamma"]


def test_a_lock_that_is_newer_than_it_stays(made: Repository) -> None:
    """What was installed by hand goes onto the lock as others have changed it since."""
    made.write(requirements__in="alpha==2.0\n").make("conda")
    made.write(requirements__in="alpha==1.0\n").make("requirements")
    install(made, "gamma")
    made.make("freeze", "IN=conda")
    assert (made.path / "requirements.in").read_text() == "alpha==1.0\ngamma\n"
    assert "\nalpha==1.0 " in (made.path / "requirements.txt").read_text()


def test_a_crash_of_the_conda_program_is_tried_once_more(repo: Repository) -> None:
    """Its second try makes the environment; where it crashes again that is said, and the environment of before stays."""
    repo.make("conda")
    repo.write(requirements__in="gamma\n").make("requirements")
    crashing, left = repo.path / Path(PROGRAM).name, repo.path / "left"
    crashing.write_text(
        f'#!/bin/sh\n"{PROGRAM}" "$@"\nread left < left\n[ "$left" = 0 ] || {{ echo $((left - 1)) > left; kill -SEGV $$; }}\n'
    )
    crashing.chmod(0o755)
    left.write_text("2\n")
    assert "crashed (SIGSEGV), twice" in repo.make("conda", f"LABCOAT_CONDA={crashing}", fails=True)
    assert left.read_text() == "0\n"
    assert repo.labcoat("run", "--in", "conda", "--", "alpha") == "2.0\n"
    left.write_text("1\n")
    assert "crashed (SIGSEGV); once more" in repo.make("conda", f"LABCOAT_CONDA={crashing}")
    assert "equal: lock, conda" in repo.labcoat("prove", "--only", "conda")


def test_a_lock_is_made_of_an_environment_made_by_hand(repo: Repository) -> None:
    """Where labcoat did not make the environment, and nothing is written down yet: afterwards it is, and can be made anew."""
    (repo.path / "requirements.in").unlink()
    minor = ".".join(map(str, sys.version_info[:2]))
    repo.write(hand__yml=f"channels: [conda-forge]\ndependencies: [python={minor}, pip]\n")
    words = [
        "create" if PROGRAM.endswith("micromamba") else "env create",
        "-y",
        "-p",
        ".conda",
        "-f",
        "hand.yml",
    ]
    # The stand-in crashes now and then as it ends, all its work done.
    subprocess.run([PROGRAM, *words], cwd=repo.path, env=repo.env, check=False, capture_output=True)
    assert list(repo.path.glob(".conda/conda-meta/pip-*.json"))
    install(repo, "alpha==1.0")
    repo.labcoat("freeze", "--in", "conda")
    assert (repo.path / "requirements.in").read_text() == "alpha\n"
    assert names(repo) == ["alpha", "beta"]
    repo.make("conda")
    assert "1.0" in repo.labcoat("run", "--in", "conda", "--", "alpha")
    assert "equal: lock, conda" in repo.labcoat("prove", "--only", "conda")


def install(repo: Repository, *words: str) -> None:
    """What a person types, in the conda environment."""
    pip = [repo.path / ".conda/bin/python", "-m", "pip", "install", "-q"]
    subprocess.run([*pip, *words], cwd=repo.path, env=repo.env, check=True)


def names(repo: Repository) -> list[str]:
    """What the lock names."""
    return re.findall(r"(?m)^([a-z]+)==", (repo.path / "requirements.txt").read_text())
