"""`make shell` is in the environment, whatever the person's own shell files put first on the path."""

import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from support import Repository

CONDA = any(map(shutil.which, ("micromamba", "mamba", "conda")))
# As pyenv and `conda init` write it into ~/.bashrc and ~/.zshrc.
OWN = 'export PATH="$HOME/other python/bin:$PATH" MINE=read\n'


def typed(repo: Repository, line: str, *words: str, **env: str) -> str:
    """What is on the screen of a terminal in which `make shell` runs and a person types a line, and then `exit`."""
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
        said = b""
        try:
            while read := os.read(keyboard, 4096):
                said += read
        except OSError:  # Linux says so where the other end was closed
            pass
    os.close(keyboard)
    return said.decode().replace("\r\n", "\n")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of somebody whose shell files put another Python first."""
    other = tmp_path / "home/other python/bin/python"
    other.parent.mkdir(parents=True)
    other.write_text("#!/bin/sh\necho another\n")
    other.chmod(0o755)
    for name in (".bashrc", ".zshrc"):
        (tmp_path / "home" / name).write_text(OWN)
    return tmp_path / "home"


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_the_environment_comes_before_what_the_person_s_files_say(
    repo: Repository, home: Path, name: str
) -> None:
    """The files are read, and afterwards the environment is first all the same."""
    if not (program := shutil.which(name)):
        pytest.skip(f"there is no {name}")
    repo.make("venv")
    said = typed(
        repo,
        'echo "$MINE:$(command -v python):$VIRTUAL_ENV:$ZDOTDIR."',
        HOME=str(home),
        SHELL=program,
    )
    own = str(home) if name == "zsh" else ""
    assert f"read:{repo.path}/.venv/bin/python:{repo.path}/.venv:{own}." in said


@pytest.mark.skipif(not CONDA, reason="there is no micromamba, mamba or conda")
def test_the_conda_environment_comes_first_too(repo: Repository, home: Path) -> None:
    """`make shell IN=conda` is in the conda environment."""
    if not (program := shutil.which("bash")):
        pytest.skip("there is no bash")
    repo.make("conda")
    said = typed(
        repo,
        'echo "$MINE:$(command -v python):$CONDA_PREFIX."',
        "IN=conda",
        HOME=str(home),
        SHELL=program,
    )
    assert f"read:{repo.path}/.conda/bin/python:{repo.path}/.conda." in said


def test_another_shell_is_started_as_it_is(repo: Repository, home: Path) -> None:
    """A shell that labcoat knows nothing of gets the environment's path, and no words."""
    repo.make("venv")
    said = typed(repo, 'echo "$(command -v python):$#."', HOME=str(home), SHELL="/bin/sh")
    assert f"{repo.path}/.venv/bin/python:0.\n" in said
