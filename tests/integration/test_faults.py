"""What goes wrong on real machines is said in a line, and loses nothing."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import BASE_PYTHON, INCLUDE, Index, Repository


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


def test_eight_at_once_make_one(repo: Repository) -> None:
    """Eight runs of everything at once end well, with one whole environment."""
    runs = [start(repo, "venv") for _ in range(8)]
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * 8, said
    repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")


@pytest.fixture
def read_only(repo: Repository) -> Iterator[Repository]:
    """A repository on a disk that cannot be written, with an environment of an older lock."""
    repo.make("venv")
    repo.write(requirements__in="alpha\ngamma\n").make("requirements")
    words = ["mount", "--bind", repo.path, repo.path]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("a read-only tree needs the right to mount one")
    subprocess.run(["mount", "-o", "remount,ro,bind", repo.path], check=True)
    yield repo
    subprocess.run(["umount", "-l", repo.path], check=True)


def test_a_read_only_tree_is_said_and_can_be_used(read_only: Repository) -> None:
    """What needs to write says so; what is there runs, and is proved, on the screen alone."""
    said = read_only.make("venv", fails=True)
    assert "may not be written" in said or "cannot be written" in said
    assert read_only.python("import alpha; print(alpha.version)") == "2.0\n"
    said = read_only.labcoat("prove", fails=True, LABCOAT_DOCKER="no-such-docker")
    assert "gamma 3.0 is locked and not there" in said
    assert "the proof is not written" in said


@pytest.fixture
def small_disk(repo: Repository, tmp_path: Path) -> Iterator[Repository]:
    """A repository with an environment, on a disk of a few megabytes."""
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
    """Leave no room on the repository's disk."""
    with (repo.path.parent / "filling").open("wb", buffering=0) as file:
        for size in (2**16, 1):
            with contextlib.suppress(OSError):
                while file.write(b"0" * size):
                    pass


@pytest.mark.parametrize("target", ["requirements", "freeze"])
def test_a_full_disk_is_said_and_leaves_what_is_asked_for_and_the_lock(
    small_disk: Repository, target: str
) -> None:
    """Neither a new lock nor a freeze that does not fit takes away the old files; with room again, it is done."""
    subprocess.run(
        [small_disk.path / ".venv/bin/pip", "install", "-q", "gamma"],
        env=small_disk.env,
        check=True,
    )
    if target == "requirements":
        small_disk.write(requirements__in="alpha\ngamma\n")
    files = [small_disk.path / name for name in ("requirements.in", "requirements.txt")]
    before = [file.read_bytes() for file in files]
    fill(small_disk)
    said = small_disk.make(target, fails=True)
    assert "The disk is full" in said or "No space left on device" in said
    assert [file.read_bytes() for file in files] == before
    (small_disk.path.parent / "filling").unlink()
    small_disk.make(target)
    assert b"gamma==3.0" in files[1].read_bytes()


class _Cut:
    """A server that ends each download in its middle, in front of an index."""

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
                    b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nContent-Type: application/zip\r\n\r\nPK\x03\x04half"
                )


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_a_download_that_is_cut_off_leaves_the_environment(
    repo: Repository, index: Index, installer: str
) -> None:
    """A wheel that ends in its middle is not installed, and the environment goes on working."""
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
    said = repo.make("venv", fails=True, LABCOAT_INSTALLER=installer, **fresh)
    cut.server.close()
    assert said.count("labcoat: ") >= 1
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert not (repo.path / ".venv.before").exists()


def test_a_corrupted_package_cache_is_found_and_mended(repo: Repository, tmp_path: Path) -> None:
    """uv trusts what it unpacked once: the proof finds what is wrong with it, and cleaning the cache of it mends it."""
    repo.env["UV_CACHE_DIR"] = str(tmp_path / "uv")
    repo.make("venv")
    for path in (tmp_path / "uv").rglob("alpha.py"):
        path.write_text("version = 'evil'\n")
    shutil.rmtree(repo.path / ".venv")
    repo.make("venv")
    said = repo.labcoat("prove", fails=True, LABCOAT_DOCKER="no-such-docker")
    assert "alpha.py of alpha was edited" in said
    assert "make venv AGAIN=1 makes venv anew" in said
    repo.make("venv", "AGAIN=1")
    repo.labcoat("prove", LABCOAT_DOCKER="no-such-docker")


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_another_hash_in_the_lock_is_refused(repo: Repository, installer: str) -> None:
    """A lock edited to another hash installs nothing."""
    repo.make("requirements")
    lock = repo.path / "requirements.txt"
    digits = lock.read_text().partition("--hash=sha256:")[2][:64]
    lock.write_text(lock.read_text().replace(digits, "0" * 64))
    fresh = {"UV_CACHE_DIR": str(repo.path / "uv"), "PIP_CACHE_DIR": str(repo.path / "pip")}
    assert "is not the one that was locked" in repo.make(
        "venv", fails=True, LABCOAT_INSTALLER=installer, **fresh
    )
    assert not (repo.path / ".venv/bin/alpha").exists()


def test_a_lock_of_another_python_is_said(repo: Repository) -> None:
    """The proof says that the lock was made for another minor version."""
    repo.make("venv")
    lock = repo.path / "requirements.txt"
    own = f"Python {BASE_PYTHON.name.removeprefix('python')}"
    assert own in lock.read_text()
    lock.write_text(lock.read_text().replace(own, "Python 3.10"))
    assert "the lock was made for Python 3.10" in repo.labcoat(
        "prove", LABCOAT_DOCKER="no-such-docker"
    )
