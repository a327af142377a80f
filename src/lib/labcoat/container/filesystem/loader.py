"""Which libraries the loader takes in place of the base image's: ld.so(8), ldconfig(8)."""

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping

from labcoat.container.filesystem.dpkg_records import DpkgRecords
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core.patterns import lazy_pattern
from labcoat.inventory.file_finding import FileFinding

_CACHE = "etc/ld.so.cache"
_PRELOAD = "etc/ld.so.preload"
_LIBRARY = lazy_pattern(
    r"(?:usr/)?(?:local/)?lib(?:64)?/(?:[^/]+/)?"
    # For newer processors; those without a name of their own were searched up to glibc 2.36.
    r"(?:(?:glibc-hwcaps/[^/]+|tls|haswell|x86_64|avx512_1)/)*(?P<name>[^/]+\.so(?:\.[\d.]+)?)"
)
_MUSL_PATH = lazy_pattern(r"etc/ld-musl-[^/]+\.path")
_MAGIC = b"glibc-ld.so.cache1.1"
_HEADER, _ENTRY = 48, 24
_MOST_ENTRIES = 1 << 16


def compare_loader(
    files: ExportedFiles, base: ExportedFiles, packages: DpkgRecords
) -> Iterator[FileFinding]:
    """Yield what makes the loader take other libraries than those of the base image.

    Libraries that the base does not have are no difference, nor those that the system's `packages`
    brought.
    """
    preload = files.entries.get(_PRELOAD)
    if preload and preload.size and preload.digest != _digest(base, _PRELOAD):
        yield FileFinding("base", f"/{_PRELOAD}", "names libraries that each program loads first")
    known = _libraries(base)
    reported = set()
    for path, found in sorted(files.entries.items()):
        if _MUSL_PATH.fullmatch(path) and found.digest != _digest(base, path):
            yield FileFinding("base", f"/{path}", "says where the loader finds libraries")
        match = _LIBRARY.fullmatch(path)
        if not match or match["name"] not in known or found.kind == "folder":
            continue
        if detail := _describe(files, base, packages, path, known[match["name"]]):
            reported.add(path)
            yield FileFinding("base", f"/{path}", detail)
    before = read_loader_cache(_text(base, _CACHE))
    for name, paths in sorted(read_loader_cache(_text(files, _CACHE)).items()):
        for path in paths - before.get(name, paths) - reported:
            if not packages.has(path) and files.resolve(path) not in reported:
                yield FileFinding("base", f"/{path}", f"is loaded in place of the base's {name}")


def _describe(
    files: ExportedFiles,
    base: ExportedFiles,
    packages: DpkgRecords,
    path: str,
    known: set[str],
) -> str:
    """Describe why the library `path` is not one that the base has; empty if it is."""
    one, other = files.find(path), base.find(path)
    is_packaged = packages.has(path) or packages.has(files.resolve(path))
    if one is None or is_packaged or not packages.is_known():
        return ""
    if path not in known:
        same = any(one.digest == _digest(base, each) for each in known)
        return "" if same else "has the name of a library of the base image"
    return "is not the base image's" if other is None or one.digest != other.digest else ""


def _libraries(base: ExportedFiles) -> Mapping[str, set[str]]:
    """Return the paths of the base's libraries by name."""
    found = defaultdict(set)
    for path, one in base.entries.items():
        if one.kind != "folder" and (match := _LIBRARY.fullmatch(path)):
            found[match["name"]].add(path)
    return found


def read_loader_cache(data: bytes) -> dict[str, set[str]]:
    """Return the paths in ld.so.cache by the name of the library; empty if it is damaged."""
    start = data.find(_MAGIC)
    if start < 0:
        return {}
    data = data[start:]
    try:
        (count,) = struct.unpack_from("<I", data, len(_MAGIC))
        found: dict[str, set[str]] = defaultdict(set)
        for number in range(min(count, _MOST_ENTRIES)):
            _, key, value = struct.unpack_from("<iII", data, _HEADER + number * _ENTRY)
            name, path = (
                data[place : data.index(b"\0", place)].decode("utf-8", "surrogateescape")
                for place in (key, value)
            )
            found[name].add(path.lstrip("/"))
    except (struct.error, ValueError):
        return {}
    return found


def _digest(files: ExportedFiles, path: str) -> str:
    found = files.find(path)
    return found.digest if found else ""


def _text(files: ExportedFiles, path: str) -> bytes:
    try:
        return files.read(path)
    except OSError:
        return b""
