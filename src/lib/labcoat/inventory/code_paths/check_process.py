"""Start the check of byte code in processes of their own: data for marshal can end one."""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labcoat.core.records import Record
from labcoat.inventory.code_paths.known_byte_code import KnownByteCode
from labcoat.inventory.regular_files import file_digest

_TIMEOUT = 600.0

# What the check reads: source and byte code, and what else the verdict depends on, such as the
# level of optimization.
Files = tuple[str, str, int | str]


class Checker(Record):
    """A Python that checks byte code: its program, and a digest of all that decides the verdict.

    The program takes the `words`, and a JSON list of Files on its input; its output has a line for
    each: `ok`, or why not.
    """

    python: Path
    program: str
    identity: str
    words: tuple[str, ...] = ()


def identify(python: Path) -> str:
    """Return a digest of which installed Python this is; an update gives another."""
    path = python.resolve()
    found = path.stat()
    parts = (str(path), found.st_size, found.st_mtime_ns, found.st_ino)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def list_forged(checker: Checker, wanted: Mapping[str, Files]) -> dict[str, str]:
    """Return the verdicts on the files, by their names, that are not equal.

    What was once found equal is not compared again. One that ends the check has no verdict.
    """
    known = KnownByteCode(checker.identity)
    keys = {path: _key(known, *files) for path, files in wanted.items()}
    unknown = [path for path in wanted if keys[path] not in known.keys]
    if not unknown:
        return {}
    count = min(os.cpu_count() or 1, 4, 1 + len(unknown) // 50)
    parts = [{path: wanted[path] for path in unknown[start::count]} for start in range(count)]
    with ThreadPoolExecutor(count) as pool:
        found = pool.map(lambda part: _check(checker, part), parts)
        verdicts = {path: verdict for part in found for path, verdict in part.items()}
    equal = [path for path, verdict in verdicts.items() if verdict == "ok"]
    known.remember(keys[path] for path in equal if keys[path])
    return {path: verdict for path, verdict in sorted(verdicts.items()) if verdict != "ok"}


def _key(known: KnownByteCode, source: str, compiled: str, level: int | str) -> str:
    """Return the key of two files, or nothing if one cannot be read.

    Whether Python ignores the byte code depends on the time of the source.
    """
    try:
        time = int(os.stat(source, follow_symlinks=False).st_mtime)
        digests = [file_digest(path)[0] for path in (source, compiled)]
    except OSError:
        return ""
    return known.key(level, f"{digests[0]} {time}", digests[1])


def _check(checker: Checker, wanted: Mapping[str, Files]) -> dict[str, str]:
    """Return the verdict on each file; the check goes on after one that ends it."""
    verdicts: dict[str, str] = {}
    options = ("-ISB", "-X", "utf8", "-c")
    words = [str(checker.python), *options, checker.program, *checker.words]
    while waiting := [path for path in wanted if path not in verdicts]:
        text = json.dumps([wanted[path] for path in waiting])
        try:
            done = subprocess.run(
                words, input=text.encode(), capture_output=True, check=False, timeout=_TIMEOUT
            ).stdout
        except subprocess.TimeoutExpired as error:
            done = error.stdout or b""
        lines = done.decode("ascii", "replace").split("\n")[:-1]
        verdicts |= dict(zip(waiting, [*lines[: len(waiting)], ""], strict=False))
    return verdicts
