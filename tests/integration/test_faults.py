"""Faults of real machines are explained in one line and lose nothing."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import BASE_PYTHON, INCLUDE, Index, Repository
from support.messages import proof as messages
from support.user_changes import install


def start(repo: Repository, *targets: str) -> "subprocess.Popen[str]":
    words = ["make", *targets]
    return subprocess.Popen(
        words,
        cwd=repo.path,
        env=repo.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_eight_runs_at_once_create_one_environment(repo: Repository) -> None:
    runs = [start(repo, "venv") for _ in range(8)]
    output = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * 8, output
    repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")


@pytest.fixture
def read_only(repo: Repository) -> Iterator[Repository]:
    """A repository on a read-only disk, with an environment from an older lock."""
    repo.make("venv")
    repo.write(requirements__in="alpha\ngamma\n").make("requirements")
    with mount_read_only(repo.path):
        yield repo


@contextlib.contextmanager
def mount_read_only(path: Path) -> Iterator[None]:
    """Make a tree read-only, for root too."""
    words = ["mount", "--bind", path, path]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("a read-only tree needs the right to mount one")
    subprocess.run(["mount", "-o", "remount,ro,bind", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def test_read_only_tree_can_be_used(read_only: Repository) -> None:
    """Commands that write fail; the environment works, and prove prints its result."""
    output = read_only.make("venv", fails=True)
    assert "error: permission denied" in output or "error: cannot write" in output
    assert read_only.python("import alpha; print(alpha.version)") == "2.0\n"
    output = read_only.labcoat("prove", fails=True, LABCOAT_DOCKER="no-such-docker")
    assert messages.MISSING.format(package="gamma", version="3.0") in output
    assert messages.UNWRITABLE in output


def test_a_project_that_may_only_be_read_works_if_it_is_up_to_date(repo: Repository) -> None:
    """A checkout's times are newer than the stamps, which cannot be touched."""
    repo.make("venv")
    later = time.time() + 10
    for name in ("requirements.in", "requirements.txt"):
        os.utime(repo.path / name, (later, later))
    with mount_read_only(repo.path):
        assert "2.0" in repo.make("run", "CMD=alpha")
        for program in ("/bin/bash", "/bin/sh"):
            repo.make("shell", SHELL=program)
        repo.make("venv")
        repo.make("prove", LABCOAT_DOCKER="no-such-docker")
        repo.make("status", LABCOAT_DOCKER="no-such-docker")
        assert "cannot write" in repo.make("venv", "AGAIN=1", fails=True)


@pytest.fixture
def small_disk(repo: Repository, tmp_path: Path) -> Iterator[Repository]:
    """A repository with an environment, on a disk of six megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("a small disk needs the right to mount one")
    shutil.move(repo.path, disk)
    repo.path = disk / repo.path.name
    repo.write(
        Makefile="include " + str(INCLUDE).replace(" ", "\\ ") + "\n"
    )  # a relative path would lead elsewhere now
    repo.make("venv")
    yield repo
    subprocess.run(["umount", "-l", disk], check=True)


def fill(repo: Repository) -> None:
    """Fill the repository's disk."""
    with (repo.path.parent / "filling").open("wb", buffering=0) as file:
        for size in (2**16, 1):
            with contextlib.suppress(OSError):
                while file.write(b"0" * size):
                    pass


@pytest.mark.parametrize("target", ["requirements", "freeze"])
def test_full_disk_leaves_requirements_in_and_the_lock_unchanged(
    small_disk: Repository, target: str
) -> None:
    """Once there is space, the same command succeeds."""
    install(small_disk, "gamma")
    if target == "requirements":
        small_disk.write(requirements__in="alpha\ngamma\n")
    files = [small_disk.path / name for name in ("requirements.in", "requirements.txt")]
    before = [file.read_bytes() for file in files]
    fill(small_disk)
    output = small_disk.make(target, fails=True)
    assert "the disk is full" in output or "No space left on device" in output
    assert [file.read_bytes() for file in files] == before
    (small_disk.path.parent / "filling").unlink()
    small_disk.make(target)
    assert b"gamma==3.0" in files[1].read_bytes()


