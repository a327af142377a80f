"""The text of apt.lock."""

import contextlib
import random
from pathlib import Path

import pytest

from labcoat.apt.apt_lock import AptLock, AptPackage, parse_lock, read_lock
from labcoat.core.errors import LabcoatError
from support.messages import apt

DIGEST = "sha256:" + "0a" * 32
PACKAGE = AptPackage("g++", "4:12.2.0-3", "debian/pool/main/g/g++_12.2.0-3_amd64.deb", 7, DIGEST)
LOCK = AptLock(
    DIGEST,
    "python:3.11",
    DIGEST,
    {"arm64": "20261129T041000Z", "amd64": "20261129T041000Z"},
    {"amd64": (PACKAGE,)},
)


def test_what_is_written_is_read_again() -> None:
    """An architecture without packages stays; a base without a digest has none."""
    assert parse_lock(LOCK.text("apt.txt")) == LOCK
    local = AptLock(DIGEST, "mine:1", "", {"amd64": "20261129T041000Z"})
    assert parse_lock(local.text("apt.txt").replace("\n", "\r\n")) == local


@pytest.mark.parametrize(
    "line",
    [
        "<<<<<<< ours",
        "package amd64 a1",
        f"package amd64 a1 1 ../etc/a_1.deb 7 {DIGEST}",
        f"package amd64 a1 1 debian/../a_1.deb 7 {DIGEST}",
        f"package amd64 a1 1 debian/$(id).deb 7 {DIGEST}",
        f"package amd64 a1 1 debian/a.deb 7 {DIGEST[:-1]}",
        f"package amd64 -a 1 debian/a.deb 7 {DIGEST}",
    ],
)
def test_a_line_that_labcoat_does_not_write_is_refused(line: str) -> None:
    with pytest.raises(LabcoatError) as caught:
        parse_lock(f"{LOCK.text('apt.txt')}{line}\n")
    assert apt.BAD_LINE in caught.value.message
    assert "AGAIN=1" in caught.value.hint


def test_a_damaged_lock_never_raises_anything_else(tmp_path: Path) -> None:
    data = LOCK.text("apt.txt").encode()
    chance = random.Random(7)  # noqa: S311
    for _ in range(200):
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / "apt.lock").write_bytes(damaged)
        with contextlib.suppress(LabcoatError):
            read_lock(tmp_path)
