"""The conda environment holds the lock, with micromamba, mamba or conda, whichever is on PATH.

If no conda channel can be reached, continuous integration has a stand-in for micromamba's command
line, which uses rattler's solver and installer and a local channel.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import Repository
from support.messages import levels as messages
from support.messages import proof
from support.source_packages import commit, write_package
from support.user_changes import install

PROGRAM = next((path for path in map(shutil.which, ("micromamba", "mamba", "conda")) if path), "")

pytestmark = pytest.mark.skipif(
    not PROGRAM, reason="neither micromamba, mamba nor conda is installed"
)


@pytest.fixture(scope="module")
def first_lock(shared_repo: Repository) -> tuple[str, str]:
    """The texts of requirements.in and requirements.txt that `made` begins with."""
    inputs, lock = (shared_repo.path / f"requirements.{suffix}" for suffix in ("in", "txt"))
    return inputs.read_text(), lock.read_text()


@pytest.fixture(scope="module")
def made(shared_repo: Repository, first_lock: tuple[str, str]) -> Repository:
    """A repository with a virtual environment and a conda environment from one lock.

    Tests that need another lock make it; `fresh` goes back to the `first_lock`.
    """
    shared_repo.make("conda")
    return shared_repo


@pytest.fixture
def fresh(made: Repository, first_lock: tuple[str, str]) -> Repository:
    """The same, as it was made, whichever test came before."""
    inputs, lock = first_lock
    if (made.path / "requirements.txt").read_text() != lock:
        made.write(requirements__in=inputs, requirements__txt=lock).make("venv")
        made.make("conda", "AGAIN=1")
    return made


def test_it_is_equal_to_the_lock_and_the_virtual_environment(fresh: Repository) -> None:
    assert proof.EQUAL.format(names="lock, venv, conda") in fresh.labcoat(
        "prove", LABCOAT_DOCKER="no-such-docker"
    )
    assert "conda                 fresh" in fresh.labcoat("status", LABCOAT_DOCKER="no-such-docker")


def test_it_has_sources_of_the_same_bytes(repo: Repository, tmp_path: Path) -> None:
    """A local package is editable, the wheel of a commit the same as in `.venv`."""
    write_package(repo.path / "libs/one", "one", ["colour"])
    commit(write_package(tmp_path / "colour", "colour", ["alpha<2"]))
    text = f"-e ./libs/one\ncolour @ git+file://{tmp_path}/colour\n"
    repo.write(requirements__in=text).make("venv")
    repo.make("conda")
    assert proof.EQUAL.format(names="lock, venv, conda") in repo.make("prove")
    assert "conda                 fresh" in repo.make("status")
    code = "import colour, one; print(one.__file__)"
    ran = repo.make("run", "IN=conda", f"CMD=python -c '{code}'")
    assert f"{repo.path}/libs/one/src/one.py" in ran
    assert "nothing to freeze" in repo.make("freeze", "IN=conda")
    (repo.path / "libs/one/src/one.py").write_text("value = 2\n")
    repo.make("conda")
    assert proof.EQUAL.format(names="lock, venv, conda") in repo.make("prove")


def test_second_run_does_nothing(fresh: Repository) -> None:
    """It neither writes environment.yml nor creates the environment."""
    files = [fresh.path / "environment.yml", fresh.path / ".conda/labcoat.json"]
    before = [file.stat().st_mtime_ns for file in files]
    assert messages.CREATING not in fresh.make("conda")
    assert [file.stat().st_mtime_ns for file in files] == before


def test_again_recreates_it(fresh: Repository) -> None:
    """`make conda AGAIN=1` does so though nothing has changed, as prove says."""
    removed = next(fresh.path.glob(".conda/lib/python*/site-packages/alpha.py"))
    removed.unlink()
    output = fresh.labcoat("prove", "--only", "conda", fails=True)
    assert proof.FIX.format(level="conda", command="make conda AGAIN=1") in output
    fresh.make("conda", "AGAIN=1")
    assert removed.exists()


def test_a_program_runs_in_it(fresh: Repository) -> None:
    """Arguments and exit status are passed on, and the environment's own Python runs."""
    code = (
        "import alpha, sys; print(alpha.version, sys.argv[1:], sys.prefix.endswith('.conda'));"
        "sys.exit(7)"
    )
    output = fresh.labcoat("run", "--in", "conda", "--", "python", "-c", code, "a b", fails=True)
    assert "2.0 ['a b'] True" in output
    assert "no program `nosuch`" in fresh.labcoat(
        "run", "--in", "conda", "--", "nosuch", fails=True
    )


