"""Files of settings that make the C library or OpenSSL load further libraries into each program.

Sources: nsswitch.conf(5), and config(5ssl) of OpenSSL.
"""

import re
from collections.abc import Iterator

from labcoat.container.filesystem.dpkg_records import DpkgRecords
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.inventory.file_finding import FileFinding

_NSSWITCH = "etc/nsswitch.conf"
# Debian's, Alpine's and Fedora's; the first is a link to the second in most images.
_OPENSSL = ("usr/lib/ssl/openssl.cnf", "etc/ssl/openssl.cnf", "etc/pki/tls/openssl.cnf")
TEXTS = frozenset({_NSSWITCH, *_OPENSSL})
_LOADS = re.compile(r"\s*(module|dynamic_path|soname|\.include)\b.*")
_NSS = re.compile(r"(?:usr/)?(?:local/)?lib(?:64)?/(?:[^/]+/)?libnss_(?P<name>[^/.]+)\.so(\.\d+)?")


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
    for path in _OPENSSL:
        entry = files.entries.get(path)
        if entry is None or entry.kind == "link" or packages.has(path):
            continue
        if _loaded(files, path) - _loaded(base, path):
            yield FileFinding("base", f"/{path}", "names libraries that OpenSSL loads")


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
