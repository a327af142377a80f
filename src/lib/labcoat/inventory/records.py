"""Read what installers write beside a distribution: METADATA, WHEEL, RECORD.

It imports only the standard library and works on Python 3.8: it runs in images too (scan.py).
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
from typing import List, Optional, Tuple

from labcoat.inventory.regular_files import DISK, DiskFiles, read_regular

_MOST_TAGS = 32
_MOST_RECORD = 1 << 26
# RECORD's lines: path, SHA-256 in hexadecimal (empty if none), and size.
RecordLines = List[Tuple[str, str, Optional[int]]]


def read_lines(path: str, files: DiskFiles = DISK) -> List[str]:
    """Return the lines of a small text file; none if it cannot be read."""
    try:
        return files.read(path).decode("utf-8", "replace").splitlines()
    except (OSError, ValueError):
        return []


def read_metadata(folder: str, files: DiskFiles = DISK) -> tuple[str, str, list[str]]:
    """Return name, version and wheel tags from a dist-info or egg-info."""
    head: dict[str, str] = {}
    for name in ("METADATA", "PKG-INFO", ""):
        lines = read_lines(os.path.join(folder, name) if name else folder, files)
        for line in lines:
            key, colon, value = line.partition(":")
            if not line.strip():
                break
            if colon and key in ("Name", "Version"):
                head.setdefault(key, value.strip())
        if lines:
            break
    wheel = read_lines(os.path.join(folder, "WHEEL"), files)
    tags = sorted(line[4:].strip() for line in wheel if line.startswith("Tag:"))[:_MOST_TAGS]
    stem = os.path.basename(folder).rsplit(".", 1)[0].split("-")
    return head.get("Name") or stem[0], head.get("Version") or (stem[1:] or [""])[0], tags


def read_record(folder: str, files: DiskFiles = DISK) -> RecordLines | None:
    """Return RECORD's lines; None without a readable RECORD."""
    try:
        return parse_record(files.read(os.path.join(folder, "RECORD"), _MOST_RECORD))
    except (OSError, ValueError):
        return None


def parse_record(data: bytes) -> RecordLines | None:
    """Return the lines of a RECORD; None if it is damaged."""
    try:
        text = io.StringIO(data.decode("utf-8", "surrogateescape"), newline="")
        rows = [row for row in csv.reader(text) if row]
    except csv.Error:
        return None
    found: RecordLines = []
    for row in rows:
        path, stated, size = [*row, "", ""][:3]
        algorithm, _, digits = stated.partition("=")
        try:
            known = _hexadecimal(digits) if algorithm == "sha256" else ""
            found.append((path, known, int(size) if size else None))
        except ValueError:
            found.append((path, "unreadable", None))
    return None if any("\0" in path for path, _, _ in found) else found


def _hexadecimal(digits: str) -> str:
    """Return a SHA-256 in base64 as hexadecimal digits, which some builders, as gmsh's, write."""
    if re.fullmatch("[0-9a-fA-F]{64}", digits):
        return digits.lower()
    return base64.urlsafe_b64decode(digits + "==").hex()


def read_text(path: str, folder: str, files: DiskFiles = DISK) -> str:
    """Return a small text file in a distribution's metadata; empty if it cannot be read."""
    return "\n".join(read_lines(os.path.join(folder, path), files)).strip()


def list_metadata(site: str, files: DiskFiles = DISK) -> List[str]:
    """Return the names of the dist-info and egg-info entries in a site-packages directory."""
    try:
        names = files.list_names(site)
    except OSError:
        return []
    return sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))


def list_conda_files(prefix: str) -> set[str]:
    """Return the files that conda installed."""
    found: set[str] = set()
    folder = os.path.join(prefix, "conda-meta")
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.endswith(".json"):
            try:
                record = json.loads(read_regular(os.path.join(folder, name), _MOST_RECORD))
                found.update(os.path.join(prefix, path) for path in record["files"])
            except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue  # so that its files count as added
    return found