def test_edited_file_is_reported(fresh: Repository) -> None:
    path = next(fresh.path.glob(".conda/lib/python*/site-packages/alpha.py"))
    before = path.read_text()
    path.write_text(before + "# edited\n")
    try:
        output = fresh.labcoat("prove", "--only", "conda", fails=True)
        assert f"conda: {proof.EDITED.format(path='alpha.py', package='alpha')}" in output
    finally:
        path.write_text(before)


def test_unknown_conda_package_leaves_the_environment_unchanged(fresh: Repository) -> None:
    """The error names it."""
    before = (fresh.path / "environment.yml").read_text()
    output = fresh.make("conda", fails=True, LABCOAT_CONDA_PACKAGES="no-such-package-anywhere")
    (fresh.path / "environment.yml").write_text(before)
    assert messages.CONFLICT in output
    assert "no-such-package-anywhere" in output
    assert "2.0" in fresh.labcoat("run", "--in", "conda", "--", "alpha")


def test_new_lock_makes_it_stale(fresh: Repository) -> None:
    """`make conda` then recreates it."""
    fresh.write(requirements__in="alpha<2\n").make("requirements")
    assert "conda                 stale    requirements.txt has changed" in fresh.labcoat(
        "status", LABCOAT_DOCKER="no-docker"
    )
    fresh.make("conda")
    assert "1.0" in fresh.labcoat("run", "--in", "conda", "--", "alpha")


def test_missing_conda_program_is_named(repo: Repository) -> None:
    output = repo.make("conda", fails=True, LABCOAT_CONDA="no-such-conda")
    assert messages.NO_CONDA_PROGRAM.format(name="no-such-conda") in output
    assert messages.NO_CONDA.format(path=".conda") in repo.labcoat(
        "run", "--in", "conda", "--", "python", fails=True
    )


def test_conda_program_runs_pip_without_byte_code(repo: Repository) -> None:
    """Neither of what it installs nor its own, which each proof would compile to compare it."""
    program = repo.path / "micromamba"
    program.write_text("#!/bin/sh\nenv >variables\nexit 1\n")
    program.chmod(0o755)
    repo.make("conda", f"LABCOAT_CONDA={program}", fails=True)
    variables = (repo.path / "variables").read_text().splitlines()
    assert {"PIP_COMPILE=0", "PYTHONDONTWRITEBYTECODE=1"} <= set(variables)


def test_directory_that_is_not_an_environment_is_refused(repo: Repository) -> None:
    """LABCOAT_CONDA_ENV may name a directory of the user's by mistake."""
    (repo.path / "data").mkdir()
    (repo.path / "data/precious").write_text("x")
    assert messages.NOT_A_CONDA.format(path="data") in repo.make(
        "conda", "LABCOAT_CONDA_ENV=data", fails=True
    )
    assert (repo.path / "data/precious").read_text() == "x"


def test_crashed_conda_program_is_run_again(made: Repository) -> None:
    """If it crashes each time, the environment stays as it was. Nothing stays of what crashed."""
    made.make("conda")
    version = re.search(r"(?m)^alpha==(\S+)", (made.path / "requirements.txt").read_text())
    assert version
    made.write(requirements__in="gamma\n").make("requirements")
    crashing, left = made.path / Path(PROGRAM).name, made.path / "left"
    # It crashes in the midst of its work: the folder after -p exists, with a file.
    crashing.write_text(
        "#!/bin/sh\nread left < left\n"
        f'[ "$left" = 0 ] && exec "{PROGRAM}" "$@"\necho $((left - 1)) > left\n'
        'while [ "$1" != -p ]; do shift; done\nmkdir -p "$2"\n: > "$2/half"\nkill -SEGV $$\n'
    )
    crashing.chmod(0o755)
    left.write_text("3\n")
    output = made.make("conda", f"LABCOAT_CONDA={crashing}", fails=True)
    assert messages.CRASHED_EACH_TIME.format(program=crashing.name, signal="SIGSEGV") in output
    assert left.read_text() == "0\n"
    assert made.labcoat("run", "--in", "conda", "--", "alpha") == f"{version[1]}\n"
    left.write_text("1\n")
    output = made.make("conda", f"LABCOAT_CONDA={crashing}")
    assert messages.CRASHED_ONCE.format(program=crashing.name, signal="SIGSEGV") in output
    assert proof.EQUAL.format(names="lock, conda") in made.labcoat("prove", "--only", "conda")
    assert not (made.path / ".conda/half").exists()


