"""Byte code that Python may read in place of a source: it must be what the source compiles to.

`labcoat run` keeps byte code outside of the environment (levels/python_variables.py), so this is
about activated shells and editors. The check runs in the installed Python that the environment is
based on, in a process of its own: data for marshal can end it.
Source: https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation.
"""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from labcoat.inventory.code_paths.known_byte_code import KnownByteCode
from labcoat.inventory.code_paths.layout import Layout
from labcoat.inventory.code_paths.tree import read_entry
from labcoat.inventory.file_finding import FileFinding
from labcoat.inventory.regular_files import file_digest

_NAME = re.compile(r"(?P<stem>.+?)\.(?P<tag>[^.]+)(?:\.opt-(?P<level>[12]))?\.pyc")
# Tags of interpreters (sys.implementation.cache_tag); the environment's reads no others.
_OTHER_PYTHON = re.compile(r"(cpython|pypy|graalpy)-?\d+t?")
_CHECK = Path(__file__).with_name("byte_code_check.py")
_TIMEOUT = 600.0


# A name for findings, and what the check reads: source, byte code and level of optimization.
_Wanted = tuple[str, tuple[str, str, int]]


@dataclass(frozen=True)
class CompiledFile:
    """A file of byte code, the source it stands for, and its level of optimization."""

    path: str
    source: str
    level: int


def judge_byte_code(
    prefix: Path, paths: Sequence[str], python: Path | None, minor: str, layout: Layout
) -> Iterator[FileFinding]:
    """Yield the files among `paths` that the environment's Python, or pytest, would run unchecked.

    `python` is an installed Python of the same `minor`; without one no byte code can be checked.
    """

    def is_file(path: str) -> bool:
        entry = read_entry(str(prefix), path)
        return entry is not None and entry.kind == "file"

    findings, found = pair_sources(paths, minor, layout.name, is_file)
    yield from findings
    wanted = [
        (one.path, (str(prefix / one.source), str(prefix / one.path), one.level)) for one in found
    ]
    if not wanted:
        return
    if python is None:
        detail = f"there is no Python {minor} to check byte code with"
        yield FileFinding("byte-code", layout.name(wanted[0][0]), detail)
        return
    for path in _find_forged(python, wanted):
        yield FileFinding("byte-code", layout.name(path), "is not what its source compiles to")


def source_path(path: str) -> str:
    """Return the path of the source of byte code in `__pycache__`; empty for another path."""
    folder, _, name = path.rpartition("/")
    found = _NAME.fullmatch(name)
    return f"{folder.rpartition('/')[0]}/{found['stem']}.py".lstrip("/") if found else ""


def pair_sources(
    paths: Iterable[str],
    minor: str,
    name_of: Callable[[str], str],
    is_file: Callable[[str], bool],
) -> tuple[list[FileFinding], list[CompiledFile]]:
    """Return what cannot be checked, and each file that Python `minor` reads with its source.

    `name_of` gives the names of paths in findings.
    """
    own_tag = f"cpython-{minor.replace('.', '')}"
    findings: list[FileFinding] = []
    wanted: list[CompiledFile] = []
    for path in paths:
        found = _NAME.fullmatch(path.rpartition("/")[2])
        tag = found["tag"] if found else ""
        if found and tag != own_tag and _OTHER_PYTHON.fullmatch(tag):
            continue
        if found is None or tag != own_tag:
            findings.append(FileFinding("stray", name_of(path)))
            continue
        source = source_path(path)
        if is_file(source):
            wanted.append(CompiledFile(path, source, int(found["level"] or 0)))
        else:
            findings.append(FileFinding("sourceless", name_of(path)))
    return findings, wanted


def _find_forged(python: Path, wanted: Sequence[_Wanted]) -> Iterator[str]:
    """Yield the files that differ; what was once found equal is not compiled again."""
    known = KnownByteCode(_identify(python))
    keys = {path: _key(known, *files) for path, files in wanted}
    unknown = [one for one in wanted if keys[one[0]] not in known.keys]
    if not unknown:
        return
    count = min(os.cpu_count() or 1, 4, 1 + len(unknown) // 50)
    parts = [unknown[start::count] for start in range(count)]
    with ThreadPoolExecutor(count) as pool:
        found = pool.map(lambda part: _find_bad(python, part), parts)
        bad = {path for part in found for path in part}
    known.remember(keys[path] for path, _ in unknown if path not in bad and keys[path])
    yield from sorted(bad)


def _identify(python: Path) -> str:
    """Return a digest of which installed Python this is; an update gives another."""
    path = python.resolve()
    found = path.stat()
    parts = (str(path), found.st_size, found.st_mtime_ns, found.st_ino)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _key(known: KnownByteCode, source: str, compiled: str, level: int) -> str:
    """Return the key of two files, or nothing if one cannot be read.

    Whether Python ignores the byte code depends on the time of the source.
    """
    try:
        time = int(os.stat(source, follow_symlinks=False).st_mtime)
        digests = [file_digest(path)[0] for path in (source, compiled)]
    except OSError:
        return ""
    return known.key(level, f"{digests[0]} {time}", digests[1])


def _find_bad(python: Path, wanted: list[_Wanted]) -> list[str]:
    """Return the files that differ. One that ends the check differs; the check goes on after it."""
    bad: list[str] = []
    while wanted:
        words: list[str | Path] = [
            python,
            "-ISB",
            "-X",
            "utf8",
            "-c",
            _CHECK.read_text(encoding="utf-8"),
        ]
        text = json.dumps([one for _, one in wanted])
        try:
            done = subprocess.run(
                words, input=text.encode(), capture_output=True, check=False, timeout=_TIMEOUT
            ).stdout
        except subprocess.TimeoutExpired as error:
            done = error.stdout or b""
        verdicts = done.decode("ascii", "replace").split("\n")[:-1][: len(wanted)]
        bad += [
            path for (path, _), verdict in zip(wanted, verdicts, strict=False) if verdict != "ok"
        ]
        if len(verdicts) == len(wanted):
            break
        bad.append(wanted[len(verdicts)][0])
        wanted = wanted[len(verdicts) + 1 :]
    return sorted(bad)
