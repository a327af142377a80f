"""Files that decide what the C library or OpenSSL load into each program.

Sources: nsswitch.conf(5), config(5ssl) of OpenSSL, and for converters between encodings
https://sourceware.org/glibc/manual/latest/html_node/glibc-iconv-Implementation.html.
"""

import re
from collections.abc import Iterator

from labcoat.container.filesystem.dpkg_records import DpkgRecords
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core.patterns import lazy_pattern
from labcoat.inventory.file_finding import FileFinding

_NSSWITCH = "etc/nsswitch.conf"
# Debian's, Alpine's and Fedora's; the first is a link to the second in most images.
_OPENSSL = ("usr/lib/ssl/openssl.cnf", "etc/ssl/openssl.cnf", "etc/pki/tls/openssl.cnf")
TEXTS = frozenset({_NSSWITCH, *_OPENSSL})
_LOADS = lazy_pattern(r"\s*(module|dynamic_path|soname|\.include)\b.*")
# The encodings' converters, which are libraries, and the locale that labcoat runs programs in.
_CONVERTER = lazy_pattern(
    r"(?:usr/)?lib(?:64)?/(?:[^/]+/)?gconv/(?:[^/]+\.so|gconv-modules(?:\.d/[^/]+)?)"
)
_LOCALE = lazy_pattern(r"usr/lib(?:64)?/locale/C\.(?:utf8|UTF-8)/.+")
_NSS = lazy_pattern(
    r"(?:usr/)?(?:local/)?lib(?:64)?/(?:[^/]+/)?libnss_(?P<name>[^/.]+)\.so(\.\d+)?"
)


def compare_configuration(
    files: ExportedFiles, base: ExportedFiles, packages: DpkgRecords
) -> Iterator[FileFinding]:
    """Yield what makes programs load libraries that the base image's settings do not name.

    Libraries and settings that the system's `packages` brought are no difference.
    """
    services = _services(files) - _services(base)
    for path in sorted(files.entries):
        match = _NSS.fullmatch(path) if services else None
        if match and match["name"] in services and not _is_known(files, base, packages, path):
            yield FileFinding("base", f"/{path}", f"is loaded because `/{_NSSWITCH}` names it")
    if packages.is_known():
        yield from _compare_encodings(files, base, packages)
    for path in _OPENSSL:
        entry = files.entries.get(path)
        if entry is None or entry.kind == "link" or packages.has(path):
            continue
        if _loaded(files, path) - _loaded(base, path):
            yield FileFinding("base", f"/{path}", "names libraries that OpenSSL loads")


def _compare_encodings(
    files: ExportedFiles, base: ExportedFiles, packages: DpkgRecords
) -> Iterator[FileFinding]:
    """Yield converters of encodings, and parts of the locale C.UTF-8, that are not the base's.

    Other locales are no difference: the variables that choose one are compared.
    """
    for path, one in sorted(files.entries.items()):
        if one.kind != "folder" and (_CONVERTER.fullmatch(path) or _LOCALE.fullmatch(path)):
            is_new = path not in base.entries
            if not (is_new and _LOCALE.fullmatch(path)) and not _is_known(
                files, base, packages, path
            ):
                detail = "is not in the base image" if is_new else "is not the base image's"
                yield FileFinding("base", f"/{path}", detail)


def _is_known(files: ExportedFiles, base: ExportedFiles, packages: DpkgRecords, path: str) -> bool:
    one, other = files.find(path), base.find(path)
    is_bases = one is not None and other is not None and one.digest == other.digest
    return is_bases or packages.has(path) or packages.has(files.resolve(path))


def _services(files: ExportedFiles) -> set[str]:
    """Return the services that nsswitch.conf names, each a library `libnss_SERVICE.so.2`."""
    lines = [line.partition("#")[0] for line in _lines(files, _NSSWITCH)]
    sources = " ".join(line.partition(":")[2] for line in lines)
    return set(re.sub(r"\[[^\]]*\]", " ", sources).split())


def _loaded(files: ExportedFiles, path: str) -> set[str]:
    """Return the lines of a configuration of OpenSSL that name a file."""
    return {" ".join(line.split()) for line in _lines(files, path) if _LOADS.fullmatch(line)}


def _lines(files: ExportedFiles, path: str) -> list[str]:
    try:
        return files.read(path).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