def test_freeze_adds_what_pip_installed(made: Repository) -> None:
    """It does not add what conda installed."""
    made.write(requirements__in="alpha\n").make("conda")
    run_pip(made, "gamma")
    made.make("freeze", "IN=conda")
    assert (made.path / "requirements.in").read_text() == "alpha\ngamma\n"
    assert names(made) == ["alpha", "beta", "gamma"]


def test_freeze_keeps_a_lock_that_is_newer_than_the_environment(made: Repository) -> None:
    """Unlocked packages are added to the present lock."""
    made.write(requirements__in="alpha==2.0\n").make("conda")
    made.write(requirements__in="alpha==1.0\n").make("requirements")
    install(made, "gamma", python=".conda/bin/python")
    made.make("freeze", "IN=conda")
    assert (made.path / "requirements.in").read_text() == "alpha==1.0\ngamma\n"
    assert "\nalpha==1.0 " in (made.path / "requirements.txt").read_text()


def test_answer_of_a_crashed_conda_program_counts(repo: Repository) -> None:
    """It named the conflict before it crashed, so it is not run again."""
    crashing = repo.path / Path(PROGRAM).name
    crashing.write_text(
        "#!/bin/sh\necho run >> runs\n"
        "echo 'error    libmamba Could not solve for environment specs' >&2\n"
        "echo 'nothing provides gamma' >&2\nkill -SEGV $$\n"
    )
    crashing.chmod(0o755)
    output = repo.make("conda", f"LABCOAT_CONDA={crashing}", fails=True)
    assert f"{messages.CONFLICT}: nothing provides gamma" in output
    assert (repo.path / "runs").read_text() == "run\n"


def test_freeze_locks_an_environment_that_the_user_created(repo: Repository) -> None:
    """Afterwards `make conda` can recreate it."""
    (repo.path / "requirements.in").unlink()
    minor = ".".join(map(str, sys.version_info[:2]))
    repo.write(own__yml=f"channels: [conda-forge]\ndependencies: [python={minor}, pip]\n")
    words = [
        "create" if PROGRAM.endswith("micromamba") else "env create",
        "-y",
        "-p",
        ".conda",
        "-f",
        "own.yml",
    ]
    # The stand-in sometimes crashes as it exits, when all its work is done.
    subprocess.run([PROGRAM, *words], cwd=repo.path, env=repo.env, check=False, capture_output=True)
    assert list(repo.path.glob(".conda/conda-meta/pip-*.json"))
    run_pip(repo, "alpha==1.0")
    repo.labcoat("freeze", "--in", "conda")
    assert (repo.path / "requirements.in").read_text() == "alpha\n"
    assert names(repo) == ["alpha", "beta"]
    repo.make("conda")
    assert "1.0" in repo.labcoat("run", "--in", "conda", "--", "alpha")
    assert proof.EQUAL.format(names="lock, conda") in repo.labcoat("prove", "--only", "conda")


def run_pip(repo: Repository, *words: str) -> None:
    """Run pip install in the conda environment, as a user does."""
    pip = [repo.path / ".conda/bin/python", "-m", "pip", "install", "-q"]
    subprocess.run([*pip, *words], cwd=repo.path, env=repo.env, check=True)


def names(repo: Repository) -> list[str]:
    """Return the names of the packages in the lock."""
    return re.findall(r"(?m)^([a-z]+)==", (repo.path / "requirements.txt").read_text())


def test_another_tools_environment_is_not_replaced(repo: Repository) -> None:
    """`make conda` offers `make freeze`; what a killed run of labcoat left is replaced."""
    packages = repo.path / ".conda/lib/python3.11/site-packages"
    (repo.path / ".conda/conda-meta").mkdir(parents=True)
    packages.mkdir(parents=True)
    (packages / "mine.py").touch()
    output = repo.make("conda", fails=True)
    assert messages.FOREIGN.format(folder=".conda") in output
    assert messages.FREEZE_FIRST.format(freeze="freeze IN=conda", level="conda") in output
    assert (packages / "mine.py").exists()
    (repo.path / ".labcoat/conda.making").write_text(str(repo.path / ".conda"))
    assert messages.FOREIGN.format(folder=".conda") not in repo.make(
        "conda", LABCOAT_CONDA="no-such-conda", fails=True
    )
