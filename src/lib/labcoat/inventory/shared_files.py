"""Find files that several packages install with different contents: the last one installed wins."""

import base64
import binascii
import csv
import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from labcoat.core import terminal
from labcoat.core.package_names import normalize_name
from labcoat.core.records import Record


class SharedFile(Record):
    """A file that several `packages` bring with different contents.

    `winner` is the package whose contents are installed; empty if somebody edited the file.
    """

    path: str
    packages: tuple[str, ...]
    winner: str


def find_shared_files(
    stated: Mapping[str, Mapping[str, str]], installed: Callable[[str], str]
) -> list[SharedFile]:
    """Return the files with different digests in `stated`, which has those of each package.

    `installed` returns the digest of the file that is there.
    """
    seen: dict[str, str] = {}
    shared: dict[str, None] = {}
    for contents in stated.values():
        for path, digest in contents.items():
            if seen.setdefault(path, digest) != digest:
                shared[path] = None
    found = []
    for path in shared:
        digests = {name: contents[path] for name, contents in stated.items() if path in contents}
        present = installed(path)
        winner = next((name for name, digest in digests.items() if digest == present), "")
        found.append(SharedFile(path, tuple(digests), winner))
    return found


def describe_shared_files(shared: Iterable[SharedFile]) -> Iterator[str]:
    """Yield a sentence for each group of packages: the files, and whose contents are installed."""
    groups: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for one in shared:
        groups[one.packages, one.winner].append(one.path)
    for (packages, winner), paths in groups.items():
        more = len(paths) - 1
        rest = f" and {more} more file{'s' * (more > 1)}" if more else ""
        names = " and ".join(f"`{name}`" for name in packages)
        which = f"that of `{winner}`" if winner else "that of neither"
        yield (
            f"{names} bring `{_shorten(min(paths))}`{rest} with different contents;"
            f" {which} is installed"
        )


def _shorten(path: str) -> str:
    """Return how to show a path in RECORD: programs are in ../../../bin."""
    return re.sub(r"^(\.\./)+", "", path)


def read_shared_files(site_packages: Path) -> list[SharedFile]:
    """Return the files that packages in a site-packages directory share, by their RECORD files."""
    stated = {
        name: files
        for info in sorted(site_packages.glob("*.dist-info"))
        if (files := dict(_read_record(info / "RECORD")))
        and (name := normalize_name(info.name.partition("-")[0]))
    }

    def installed(path: str) -> str:
        try:
            return hashlib.sha256((site_packages / path).read_bytes()).hexdigest()
        except OSError:
            return ""

    return find_shared_files(stated, installed)


def warn_of_shared_files(site_packages: Path) -> None:
    """Warn about the files that packages in a site-packages directory share."""
    for sentence in describe_shared_files(read_shared_files(site_packages)):
        terminal.print_warning(
            sentence,
            "Keep only one of these packages: which one wins can change with each installation",
        )


def _read_record(record: Path) -> Iterator[tuple[str, str]]:
    """Yield the paths, relative to site-packages, and SHA-256 digests in a RECORD file."""
    try:
        text = record.read_text(encoding="utf-8", errors="surrogateescape")
        for path, stated, *_ in csv.reader(text.splitlines()):
            algorithm, _, digest = stated.partition("=")
            if algorithm == "sha256":
                value = base64.urlsafe_b64decode(f"{digest}==").hex()
                yield os.path.normpath(path), value
    except (OSError, ValueError, csv.Error, binascii.Error):
        return  # prove reports a damaged RECORD
