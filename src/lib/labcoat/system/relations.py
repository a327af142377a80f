"""What one installed package says of others: which it requires, and which its code imports.

It imports only the standard library and works on Python 3.8: an image's own Python runs the text
of this module (system/program.py).
"""

from __future__ import annotations

import os
import re
from typing import Dict, Iterable, List, Set

from labcoat.inventory.records import read_lines

_NAME = re.compile(r"Requires-Dist:\s*([A-Za-z0-9][\w.-]*)")
_EXTRA = re.compile(r";.*\bextra\b")
_IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)|import[ \t]+([\w., \t]+))"
    rb"|(?:import_module|find_spec|__import__)\(\s*[\"'](\w+)",
    re.MULTILINE,
)


def read_requirements(folder: str) -> Dict[str, List[str]]:
    """Return the packages that the METADATA in `folder` names: `requires`, `extras`."""
    found: Dict[str, Set[str]] = {"requires": set(), "extras": set()}
    for line in read_lines(os.path.join(folder, "METADATA")):
        if not line.strip():
            break
        if name := _NAME.match(line):
            found["extras" if _EXTRA.search(line) else "requires"].add(name.group(1))
    return {key: sorted(names) for key, names in found.items()}


def list_imports(sources: Iterable[bytes]) -> List[str]:
    """Return the top-level modules that these sources import."""
    found: Set[str] = set()
    for data in sources:
        for module, listed, named in _IMPORTS.findall(data):
            words = [module or named, *(one.strip().split(b".")[0] for one in listed.split(b","))]
            found.update(word.split()[0].decode() for word in words if word.strip())
    return sorted(found)


def list_modules(files: Iterable[str], site: str) -> List[str]:
    """Return the top-level modules among a package's `files`, those in `site`."""
    start = len(site) + 1
    tops = {path[start:].split(os.sep)[0] for path in files if path.startswith(site + os.sep)}
    return sorted(stem for stem in (top.split(".")[0] for top in tops) if stem.isidentifier())
