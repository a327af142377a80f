"""Whether a source can be built with Python alone."""

import io
import tarfile

import pytest

from labcoat.adoption.pins import sources
from labcoat.toolchain import package_index
from labcoat.toolchain.package_index import ListedFile


@pytest.mark.parametrize(
    ("setup", "obstacle"),
    [
        ("from setuptools import setup\nsetup()\n", ""),
        (
            'run(["pip", "install", "--extra-index-url", url, "libs"])\nsetup()\n',
            "installs packages of another index when it is built",
        ),
        ("setup(use_2to3 = True)\n", "needs setuptools older than 58"),
    ],
)
def test_setup_py_says_what_a_build_needs(
    monkeypatch: pytest.MonkeyPatch, setup: str, obstacle: str
) -> None:
    """It is read, and does not run."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        member = tarfile.TarInfo("x-1/setup.py")
        member.size = len(setup)
        tar.addfile(member, io.BytesIO(setup.encode()))
    monkeypatch.setattr(package_index, "download_file", lambda _: data.getvalue())
    sources._read_sdist.cache_clear()
    assert sources.find_obstacle(ListedFile("x-1.tar.gz", "")) == obstacle


@pytest.mark.parametrize(
    ("path", "is_found"),
    [
        ("own_name/__init__.py", True),
        ("Own_Name.py", True),
        ("src/own_name/__init__.py", True),
        ("py/own_name.py", True),
        ("tests/own_name/__init__.py", False),
        ("other/own_name.py", False),
        ("deep/er/own_name.py", False),
    ],
)
def test_a_source_has_a_module_of_the_packages_name(path: str, is_found: bool) -> None:
    """In a folder of any name, unless that is a package or for tests."""
    names = ["x-1/setup.py", "x-1/other/__init__.py", f"x-1/{path}"]
    assert sources._has_module(names, "own-name") is is_found
