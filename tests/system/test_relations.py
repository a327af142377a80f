"""What a package says of others."""

from pathlib import Path

from labcoat.system.needs import list_packages, read_package
from labcoat.system.relations import list_imports, list_modules, read_requirements
from support.elf_files import X86_64, elf_bytes, write_elf

METADATA = """Metadata-Version: 2.1
Name: pkg
Requires-Dist: NumPy>=1.2
Requires-Dist: nvidia-cublas-cu12==12.1 ; platform_system == "Linux"
Requires-Dist: PyQt5_Qt5 (>=5.15) ; extra == 'gui'

Requires-Dist: text
"""


def test_requirements_are_those_of_the_headers(tmp_path: Path) -> None:
    assert read_requirements(str(tmp_path)) == {"requires": [], "extras": []}
    (tmp_path / "METADATA").write_text(METADATA)
    assert read_requirements(str(tmp_path)) == {
        "requires": ["NumPy", "nvidia-cublas-cu12"],
        "extras": ["PyQt5_Qt5"],
    }


def test_imports_and_modules_are_top_level() -> None:
    source = b"""import os, one.two as x
def f():
    from three.four import five
    from . import own
    importlib.import_module("six")
# import seven
"""
    assert list_imports([source]) == ["one", "os", "six", "three"]
    files = ["/s/pkg/a/b.so", "/s/mod.cpython-311.so", "/s/x-1.dist-info/RECORD", "/usr/lib/x.so"]
    assert list_modules(files, "/s") == ["mod", "pkg"]


def test_imports_are_read_where_a_library_is_needed(tmp_path: Path) -> None:
    for needed, expected in (("libc.so.6", []), ("libone.so.1", ["ctypes", "first", "second"])):
        site = tmp_path / needed
        for name, data in {
            "pkg/__init__.py": b"import first\n",
            "pkg/load.py": b"import ctypes, second\n",
            "pkg/other.py": b"import third\n",
            "pkg/fast.so": elf_bytes([needed], symbol="PyInit_fast"),
            "pkg-1.dist-info/RECORD": b"pkg/__init__.py,,\npkg/load.py,,\npkg/other.py,,\n"
            b"pkg/fast.so,,\n",
        }.items():
            write_elf(site / name, data)
        (package,) = list_packages(str(site), str(tmp_path))
        found = read_package(package, (X86_64, 64))
        assert (found["imports"], found["modules"]) == (expected, ["pkg"])
