"""The packages of an environment that a repository has already, made by another tool."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Wanted
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern

_FOLDERS = (".venv", "venv", "env", ".env", "virtualenv")
_METADATA = lazy_pattern(r"([\w.]+)-([\w.!+]+)\.(?:dist|egg)-info")
_MOST = 5000  # packages
_OWN = "labcoat.json"  # in environments that labcoat made


def find_installed(root: Path) -> list[Source]:
    """Return the packages of each environment at the top of `root` that labcoat did not make."""
    found = []
    for name in _FOLDERS:
        folder = root / name
        if (folder / "pyvenv.cfg").is_file() and not (folder / _OWN).exists():
            layout = tuple(
                Wanted(f"{package}=={version}", name, 1, "freeze")
                for package, version in _list_packages(folder)
            )
            found.append(Source(name, "installed", layout, _read_python(folder)))
    return [each for each in found if each.wanted]


def _list_packages(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of each package, from the names of its files."""
    for packages in (*folder.glob("lib/python3*/site-packages"), folder / "Lib/site-packages"):
        try:
            with os.scandir(packages) as entries:
                names = sorted(each.name for _, each in zip(range(_MOST), entries, strict=False))
        except OSError:
            continue
        for name in names:
            if found := _METADATA.fullmatch(name):
                yield normalize_name(found[1]), found[2]
        return


def _read_python(folder: Path) -> str:
    try:
        text = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")[:10_000]
    except OSError:
        return ""
    found = re.search(r"(?m)^version(?:_info)?\s*=\s*(3\.\d+)", text)
    return found[1] if found else ""
