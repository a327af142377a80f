"""A real JupyterLab on each level: it answers and has the locked packages."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import BASE_PYTHON, INCLUDE, Repository
from support.session import unique_name

IMAGE = unique_name("labcoat-test/notebook")
LEVELS = [
    "venv",
    pytest.param(
        "conda",
        marks=pytest.mark.skipif(
            not any(map(shutil.which, ("micromamba", "mamba", "conda"))),
            reason="there is no micromamba, mamba or conda",
        ),
    ),
    pytest.param(
        "docker",
        marks=[
            pytest.mark.docker,
            pytest.mark.skipif(
                sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11"
            ),
        ],
    ),
]


@pytest.fixture(scope="module")
def real(
    tmp_path_factory: pytest.TempPathFactory,
    tools_environment: Path,
    base_image: str,
    network: dict[str, str],
) -> Iterator[Repository]:
    """A repository of one package of the real index, without anything of Jupyter."""
    path = tmp_path_factory.mktemp("notebook") / "a repository"
    path.mkdir()
    include = os.path.relpath(INCLUDE, path).replace(
        " ", "\\ "
    )  # this clone's path may have spaces
    (path / "Makefile").write_text(f"include {include}\n")
    (path / "requirements.in").write_text("six==1.17.0\n")
    env = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    env |= {
        **network,
        "LANG": "C.UTF-8",
        "LABCOAT_PYTHON": str(BASE_PYTHON),
        "LABCOAT_LOCKER": "uv",
    }
    env |= {
        "LABCOAT_IMAGE": f"{IMAGE}:mine",
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": "--network=host",
    }
    env["LABCOAT_CACHE"] = str(tools_environment.parent.parent)
    yield Repository(path, env)
    if shutil.which("docker"):
        subprocess.run(
            ["docker", "image", "rm", "-f", f"{IMAGE}:mine-notebook"],
            capture_output=True,
            check=False,
        )


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def opened(address: str) -> str:
    """Open `address`, which Jupyter prints a moment before it listens."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=60) as page:  # noqa: S310
                return str(page.read().decode())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(address)


def open_jupyterlab(real: Repository, level: str) -> None:
    """Start JupyterLab on `level`, open its address, and interrupt it."""
    port = free_port()
    words = ["make", "notebook", f"IN={level}", f"LABCOAT_PORTS={port}"]
    with subprocess.Popen(
        words,
        cwd=real.path,
        env=real.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as started:
        try:
            assert started.stdout is not None
            said = []
            address = None
            for line in started.stdout:
                said.append(line)
                if address := re.search(rf"http://127\.0\.0\.1:{port}/lab\?token=\w+", line):
                    break
            assert address, "".join(said)
            assert "jupyterlab" in opened(address[0]).lower()
            os.killpg(started.pid, signal.SIGINT)
            assert "Interrupt" in started.stdout.read()
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGTERM)


@pytest.fixture
def opened_once(real: Repository) -> Repository:
    """The repository after its first notebook, whichever test comes first."""
    if not (real.path / ".labcoat/notebook/venv/bin/jupyter").exists():
        open_jupyterlab(real, "venv")
    return real


@pytest.mark.parametrize("level", LEVELS)
def test_jupyterlab_answers_at_the_printed_address(real: Repository, level: str) -> None:
    """The address has the chosen port and a token; an interrupt ends JupyterLab."""
    open_jupyterlab(real, level)


def test_the_notebook_lock_adds_jupyterlab(opened_once: Repository) -> None:
    """The project's lock stays; beside it is one with JupyterLab at the same versions."""
    real = opened_once
    real.make("requirements")
    assert "jupyter" not in (real.path / "requirements.txt").read_text()
    assert "six==1.17.0" in (real.path / "requirements-notebook.txt").read_text()
    assert not (real.path / ".venv").exists()
    site = next(real.path.glob(".labcoat/notebook/venv/lib/python*/site-packages"))
    assert (site / "six.py").exists()
    assert (site / "jupyterlab").is_dir()


def test_a_notebook_imports_the_locked_packages(opened_once: Repository) -> None:
    """A kernel of the environment imports what the lock names."""
    real = opened_once
    program = real.path / ".labcoat/notebook/venv/bin/jupyter"
    cell = (
        '{"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "id": "a",'
        ' "source": "import six; print(six.__version__)"}'
    )
    (real.path / "a.ipynb").write_text(
        f'{{"cells": [{cell}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}'
    )
    subprocess.run(
        [program, "execute", "--inplace", "a.ipynb"], cwd=real.path, check=True, capture_output=True
    )
    assert "1.17.0\\n" in (real.path / "a.ipynb").read_text()


def test_a_port_in_use_is_named(repo: Repository) -> None:
    """Nothing is built for a notebook that could not be reached."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} is already in use" in repo.labcoat(
            "notebook", fails=True, LABCOAT_PORTS=str(port)
        )
    assert not (repo.path / "requirements-notebook.in").exists()


def test_in_none_needs_an_installed_jupyterlab(repo: Repository) -> None:
    """IN=none runs the JupyterLab of your own Python, and installs none."""
    path = os.pathsep.join(
        folder
        for folder in repo.env["PATH"].split(os.pathsep)
        if not (Path(folder) / "jupyter-lab").exists()
    )
    assert "your own Python has no JupyterLab" in repo.labcoat(
        "notebook", "--in", "none", fails=True, PATH=path
    )


def test_a_lock_with_jupyterlab_is_used_as_it_is(repo: Repository) -> None:
    """JupyterLab in requirements.in runs on the level itself."""
    from labcoat.core.project import Project
    from labcoat.core.settings import DEFAULTS
    from labcoat.scaffold import notebook_lock

    (repo.path / "requirements.txt").write_text("jupyterlab==4.5.0\nnotebook==7.5.0\n")
    project = Project(repo.path, DEFAULTS)
    assert notebook_lock.notebook_project(project) is project
    (repo.path / "requirements.txt").write_text("six==1.17.0\n")
    assert notebook_lock.notebook_project(project).requirements.name == "requirements-notebook.txt"
    assert notebook_lock.notebook_project(project).image == "labcoat/a-repository:notebook"
