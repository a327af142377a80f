"""Whether a source can be built with Python alone."""

import io
import os
import tarfile

import pytest

from labcoat._vendor.packaging.version import Version
from labcoat.adoption.pins import sources
from labcoat.adoption.pins.index_releases import PackageReleases
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
        ("if sys.version_info[0] > 2:\n    exit('For Python 2.7 only.')\n", "is for Python 2"),
        ("setup(classifiers=['Programming Language :: Python :: 2 :: Only'])", "is for Python 2"),
        ("# This worked only for Python 3.\nsetup()\n", ""),
        ("import pkg_resources\nsetup()\n", "needs setuptools older than 82"),
        ("try:\n    import pkg_resources\nexcept ImportError:\n    pass\nsetup()\n", ""),
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
    monkeypatch.setattr(package_index, "download_file", lambda _, **__: data.getvalue())
    sources._read_sdist.cache_clear()
    assert sources.find_obstacle(ListedFile("x-1.tar.gz", "")) == obstacle


@pytest.mark.parametrize(
    ("path", "text", "is_refused"),
    [
        ("x.egg-info/requires.txt", "six\n\n[all]\none @ git+https://h/one\n", True),
        ("x.egg-info/requires.txt", "one[a,b]@ https://h/one.zip\n", True),
        ("PKG-INFO", "Name: x\nRequires-Dist: one @ file:///one ; extra == 'all'\n", True),
        ("x.egg-info/requires.txt", "six\none>=1\n", False),
        ("PKG-INFO", "Author: me @ https://h\nRequires-Dist: six\n", False),
        ("setup.py", "# one @ git+https://h/one\n", False),
    ],
)
def test_a_source_that_asks_for_an_address_is_refused_by_pip(
    monkeypatch: pytest.MonkeyPatch, path: str, text: str, *, is_refused: bool
) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        member = tarfile.TarInfo(f"x-1/{path}")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text.encode()))
    monkeypatch.setattr(package_index, "download_file", lambda _, **__: data.getvalue())
    sources._read_sdist.cache_clear()
    found = sources.find_obstacle(ListedFile("x-1.tar.gz", ""))
    assert found == ("asks for a package at an address, which pip refuses" if is_refused else "")


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


@pytest.mark.parametrize(
    ("name", "obstacle"),
    [("pyspark-3.5.3", ""), ("unknown-1", "is too large to be looked into")],
)
@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_a_source_too_large_to_read_has_to_be_a_popular_packages(
    monkeypatch: pytest.MonkeyPatch, name: str, obstacle: str, kind: str
) -> None:
    """pyspark has 300 MB of programs for Java, and is the same on each system."""
    data = io.BytesIO()
    jar = os.urandom(1 << 16)
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for number in range(3):
            member = tarfile.TarInfo(f"{name}/deps/jars/{number}.jar")
            member.size = len(jar)
            tar.addfile(member, io.BytesIO(jar))
    asked: list[int] = []

    def download(_: object, *, most: int) -> bytes:
        asked.append(most)
        return data.getvalue()[:most]

    monkeypatch.setattr(sources, "_MOST_BYTES", 100_000)
    monkeypatch.setattr(package_index, "download_file", download)
    sources._read_sdist.cache_clear()
    assert sources.find_obstacle(ListedFile(f"{name}.{kind}", "")) == obstacle
    assert asked == [100_000]


def test_a_large_source_that_has_to_be_compiled_is_found_by_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rest need not be known."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for path in ("torch-1/csrc/a.cpp", "torch-1/large"):
            member = tarfile.TarInfo(path)
            member.size = 1 << 16
            tar.addfile(member, io.BytesIO(os.urandom(1 << 16)))
    monkeypatch.setattr(sources, "_MOST_BYTES", 100_000)
    monkeypatch.setattr(package_index, "download_file", lambda _, *, most: data.getvalue()[:most])
    sources._read_sdist.cache_clear()
    assert sources.find_obstacle(ListedFile("torch-1.tar.gz", "")) == "has to be compiled (a.cpp)"


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_damaged_source_cannot_be_read(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Of whichever compression."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=f"w:{kind}") as tar:
        member = tarfile.TarInfo("x-1/a.py")
        member.size = 5000
        tar.addfile(member, io.BytesIO(os.urandom(5000)))
    content = bytearray(data.getvalue())
    content[40:] = bytes(len(content) - 40)
    monkeypatch.setattr(package_index, "download_file", lambda _, **__: bytes(content))
    sources._read_sdist.cache_clear()
    assert sources.find_obstacle(ListedFile(f"x-1.tar.{kind}", "")) == "cannot be read"


def test_a_source_that_names_its_setuptools_may_use_what_a_later_one_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its pyproject.toml may ask for an older one."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, text in (
            ("x-1/pyproject.toml", b"[build-system]\nrequires = ['setuptools<70']\n"),
            ("x-1/setup.py", b"import pkg_resources\n"),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    monkeypatch.setattr(package_index, "download_file", lambda _, **__: data.getvalue())
    sources._read_sdist.cache_clear()
    assert not sources.find_obstacle(ListedFile("x-1.tar.gz", ""))


@pytest.mark.parametrize(
    ("name", "is_source"),
    [
        ("x-1.0.tar.gz", True),
        ("x-1.0.zip", True),
        ("x-1.0.tar.bz2", False),
        ("x-1.0-py2.7.egg", False),
        ("x-1.0.win32.exe", False),
    ],
)
def test_sources_are_of_the_kinds_that_uv_takes(name: str, *, is_source: bool) -> None:
    """It refuses what PEP 625 does not name, except for zip files."""
    found = PackageReleases("x", (ListedFile(name, ""),)).sdist(Version("1.0"), "3.11")
    assert (found is not None) is is_source