class _Cut:
    """A server in front of an index that cuts off each download."""

    def __init__(self, index: Index) -> None:
        self.files = index.folder / "files"
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                asked = self.server.accept()[0]
            except OSError:
                return
            with asked:
                asked.recv(4096)
                asked.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n"
                    b"Content-Type: application/zip\r\n\r\nPK\x03\x04half"
                )


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_interrupted_download_leaves_the_environment_unchanged(
    repo: Repository, index: Index, installer: str
) -> None:
    """A truncated wheel is not installed."""
    repo.make("venv", LABCOAT_INSTALLER=installer)
    index.add("delta", "1.0")
    repo.write(requirements__in="alpha\ndelta\n").make("requirements")
    cut = _Cut(index)
    page = index.folder / "simple/delta/index.html"
    page.write_text(
        page.read_text().replace('href="/files/', f'href="http://127.0.0.1:{cut.port}/files/')
    )
    fresh = {
        "UV_CACHE_DIR": str(repo.path / "uv"),
        "PIP_CACHE_DIR": str(repo.path / "pip"),
        "UV_HTTP_RETRIES": "0",
    }
    output = repo.make("venv", fails=True, LABCOAT_INSTALLER=installer, **fresh)
    cut.server.close()
    assert "error: " in output
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert not (repo.path / ".venv.before").exists()


@pytest.mark.parametrize("locker", ["uv", "pip-tools"])
def test_an_index_that_drips_is_given_up(repo: Repository, locker: str) -> None:
    """It sends a byte from time to time, which no timeout of pip or uv ends; nothing changes."""
    repo.make("requirements")
    before = (repo.path / "requirements.txt").read_bytes()
    repo.write(requirements__in="alpha<2\n")
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_drip, args=(server,), daemon=True).start()
    url = f"http://127.0.0.1:{server.getsockname()[1]}/simple"
    env = {"LABCOAT_LOCKER": locker, "LABCOAT_TIMEOUT": "3", "PIP_INDEX_URL": url}
    output = repo.make("requirements", fails=True, **env)
    server.close()
    program = {"pip-tools": "piptools", "uv": "uv"}[locker]
    assert f"`{program}` is not done after 3 seconds" in output
    assert "LABCOAT_TIMEOUT" in output
    assert (repo.path / "requirements.txt").read_bytes() == before


def _drip(server: socket.socket) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nContent-Type: text/html\r\n\r\n"
    with contextlib.suppress(OSError):
        while True:
            asked = server.accept()[0]
            asked.recv(4096)
            asked.sendall(head)
            while True:
                asked.sendall(b" ")
                time.sleep(0.1)


def test_corrupted_package_cache_is_found_and_repaired(repo: Repository, tmp_path: Path) -> None:
    """uv trusts its cache: prove finds the edited file, and AGAIN=1 removes it from the cache."""
    repo.env["UV_CACHE_DIR"] = str(tmp_path / "uv")
    repo.make("venv")
    for path in (tmp_path / "uv").rglob("alpha.py"):
        path.write_text("version = 'evil'\n")
    shutil.rmtree(repo.path / ".venv")
    repo.make("venv")
    output = repo.labcoat("prove", fails=True, LABCOAT_DOCKER="no-such-docker")
    assert messages.EDITED.format(path="alpha.py", package="alpha") in output
    assert messages.FIX.format(level="venv", command="make venv AGAIN=1") in output
    repo.make("venv", "AGAIN=1")
    repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_a_file_replaced_on_the_index_is_refused(
    repo: Repository, index: Index, installer: str
) -> None:
    """Nothing is installed."""
    repo.make("requirements")
    index.add("alpha", "2.0", ["beta"], {"alpha.py": "version = 'replaced'\n"})
    fresh = {"UV_CACHE_DIR": str(repo.path / "uv"), "PIP_CACHE_DIR": str(repo.path / "pip")}
    assert "does not have the locked hash" in repo.make(
        "venv", fails=True, LABCOAT_INSTALLER=installer, **fresh
    )
    assert not (repo.path / ".venv/bin/alpha").exists()


def test_lock_for_another_python_is_noted(repo: Repository) -> None:
    """prove names the minor version."""
    repo.make("venv")
    lock = repo.path / "requirements.txt"
    own = f"Python {BASE_PYTHON.name.removeprefix('python')}"
    assert own in lock.read_text()
    lock.write_text(lock.read_text().replace(own, "Python 3.10"))
    assert messages.COMPILED_FOR.format(minor="3.10") in repo.labcoat(
        "prove", LABCOAT_DOCKER="no-such-docker"
    )
