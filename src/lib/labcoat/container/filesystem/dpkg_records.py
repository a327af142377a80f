"""Which files of an image Debian's packages account for, by dpkg's own records.

Source: the formats of /var/lib/dpkg in dpkg-query(1) and deb-md5sums(5).
"""

import posixpath
import re
from functools import cached_property

from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core.patterns import lazy_pattern

INFO = "var/lib/dpkg/info"
STATUS = "var/lib/dpkg/status"
DIVERSIONS = "var/lib/dpkg/diversions"
_PACKAGED = lazy_pattern(r"(usr/)?(lib|bin|sbin)|etc/")
_CONFIGURATION = re.compile(rb"^ /(\S+) ([0-9a-f]{32})\b", re.MULTILINE)


def is_record(path: str) -> bool:
    """Return whether `path` is one of dpkg's records, whose text is needed."""
    return (
        path in {STATUS, DIVERSIONS, "etc/os-release", "usr/lib/os-release"}
        or is_settings(path)
        or (path.startswith(INFO) and path.endswith((".md5sums", ".list")))
    )


def is_settings(path: str) -> bool:
    """Return whether `path` has settings of dpkg, such as which files it leaves out."""
    return path == "etc/dpkg/dpkg.cfg" or path.startswith("etc/dpkg/dpkg.cfg.d/")


def may_be_packaged(path: str) -> bool:
    """Return whether the MD5 digest of `path` may be compared with dpkg's."""
    return _PACKAGED.match(path) is not None


class DpkgRecords:
    """The files that dpkg knows, with their MD5 digests; none in an image without dpkg."""

    def __init__(self, files: ExportedFiles) -> None:
        self.files = files

    def is_known(self) -> bool:
        """Return whether the image has dpkg's records."""
        return STATUS in self.files.entries

    def has(self, path: str) -> bool:
        """Return whether a package has `path`, and a file with these contents.

        A link counts with the file that it leads to: Debian's sitecustomize.py is one into /etc.
        """
        real = self._real(path)
        entry = self.files.entries.get(real)
        if entry is None:
            return False
        if entry.kind == "link":
            target = self.files.resolve(real)
            found = self.files.entries.get(target)
            is_file = found is not None and found.kind == "file"
            return real in self._listed and (not is_file or self.has(target))
        return bool(entry.md5) and self._digests.get(real) == entry.md5

    def _real(self, path: str) -> str:
        """Return `path` with its directory's links followed: /lib is /usr/lib in most images."""
        folder, _, name = path.rpartition("/")
        real = self.files.resolve(folder)
        return f"{real}/{name}" if real else name

    @cached_property
    def _digests(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for data in self._records(".md5sums"):
            for line in data.decode("utf-8", "surrogateescape").splitlines():
                digest, _, name = line.partition("  ")
                found[self._real(posixpath.normpath(name).lstrip("/"))] = digest
        try:
            status = self.files.read(STATUS)
        except OSError:
            return found
        for name, digest in _CONFIGURATION.findall(status):
            found[self._real(name.decode("utf-8", "surrogateescape"))] = digest.decode()
        return found

    @cached_property
    def _listed(self) -> frozenset[str]:
        return frozenset(
            self._real(line.lstrip("/"))
            for data in self._records(".list")
            for line in data.decode("utf-8", "surrogateescape").splitlines()
        )

    def _records(self, suffix: str) -> list[bytes]:
        try:
            names = self.files.list_names(INFO)
        except OSError:
            return []
        paths = [f"{INFO}/{name}" for name in names if name.endswith(suffix)]
        return [self.files.entries[path].data or b"" for path in paths]
