"""Too little memory, and a disk that is full."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import Run, refused

from catsdogs.errors import CatsdogsError
from catsdogs.support import capacity


def test_too_little_memory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """If memory is too small the network is not started; the error states the memory needed and
    free, the hint the setting to lower.
    """
    monkeypatch.setattr(capacity, "free_memory", lambda: 2**31)
    capacity.check_memory(64, 8)
    with pytest.raises(
        CatsdogsError,
        match=r"pictures of 1024 px need about 13\.\d GiB of memory, but only 2\.0 GiB are free",
    ) as refusal:
        capacity.check_memory(1024, 8)
    assert "smaller `SIZE=`" in refusal.value.hint


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's limit counts instead of the machine's memory; the page cache is free."""
    monkeypatch.setattr(capacity, "_GROUP", tmp_path)
    assert capacity._container() == capacity.UNLIMITED
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\nfile 200\n")
    assert capacity._container() == 500
    (tmp_path / "memory.max").write_text("max\n")
    assert capacity._container() == capacity.UNLIMITED


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], check=False
        ).returncode
    ):
        pytest.skip("no permission to mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_an_error(call: Run, small_disk: Path) -> None:
    """If the disk is full while pictures are drawn or features computed, there is an error with a
    hint, and no temporary file is left.
    """
    assert call("data", "--build", small_disk / "one").returncode == 0
    disk = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"x" * (disk.f_bavail * disk.f_bsize - 4096))
    assert "disk is full" in refused(call("data", "--build", small_disk / "two"))
    computed = call("features", "--size", 32, "--build", small_disk / "one")
    assert computed.returncode == 1
    assert "GiB of disk space" in computed.stderr
    assert "Traceback" not in computed.stderr
    assert not list(small_disk.glob("**/.part-*"))


def test_numpys_message_for_a_full_disk_is_recognized(small_disk: Path) -> None:
    """NumPy has its own message for a full disk."""
    import numpy as np

    with pytest.raises(OSError, match="requested and") as raised:
        np.save(small_disk / "big.npy", np.zeros(2**20))
    assert capacity.is_full(raised.value)
    assert not capacity.is_full(FileNotFoundError(2, "No such file"))
