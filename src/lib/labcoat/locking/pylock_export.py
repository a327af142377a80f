"""Write pylock.toml (PEP 751) from a lock, for tools that install from that.

The addresses of files are part of that format, so it is an export: the lock stays the file without
them. Format: https://packaging.python.org/en/latest/specifications/pylock-toml/.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from labcoat.core import files, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.project_files.lock_of_record import EXPORTER, is_own_export
from labcoat.locking import derived, lock_header
from labcoat.locking.inputs import MAIN
from labcoat.locking.requirements_file import Pin, parse_pins, read_requirements
from labcoat.toolchain import index_config, named_indexes
from labcoat.toolchain.package_index import ListedFile, fetch_listing

Listing = Callable[[str], Sequence[ListedFile] | None]
_AT_ONCE = 8  # listings that are fetched at the same time


def export_locks(project: Project) -> list[Path]:
    """Write pylock.toml from requirements.txt, and pylock.NAME.toml from each -NAME.txt.

    Return the files. Raise LabcoatError if there is no lock, the index lacks a locked file, or
    another tool's pylock.toml would be replaced.
    """
    found = [lock for lock in project.locks if lock.exists()]
    if not found:
        raise LabcoatError(
            f"`{project.requirements.name}` does not exist", "Run `make requirements`"
        )
    written = []
    for lock in found:
        target = lock.with_name(export_name(lock.stem))
        if target.exists() and not is_own_export(target):
            raise LabcoatError(
                f"`{target.name}` is not from labcoat, which would replace it",
                "Move it away, if no tool needs it",
            )
        terminal.print_progress(f"exporting {lock.name} → {target.name}")
        python = derived.python_of(lock) or _minor_range(lock_header.locked_python(lock))
        text = format_pylock(parse_pins(read_requirements(lock)), python, _index_of(lock))
        files.write_file(target, text)
        written.append(target)
        for note in derived.describe_record(lock)[1:]:
            terminal.print_warning(f"{note.removeprefix('left out: ')} is not in `{target.name}`")
    return written


def _index_of(lock: Path) -> Listing:
    """Return a function that asks the index of a package, which may be a named one."""
    indexes = named_indexes.lock_indexes(lock)

    def listing(name: str) -> Sequence[ListedFile] | None:
        found = named_indexes.find_index(name, indexes)
        return fetch_listing(name, access=index_config.named_access(found) if found else None)

    return listing


def export_name(stem: str) -> str:
    """Return the name of the export of the lock `stem`; a dot separates names in that format."""
    if stem == MAIN:
        return "pylock.toml"
    return f"pylock.{re.sub(r'[^A-Za-z0-9_-]', '-', stem.removeprefix(f'{MAIN}-'))}.toml"


def _minor_range(minor: str) -> str:
    return f"=={minor}.*" if minor else ""


def format_pylock(pins: Sequence[Pin], python: str, listing: Listing) -> str:
    """Return the text of a pylock.toml for `pins` on `python`, specifiers, or any if empty.

    `listing` returns the files that the index has of a package. Raise LabcoatError if it has none
    of the locked files of a release.
    """
    names = sorted({pin.name for pin in pins})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        listed = dict(zip(names, pool.map(listing, names), strict=True))
    lines = ['lock-version = "1.0"', f"created-by = {json.dumps(EXPORTER)}"]
    if python:
        lines.append(f"requires-python = {json.dumps(python)}")
    for pin in sorted(pins, key=lambda each: (each.name, each.version)):
        lines += ["", *_package_lines(pin, listed[pin.name] or ())]
    return "\n".join(lines) + "\n"


def _package_lines(pin: Pin, listed: Sequence[ListedFile]) -> Iterator[str]:
    locked = [file for file in listed if file.sha256 in pin.hashes]
    wheels = sorted((file for file in locked if file.name.endswith(".whl")), key=lambda f: f.name)
    # A release has one source archive here; of several, every tool reads a .tar.gz.
    archives = sorted(
        (file for file in locked if file.name.endswith((".tar.gz", ".zip"))),
        key=lambda file: not file.name.endswith(".tar.gz"),
    )
    if not (wheels or archives):
        raise LabcoatError(
            f"the package index has no file of {pin.name} {pin.version} with a hash of the lock",
            "Use the index that the lock was made with",
        )
    yield "[[packages]]"
    yield f"name = {json.dumps(pin.name)}"
    yield f"version = {json.dumps(pin.version)}"
    if pin.marker:
        yield f"marker = {json.dumps(pin.marker)}"
    if archives:
        yield f"sdist = {_file_table(archives[0])}"
    if wheels:
        yield "wheels = ["
        yield from (f"    {_file_table(file)}," for file in wheels)
        yield "]"


def _file_table(file: ListedFile) -> str:
    parts = urlsplit(file.url)
    # A password in the index's own address is not for others.
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return (
        f"{{ name = {json.dumps(file.name)}, url = {json.dumps(url)},"
        f" hashes = {{ sha256 = {json.dumps(file.sha256)} }} }}"
    )
