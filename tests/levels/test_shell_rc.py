"""`make shell` opens a shell in the environment, whatever ~/.bashrc puts first on PATH."""

import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from support import Repository

CONDA = any(map(shutil.which, ("micromamba", "mamba", "conda")))
# What pyenv and `conda init` write into ~/.bashrc and ~/.zshrc.
OWN = 'export PATH="$HOME/other python/bin:$PATH" MINE=read\n'


def run_in_shell(repo: Repository, line: str, *words: str, **env: str) -> str:
    """Type `line` and `exit` into `make shell` in a terminal, and return what it displays."""
    keyboard, terminal = pty.openpty()
    with subprocess.Popen(
        ["make", "shell", *words],
        cwd=repo.path,
        env={**repo.env, "TERM": "dumb", **env},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    ):
        os.close(terminal)
        os.write(keyboard, f"{line}\nexit\n".encode())
        output = b""
        try:
            while read := os.read(keyboard, 4096):
                output += read
        except OSError:  # what Linux raises if the other end is closed
            pass
    os.close(keyboard)
    return output.decode().replace("\r\n", "\n")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory whose shell files put another Python first."""
    other = tmp_path / "home/other python/bin/python"
    other.parent.mkdir(parents=True)
    other.write_text("#!/bin/sh\necho another\n")
    other.chmod(0o755)
    for name in (".bashrc", ".zshrc"):
        (tmp_path / "home" / name).write_text(OWN)
    return tmp_path / "home"


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_environment_is_first_on_path(repo: Repository, home: Path, name: str) -> None:
    """The user's files are read before."""
    if not (program := shutil.which(name)):
        pytest.skip(f"{name} is not installed")
    repo.make("venv")
    output = run_in_shell(
        repo,
        'echo "$MINE:$(command -v python):$VIRTUAL_ENV:$ZDOTDIR."',
        HOME=str(home),
        SHELL=program,
    )
    own = str(home) if name == "zsh" else ""
    assert f"read:{repo.path}/.venv/bin/python:{repo.path}/.venv:{own}." in output


@pytest.mark.skipif(not CONDA, reason="neither micromamba, mamba nor conda is installed")
def test_conda_environment_is_first_on_path(repo: Repository, home: Path) -> None:
    if not (program := shutil.which("bash")):
        pytest.skip("bash is not installed")
    repo.make("conda")
    output = run_in_shell(
        repo,
        'echo "$MINE:$(command -v python):$CONDA_PREFIX."',
        "IN=conda",
        HOME=str(home),
        SHELL=program,
    )
    assert f"read:{repo.path}/.conda/bin/python:{repo.path}/.conda." in output


def test_other_shells_get_the_path_and_no_arguments(repo: Repository, home: Path) -> None:
    repo.make("venv")
    output = run_in_shell(repo, 'echo "$(command -v python):$#."', HOME=str(home), SHELL="/bin/sh")
    assert f"{repo.path}/.venv/bin/python:0.\n" in output
