"""The program that runs in images gives the same on every Python as labcoat itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labcoat.system import survey
from labcoat.system.verdict import find_missing
from labcoat.toolchain import installed_pythons
from support.elf_files import elf_bytes, write_elf

PYTHONS = {one.minor: one.executable for one in installed_pythons.list_installed()}


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An environment of one package with one module."""
    site = tmp_path / "lib/python3.11/site-packages"
    module = elf_bytes(["libnone-at-all.so.7", "libc.so.6"], symbol="PyInit_fast")
    write_elf(site / "pkg/fast.so", module)
    write_elf(site / "pkg/__init__.py", b"from . import fast\n")
    for name, text in (
        ("METADATA", "Name: Pkg\nVersion: 1.0\n"),
        ("WHEEL", "Tag: py3-none-any\n"),
        ("RECORD", "pkg/fast.so,,\npkg/__init__.py,,\n"),
    ):
        write_elf(site / f"pkg-1.0.dist-info/{name}", text.encode())
    return tmp_path


@pytest.mark.parametrize("minor", ["3.8", f"3.{sys.version_info[1]}"])
def test_each_python_reads_the_same(prefix: Path, minor: str) -> None:
    if minor not in PYTHONS:
        pytest.skip(f"needs Python {minor}")
    site = prefix / "lib/python3.11/site-packages"
    command = [*survey.survey_command(str(PYTHONS[minor]), str(prefix)), str(site)]
    environ = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environ).stdout
    read = survey.parse_survey(output)
    (package,) = read.packages
    assert (package.name, package.version) == ("pkg", "1.0")
    (missing,) = find_missing(read.packages).missing
    assert (missing.library, missing.is_required) == ("libnone-at-all.so.7", True)
    assert "libc.so.6" in read.libraries
    own = survey.survey_environment(prefix, [site], Path(sys.executable))
    assert own is not None
    assert own.packages == read.packages


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"packages": [1]}), "null"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        survey.parse_survey(text)
