"""No isolation: the user's own Python, with a warning about what differs from the lock."""

import os
import shutil
import subprocess

import pytest

from labcoat.toolchain import installed_pythons
from support import BASE_PYTHON, INCLUDE, Repository
from support.messages import levels as messages
from support.messages import proof


def test_run_names_missing_packages(repo: Repository) -> None:
    """The program runs all the same, and no environment is created."""
    repo.make("requirements")
    output = repo.make("run", "IN=none", "CMD=python3 -c 'import sys; print(sys.argv[0])'")
    assert "no alpha (locked 2.0), no beta (locked 1.5)" in output
    assert not (repo.path / ".venv").exists()


def test_exit_status_is_the_programs(repo: Repository) -> None:
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


def test_it_is_checked_only_on_request(repo: Repository) -> None:
    """With `--only none`, and only locked packages: the user's own Python has others too."""
    repo.make("venv")
    assert "none" not in repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")
    output = repo.labcoat("prove", "--only", "none", fails=True)
    assert f"none: {proof.MISSING.format(package='alpha', version='2.0')}" in output
    assert proof.NOT_LOCKED not in output


def test_user_install_is_refused_as_root(repo: Repository) -> None:
    if os.geteuid():
        pytest.skip("needs to be root")
    said = repo.make("user-install", fails=True)
    if messages.SYSTEM_PYTHON in said:
        pytest.skip("the operating system manages this Python")
    assert messages.AS_ROOT in said


def test_user_install_is_refused_in_a_virtual_environment(repo: Repository) -> None:
    """A virtual environment has no user directory."""
    repo.make("venv")
    command = [repo.path / ".venv/bin/python", "-I", INCLUDE.with_name("labcoat"), "user-install"]
    ended = subprocess.run(
        command, cwd=repo.path, env=repo.env, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert messages.IN_VENV in ended.stderr
    for each in (repo.path / ".venv").glob("lib/*/site-packages/alpha-*.dist-info"):
        shutil.rmtree(each)
    command[-1:] = ["run", "--in", "none", "--", "true"]
    ended = subprocess.run(
        command, cwd=repo.path, env=repo.env, check=False, capture_output=True, text=True
    )
    assert "leave out IN=none" in ended.stderr
    assert "user-install" not in ended.stderr  # it would refuse


def test_user_install_installs_the_lock_in_the_user_directory(repo: Repository) -> None:
    """Afterwards prove finds no package missing."""
    words: list[str] = []
    if not os.geteuid():
        words = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
        if (
            not shutil.which("unshare")
            or subprocess.run([*words, "true"], check=False, capture_output=True).returncode
        ):
            pytest.skip("needs to run as another user than root")
    repo.make("requirements")
    own = {**repo.env, "PYTHONUSERBASE": str(repo.path / "own")}
    output = subprocess.run(
        [*words, "make", "user-install"],
        cwd=repo.path,
        env=own,
        check=False,
        capture_output=True,
        text=True,
    )
    if messages.SYSTEM_PYTHON in output.stderr:
        pytest.skip("the operating system manages this Python")
    assert output.returncode == 0, output.stderr
    assert list((repo.path / "own").glob("lib/python*/site-packages/alpha.py"))
    assert "2 " in repo.labcoat("prove", "--only", "none", PYTHONUSERBASE=own["PYTHONUSERBASE"])


def test_it_is_the_python_of_the_setting(repo: Repository) -> None:
    """Also where labcoat itself runs on a newer one."""
    old = next(filter(None, map(installed_pythons.find_installed, ("3.8", "3.9", "3.10"))), None)
    if old is None:
        pytest.skip("needs a Python older than labcoat's")
    named = {"LABCOAT_PYTHON": str(old.executable)}
    repo.make("requirements", **named)
    output = repo.labcoat("run", "--in", "none", "--", "true", **named)
    assert messages.PACKAGES_DIFFER.format(python=old.executable) in output
    output = repo.labcoat("prove", "--only", "none", fails=True, **named)
    assert f"none    {old.version}" in output


def test_an_environment_of_labcoats_own_is_not_the_users(repo: Repository) -> None:
    """As pipx installs it: programs run with the Python on PATH, and that is compared."""
    repo.make("requirements")
    own = repo.path / "pipx"
    unset = {name: value for name, value in repo.env.items() if name != "LABCOAT_PYTHON"}
    subprocess.run([BASE_PYTHON, "-m", "venv", "--without-pip", own], check=True)
    ended = subprocess.run(
        [own / "bin/python", "-m", "labcoat", "run", "--in", "none", "true"],
        cwd=repo.path,
        env=unset | {"PYTHONPATH": str(INCLUDE.parent)},
        check=False,
        capture_output=True,
        text=True,
    )
    users = shutil.which("python3", path=repo.env["PATH"])
    assert ended.returncode == 0, ended.stderr
    assert messages.PACKAGES_DIFFER.format(python=users) in ended.stderr
