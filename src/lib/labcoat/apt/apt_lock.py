r"""apt.lock: every Debian package that the image gets for apt.txt, for each architecture.

    # Made by labcoat. Edit apt.txt, then run make requirements.
    # labcoat-inputs: sha256:…
    base python:3.11-slim-bookworm sha256:…
    date amd64 20261129T041000Z
    package amd64 libgomp1 12.2.0-14 debian/pool/main/g/gcc-12/libgomp1_….deb 115772 sha256:…

A path begins with the last part of its archive's address. The image's own apt knows the address:
the lock names no host. install-lock.sh reads these lines, too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from labcoat.core import files, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, field

NAME = "apt.lock"
_SHA256 = r"sha256:[0-9a-f]{64}"
_INPUTS = lazy_pattern(rf"# labcoat-inputs: ({_SHA256})")
_BASE = lazy_pattern(rf"base (\S+) ({_SHA256}|-)")
_DATE = lazy_pattern(r"date ([a-z0-9]+) (\d{8}T\d{6}Z)")
_PACKAGE = lazy_pattern(
    rf"package ([a-z0-9]+) ([a-z0-9][a-z0-9+.-]+) ([0-9][A-Za-z0-9.+:~-]*)"
    rf" ([A-Za-z0-9.+:~%@_-]+(?:/[A-Za-z0-9.+:~%@_-]+)*\.deb) ([0-9]+) ({_SHA256})"
)


class AptPackage(NamedTuple):
    """A package: its file's path below the archive's address, size in bytes, and `sha256:…`."""

    name: str
    version: str
    path: str
    size: int
    sha256: str


class AptLock(Record):
    """The packages of each architecture, in addition to those of the base image.

    `digest` is the base image's, "" if it has none; a date is the one on which apt resolved.
    """

    inputs: str
    base: str
    digest: str
    dates: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, tuple[AptPackage, ...]] = field(default_factory=dict)

    def text(self, source: str) -> str:
        """Return the lock as text; `source` is the file that a user edits."""
        lines = [
            f"# Made by labcoat. Edit {source}, then run make requirements.",
            f"# labcoat-inputs: {self.inputs}",
            f"base {self.base} {self.digest or '-'}",
        ]
        for architecture, date in sorted(self.dates.items()):
            lines.append(f"date {architecture} {date}")
            lines += (
                f"package {architecture} {each.name} {each.version} {each.path} {each.size}"
                f" {each.sha256}"
                for each in sorted(self.packages.get(architecture, ()))
            )
        return "\n".join(lines) + "\n"

    def all_packages(self) -> tuple[AptPackage, ...]:
        """Return the packages of all architectures."""
        return tuple(each for packages in self.packages.values() for each in packages)


def read_lock(root: Path) -> AptLock | None:
    """Return the lock of the project in `root`; None without one.

    Raise LabcoatError for a line that labcoat does not write.
    """
    path = root / NAME
    return parse_lock(reading.read_file(path).decode("utf-8", "replace")) if path.exists() else None


def lock_digest(root: Path) -> str:
    """Return the digest of the lock of the project in `root`; "" without one."""
    path = root / NAME
    return files.text_digest(reading.read_file(path)) if path.exists() else ""


def parse_lock(text: str) -> AptLock:
    """Return the lock that `text` holds. Raise LabcoatError for a line that it cannot have."""
    inputs, base, digest = "", "", ""
    dates: dict[str, str] = {}
    packages: dict[str, list[AptPackage]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := _INPUTS.fullmatch(line):
            inputs = found[1]
        elif found := _BASE.fullmatch(line):
            base, digest = found[1], found[2].removeprefix("-")
        elif found := _DATE.fullmatch(line):
            dates[found[1]] = found[2]
        elif (found := _PACKAGE.fullmatch(line)) and ".." not in found[4].split("/"):
            each = AptPackage(found[2], found[3], found[4], int(found[5]), found[6])
            packages.setdefault(found[1], []).append(each)
        elif line and not line.startswith("#"):
            raise LabcoatError(
                f"line {number} of `{NAME}` is not valid", "Run `make requirements AGAIN=1`"
            )
    return AptLock(
        inputs, base, digest, dates, {key: tuple(each) for key, each in packages.items()}
    )
