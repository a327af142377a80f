"""The loader's libraries are compared with the base's, by name."""

import struct

from labcoat.container.filesystem.dpkg_records import DpkgRecords
from labcoat.container.filesystem.loader import compare_loader, read_loader_cache
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles

LIBC = "usr/lib/x86_64-linux-gnu/libc.so.6"


def loader_cache(*pairs: tuple[str, str]) -> bytes:
    """Return an ld.so.cache in glibc's format, version 1.1."""
    header = 48 + 24 * len(pairs)
    texts, entries = b"", b""
    for name, path in pairs:
        places = []
        for text in (name, path):
            places.append(header + len(texts))
            texts += text.encode() + b"\0"
        entries += struct.pack("<iIIIQ", 1, *places, 0, 0)
    start = b"glibc-ld.so.cache1.1" + struct.pack("<II", len(pairs), len(texts))
    return start.ljust(48, b"\0") + entries + texts


def file(digest: str = "base", data: bytes | None = None, md5: str = "") -> ExportedFile:
    return ExportedFile("file", 0o644, size=9, digest=digest, data=data, md5=md5)


def image(**others: ExportedFile) -> ExportedFiles:
    paths = {path.replace("__", "."): one for path, one in others.items()}
    known = {"var/lib/dpkg/status": file(data=b""), LIBC: file()}
    return ExportedFiles({**known, **paths})


def found(files: ExportedFiles, base: ExportedFiles) -> list[str]:
    return [one.path for one in compare_loader(files, base, DpkgRecords(files))]


def test_libraries_in_place_of_the_bases_are_found() -> None:
    """A new one with another name is an ordinary step of a project."""
    base = image()
    shadow = "usr/local/lib/libc.so.6"
    assert found(image(), base) == []
    assert found(image(**{"etc/ld.so.preload": file("x")}), base) == ["/etc/ld.so.preload"]
    assert found(image(**{shadow: file("x")}), base) == [f"/{shadow}"]
    assert found(image(**{shadow: file()}), base) == []  # the same library
    assert found(image(**{"usr/local/lib/libown.so.1": file("x")}), base) == []
    assert found(image(**{LIBC: file("x")}), base) == [f"/{LIBC}"]
    newer = "usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libc.so.6"
    assert found(image(**{newer: file("x")}), base) == [f"/{newer}"]


def test_library_that_a_package_brings_is_none() -> None:
    """An upgrade by apt changes files, and dpkg's records with them."""
    records = {
        "var/lib/dpkg/info": ExportedFile("folder"),
        "var/lib/dpkg/info/libc6.md5sums": file(data=f"abc  {LIBC}\n".encode()),
    }
    upgraded = image(**{LIBC: file("x", md5="abc"), **records})
    assert found(upgraded, image()) == []
    assert found(image(**{LIBC: file("x", md5="abd"), **records}), image()) == [f"/{LIBC}"]


def test_cache_of_the_loader_is_read() -> None:
    """It can lead to a library in any directory."""
    before = {"etc/ld.so.cache": file(data=loader_cache(("libc.so.6", f"/{LIBC}")))}
    after = {"etc/ld.so.cache": file(data=loader_cache(("libc.so.6", "/opt/x/libc.so.6")))}
    assert found(image(**before), image(**before)) == []
    changed = image(**after, **{"opt/x/libc.so.6": file("x")})
    assert found(changed, image(**before)) == ["/opt/x/libc.so.6"]
    for damaged in (b"", b"glibc-ld.so.cache1.1", loader_cache(("a", "/b"))[:70]):
        assert read_loader_cache(damaged) == {}
