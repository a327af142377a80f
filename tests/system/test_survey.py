"""The packages of an environment, and what the loader finds for them."""

import sys
from pathlib import Path

import pytest

from labcoat.system import survey
from labcoat.system.verdict import find_missing
from support.elf_files import elf_bytes, write_elf


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


def test_what_is_missing_is_found(prefix: Path) -> None:
    site = prefix / "lib/python3.11/site-packages"
    read = survey.survey_environment(prefix, [site], Path(sys.executable))
    assert read is not None
    (package,) = read.packages
    assert (package.name, package.version) == ("pkg", "1.0")
    (missing,) = find_missing(read.packages).missing
    assert (missing.library, missing.is_required) == ("libnone-at-all.so.7", True)
    assert "libc.so.6" in read.libraries
