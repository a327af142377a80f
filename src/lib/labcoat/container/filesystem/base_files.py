"""The files of a base image, remembered in labcoat's cache by the image's id."""

import base64
import contextlib
import gzip
import json
from pathlib import Path
from typing import Any

from labcoat.container.filesystem.configuration import TEXTS
from labcoat.container.inspect.export import created_container, read_container
from labcoat.container.inspect.export_reader import Wanted
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles
from labcoat.core import files, terminal
from labcoat.core.cache import cache_folder
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project

_FORMAT = 2
_MOST_BASES = 8
# What a new environment's programs are made from, and the loader's list of libraries.
_TEXTS = lazy_pattern(r".*/lib/python3[^/]*/venv/scripts/.*|etc/(ld\.so\.cache|passwd|group)")
_MOST_TEXT = 1 << 20


def read_base_files(project: Project, image: str, name: str) -> ExportedFiles:
    """Return the files of the base image `image`, an id, which errors call `name`.

    The engine exports them once. Raise LabcoatError, status 2, if it cannot.
    """
    place = cache_folder() / "bases" / f"{image.rpartition(':')[2]}.json.gz"
    if known := _read_remembered(place):
        return known
    terminal.print_progress(f"reading the base image {name}")
    with created_container(project, image, name) as container:
        found = read_container(project, container, name, Wanted(_is_kept))
    # Without a cache, the base is read each time.
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        files.write_file(place, gzip.compress(_to_json(found).encode("ascii"), 1, mtime=0))
        _remove_oldest(place.parent)
    return found


def _is_kept(path: str, size: int) -> bool:
    return size <= _MOST_TEXT and (path in TEXTS or _TEXTS.fullmatch(path) is not None)


def _to_json(found: ExportedFiles) -> str:
    rows = {
        path: [
            *(one.kind, one.mode, one.owner, one.size, one.time, one.target, one.digest),
            base64.b64encode(one.data).decode() if one.data is not None else None,
            one.capability,
        ]
        for path, one in found.entries.items()
    }
    return json.dumps({"format": _FORMAT, "files": rows})


def _read_remembered(place: Path) -> ExportedFiles | None:
    """Return the files in the cache; None if they are not there or cannot be read."""
    try:
        document = json.loads(gzip.decompress(place.read_bytes()))
        if document["format"] != _FORMAT:
            return None
        return ExportedFiles({
            path: _read_row(row)
            for path, row in document["files"].items()
        })  # fmt: skip
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None


def _read_row(row: list[Any]) -> ExportedFile:
    *about, data, capability = row
    kept = None if data is None else base64.b64decode(data)
    return ExportedFile(*about)._replace(data=kept, capability=capability)


def _remove_oldest(folder: Path) -> None:
    kept = sorted(folder.glob("*.json.gz"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-_MOST_BASES]:
        path.unlink(missing_ok=True)
