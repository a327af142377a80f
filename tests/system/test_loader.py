"""Libraries are found where the loader of glibc or musl finds them."""

import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from labcoat.system.loader import Loader, Search, read_cache
from support.elf_files import AARCH64, elf_bytes, write_elf


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system with a Python, whose own libraries are beside it."""
    data = elf_bytes(["libpython3.so.1", "libc.so.6"], rpath="$ORIGIN/../lib")
    write_elf(tmp_path / "opt/bin/python", data)
    write_elf(tmp_path / "opt/lib/libpython3.so.1", elf_bytes(["libm.so.6"]))
    for name in ("libc.so.6", "libm.so.6"):
        write_elf(tmp_path / "lib/x86_64-linux-gnu" / name, elf_bytes())
    return tmp_path


def loader(root: Path, environ: Mapping[str, str] | None = None) -> Loader:
    return Loader(str(root / "opt/bin/python"), environ or {}, str(root))


def test_rpath_then_variable_then_runpath_then_cache_then_default(root: Path) -> None:
    folders = {
        name: root / path
        for name, path in {
            "rpath": "wheel/a",
            "preset": "preset",
            "runpath": "wheel/b",
            "cached": "usr/local/lib",
            "usual": "usr/lib/x86_64-linux-gnu",
        }.items()
    }
    for folder in folders.values():
        write_elf(folder / "libz.so.1", elf_bytes())
    cached = folders["cached"] / "libz.so.1"
    write_elf(root / "etc/ld.so.cache", cache_bytes({"libz.so.1": str(cached)}))
    one = loader(root, {"LD_LIBRARY_PATH": f":{folders['preset']}:relative"})
    plain = Search(str(root / "wheel"))

    def find(search: Search) -> Path:
        return Path(one.find("libz.so.1", search)).parent

    assert find(Search(plain.origin, rpath=["$ORIGIN/a"])) == folders["rpath"]
    both = Search(plain.origin, rpath=["$ORIGIN/a"], runpath=["${ORIGIN}/b"])
    assert find(both) == folders["preset"]  # with a RUNPATH, RPATH does not count
    one.preset = []
    assert find(both) == folders["runpath"]
    assert find(Search(plain.origin, runpath=["$LIB/b", "b"])) == folders["cached"]
    one.cache = {}
    assert find(plain) == folders["usual"]
    assert one.find("libnone.so.1", plain) == ""


def test_a_library_for_another_machine_is_passed_over(root: Path) -> None:
    write_elf(root / "wheel/libz.so.1", elf_bytes(machine=AARCH64))
    own = write_elf(root / "usr/lib/libz.so.1", elf_bytes())
    (root / "lib/x86_64-linux-gnu/libz.so.1").write_text("INPUT(libz.so)")
    search = Search(str(root / "wheel"), rpath=["$ORIGIN"])
    assert loader(root).find("libz.so.1", search) == str(own)


def test_what_python_itself_loads_is_found_by_name(root: Path) -> None:
    one = loader(root)
    assert sorted(one.loaded) == ["libc.so.6", "libm.so.6", "libpython3.so.1"]
    assert one.find("libpython3.so.1", Search("/wheel", runpath=["/none"]))
    assert "libm.so.6" in one.names()


def test_musl_has_directories_of_its_own(root: Path) -> None:
    (root / "lib/ld-musl-x86_64.so.1").touch()
    write_elf(root / "usr/local/lib/libz.so.1", elf_bytes())
    assert loader(root).find("libz.so.1", Search("/"))
    (root / "etc").mkdir()
    (root / "etc/ld-musl-x86_64.path").write_text(f"{root}/a\n{root}/b:{root}/c\n")
    assert not loader(root).find("libz.so.1", Search("/"))
    write_elf(root / "c/libz.so.1", elf_bytes())
    assert loader(root).find("libz.so.1", Search("/"))


def test_without_a_readable_python_nothing_is_found(tmp_path: Path) -> None:
    one = Loader(str(tmp_path / "missing"), {}, str(tmp_path))
    assert one.machine == (0, 0)
    assert one.find("libc.so.6", Search("/")) == ""


@pytest.mark.parametrize("end", [0, 10, 60, 80, 100])
def test_a_damaged_cache_is_no_cache(tmp_path: Path, end: int) -> None:
    data = cache_bytes({"libz.so.1": "/usr/lib/libz.so.1"})
    path = tmp_path / "ld.so.cache"
    path.write_bytes(data[:end])
    assert read_cache(str(path)) == {}
    path.write_bytes(b"ld.so-1.7.0\0" + data)  # glibc's older form comes first
    assert read_cache(str(path)) == {"libz.so.1": ["/usr/lib/libz.so.1"]}


def cache_bytes(libraries: Mapping[str, str]) -> bytes:
    """Return an ld.so.cache in glibc's present form."""
    names, entries = b"", b""
    start = 48 + 24 * len(libraries)
    for name, path in libraries.items():
        first = start + len(names)
        names += name.encode() + b"\0"
        entries += struct.pack("=iIIIQ", 0x303, first, start + len(names), 0, 0)
        names += path.encode() + b"\0"
    head = b"glibc-ld.so.cache1.1" + struct.pack("=II", len(libraries), len(names))
    return head + bytes(48 - len(head)) + entries + names
