"""Shared objects are read as readelf reads them, and damaged ones are refused."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from labcoat.system.elf import read_object
from support.elf_files import elf_bytes, write_elf

WHOLE = elf_bytes(
    ["libc.so.6", "libgomp.so.1"],
    name="libx.so.1",
    rpath="/opt/a:$ORIGIN",
    runpath="${ORIGIN}/../lib",
    wanted={"libc.so.6": ["GLIBC_2.34", "weak:GLIBC_9"], "libgomp.so.1": ["GOMP_4.0"]},
    offered=["libx.so.1", "X_1.0"],
    symbol="PyInit__x",
)


def test_all_that_the_loader_uses_is_read(tmp_path: Path) -> None:
    found = read_object(str(write_elf(tmp_path / "_x.cpython-311-x86_64-linux-gnu.so", WHOLE)))
    assert found is not None
    assert found.machine == (62, 64)
    assert (found.name, found.needed) == ("libx.so.1", ["libc.so.6", "libgomp.so.1"])
    assert (found.rpath, found.runpath) == (["/opt/a", "$ORIGIN"], ["${ORIGIN}/../lib"])
    assert found.wanted == {"libc.so.6": ["GLIBC_2.34"], "libgomp.so.1": ["GOMP_4.0"]}
    assert found.offered == ["libx.so.1", "X_1.0"]
    assert found.is_module


@pytest.mark.parametrize(("name", "is_module"), [("_x.so", True), ("_y.so", False)])
def test_a_module_defines_the_function_that_python_calls(
    tmp_path: Path, name: str, is_module: bool
) -> None:
    found = read_object(str(write_elf(tmp_path / name, WHOLE)))
    assert found is not None
    assert found.is_module is is_module


def test_a_long_search_path_is_read_once(tmp_path: Path) -> None:
    """As in TensorFlow, whose builder repeats directories."""
    path = ":".join(f"$ORIGIN/{'x' * 60}/{number % 40}" for number in range(400))
    found = read_object(str(write_elf(tmp_path / "libx.so", elf_bytes(runpath=path))))
    assert found is not None
    assert len(found.runpath) == 40


def test_a_long_name_with_the_same_hash_is_another(tmp_path: Path) -> None:
    """Names of C++ may have thousands of letters."""
    data = elf_bytes(symbol="x" * 5000, hashed="PyInit__x")
    found = read_object(str(write_elf(tmp_path / "_x.so", data)))
    assert found is not None
    assert not found.is_module


@pytest.mark.parametrize("data", [b"", b"\x7fEL", b"INPUT(-lgomp)\n", b"#!/bin/sh\n"])
def test_other_files_are_no_shared_objects(tmp_path: Path, data: bytes) -> None:
    """A linker script such as libc.so is a text."""
    assert read_object(str(write_elf(tmp_path / "libx.so", data))) is None


def test_damage_is_a_value_error(tmp_path: Path) -> None:
    """Truncated anywhere, or with any byte changed, a file is read or refused; nothing hangs."""
    source = random.Random(21)  # noqa: S311 - not a secret
    path = tmp_path / "libx.so"
    damaged = [WHOLE[:length] for length in range(4, len(WHOLE), 11)]
    for _ in range(300):
        data = bytearray(WHOLE)
        for _ in range(source.randint(1, 4)):
            data[source.randrange(4, len(data))] = source.choice((0, 1, 0x7F, 0xFF))
        damaged.append(bytes(data))
    refused = 0
    for data in damaged:
        path.write_bytes(data)
        try:
            read_object(str(path))
        except ValueError:
            refused += 1
    assert refused > 40


@pytest.mark.parametrize(("end", "reason"), [(40, "its header is damaged"), (150, "truncated")])
def test_damage_is_described(tmp_path: Path, end: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_object(str(write_elf(tmp_path / "libx.so", WHOLE[:end])))


def test_pipes_and_missing_files_are_os_errors(tmp_path: Path) -> None:
    (tmp_path / "folder.so").mkdir()
    for name in ("folder.so", "missing.so"):
        with pytest.raises(OSError, match=name):
            read_object(str(tmp_path / name))


@pytest.mark.skipif(not shutil.which("readelf"), reason="needs readelf")
def test_real_libraries_are_read_as_readelf_reads_them() -> None:
    """The libraries of this machine that several others need."""
    paths = list(Path("/usr/lib").glob("*-linux-gnu/lib[cms]*.so.[0-9]"))[:6]
    for path in paths:
        found = read_object(str(path))
        assert found is not None
        words = ["readelf", "-dVW", str(path)]
        text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert found.needed == re.findall(r"\(NEEDED\).*\[(.*)\]", text)
        assert [found.name] == re.findall(r"\(SONAME\).*\[(.*)\]", text)
        wanted = {one for each in found.wanted.values() for one in each}
        assert wanted == set(re.findall(r"Name: (\S+)  Flags: none  Version", text)) & wanted
        assert set(found.offered) <= set(re.findall(r"Name: (\S+)", text))
