"""What a wheel installs: its files with their digests, named as `scan` names them.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
"""

import configparser
import re
import stat
import zipfile
from collections.abc import Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO

from labcoat.core.records import Record, replace
from labcoat.inventory import programs, records, regular_files, scan


class Wheel(Record):
    """A wheel's file name, and the digests of the files it installs, named as `scan` does.

    `executable` are the files that its installer makes executable, `folders` the directories in it,
    which may be empty, `archive` is the wheel itself. Of the `misstated` files, its RECORD has
    another digest or size.
    """

    name: str
    files: Mapping[str, str]
    executable: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    archive: Path | None = None
    misstated: frozenset[str] = frozenset()


def read_wheel(name: str, file: IO[bytes], archive: Path | None = None) -> Wheel:
    """Return the files that a wheel installs, with the digests that its RECORD states.

    Files without a digest there, and programs, whose first line installers change, are read.
    """
    found: dict[str, str] = {}
    executable, folders, misstated = set(), set(), set()
    with zipfile.ZipFile(file) as opened:
        stated = _read_stated(opened)
        for entry in opened.infolist():
            if entry.is_dir():
                folders.add(_installed_path(entry.filename, name))
                continue
            path = _installed_path(entry.filename, name)
            known, size = stated.get(entry.filename, ("", None))
            if size not in {None, entry.file_size}:
                misstated.add(path)
            if ".data/scripts/" in entry.filename:
                first, _, rest = (data := opened.read(entry)).partition(b"\n")
                data = b"#!python\n" + rest if first.startswith(b"#!python") else data
                found[path] = sha256(data).hexdigest()
            elif known:
                found[path] = known
            else:
                found[path] = _member_digest(opened, entry)
            # The same test as pip's and uv's: a regular file that somebody may execute.
            mode = entry.external_attr >> 16
            if stat.S_ISREG(mode) and mode & 0o111:
                executable.add(path)
        for entry_name in opened.namelist():
            if re.fullmatch(r"[^/]+\.dist-info/entry_points\.txt", entry_name):
                found |= _entry_point_digests(opened.read(entry_name).decode("utf-8"))
    kept = {path: value for path, value in found.items() if not scan.is_left_out(path)}
    executable &= kept.keys()
    return Wheel(
        name, kept, frozenset(executable), frozenset(folders), archive, frozenset(misstated)
    )


def correct_digests(wheel: Wheel, installed: Mapping[str, str]) -> Wheel:
    """Return `wheel` with the digests of its files where `installed` files differ from its RECORD.

    A RECORD may be wrong; the files in the wheel are what installers install.
    """
    differing = {path for path, value in wheel.files.items() if installed.get(path, value) != value}
    if not differing or wheel.archive is None:
        return wheel
    corrected = dict(wheel.files)
    try:
        with open(regular_files.open_regular(str(wheel.archive)), "rb") as file:  # noqa: PTH123 - a descriptor
            if file_digest(file, "sha256").hexdigest() != wheel.archive.parent.name:
                return wheel
            with zipfile.ZipFile(file) as opened:
                for entry in opened.infolist():
                    path = _installed_path(entry.filename, wheel.name)
                    if path in differing and ".data/scripts/" not in entry.filename:
                        corrected[path] = _member_digest(opened, entry)
    except (OSError, zipfile.BadZipFile):
        return wheel
    wrong = {path for path in differing if corrected[path] != wheel.files[path]}
    return replace(wheel, files=corrected, misstated=wheel.misstated | wrong)


def _member_digest(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    with opened.open(entry) as file:
        return file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # has read


def _read_stated(opened: zipfile.ZipFile) -> dict[str, tuple[str, int | None]]:
    """Return the SHA-256, "" if none, and size that RECORD states, by the names in the wheel."""
    found = {}
    for name in opened.namelist():
        if re.fullmatch(r"[^/]+\.dist-info/RECORD", name):
            for path, digest, size in records.parse_record(opened.read(name)) or ():
                found[path] = digest if re.fullmatch(r"[0-9a-f]{64}", digest) else "", size
    return found


def _installed_path(path: str, wheel: str) -> str:
    """Return where the file `path` of a wheel is installed."""
    top, _, rest = path.partition("/")
    if not top.endswith(".data"):
        return path
    kind, _, rest = rest.partition("/")
    if kind in {"purelib", "platlib"}:
        return rest
    if kind == "headers":
        return f"{{prefix}}/include/site/python/{wheel.split('-', maxsplit=1)[0]}/{rest}"
    return f"{{prefix}}/bin/{rest}" if kind == "scripts" else f"{{prefix}}/{rest}"


def _entry_point_digests(entry_points: str) -> dict[str, str]:
    """Return the digests of the programs that an installer generates from entry_points.txt.

    Source: https://packaging.python.org/en/latest/specifications/entry-points/.
    """
    parsed = configparser.RawConfigParser(delimiters=("=",))
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    parsed.read_string(entry_points)
    found = {}
    for section in ("console_scripts", "gui_scripts"):
        for name, value in parsed.items(section) if parsed.has_section(section) else ():
            module, _, function = re.sub(r"\s*\[.*", "", value).partition(":")
            digest = programs.entry_point_digest(module.strip(), function.strip())
            found[f"{{prefix}}/bin/{name}"] = digest
    return found
