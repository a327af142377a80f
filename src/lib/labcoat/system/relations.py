"""What one installed package says of others: which it requires, and which its code imports."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from labcoat.inventory.records import read_lines
from labcoat.inventory.regular_files import DISK, DiskFiles

_NAME = re.compile(r"Requires-Dist:\s*([A-Za-z0-9][\w.-]*)")
_EXTRA = re.compile(r";.*\bextra\b")
_IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)|import[ \t]+([\w., \t]+))"
    rb"|(?:import_module|find_spec|__import__)\(\s*[\"'](\w+)",
    re.MULTILINE,
)


def read_requirements(folder: str, files: DiskFiles = DISK) -> dict[str, list[str]]:
    """Return the packages that the METADATA in `folder` names: `requires`, `extras`."""
    found: dict[str, set[str]] = {"requires": set(), "extras": set()}
    for line in read_lines(os.path.join(folder, "METADATA"), files):
        if not line.strip():
            break
        if name := _NAME.match(line):
            found["extras" if _EXTRA.search(line) else "requires"].add(name.group(1))
    return {key: sorted(names) for key, names in found.items()}


def list_imports(sources: Iterable[bytes]) -> list[str]:
    """Return the top-level modules that these sources import."""
    found: set[str] = set()
    for data in sources:
        for module, listed, named in _IMPORTS.findall(data):
            words = [module or named, *(one.strip().split(b".")[0] for one in listed.split(b","))]
            found.update(word.split()[0].decode() for word in words if word.strip())
    return sorted(found)


def list_modules(files: Iterable[str], site: str) -> list[str]:
    """Return the top-level modules among a package's `files`, those in `site`."""
    start = len(site) + 1
    tops = {path[start:].split(os.sep)[0] for path in files if path.startswith(site + os.sep)}
    return sorted(stem for stem in (top.split(".")[0] for top in tops) if stem.isidentifier())
