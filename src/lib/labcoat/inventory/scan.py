"""List what one environment holds, reading every file once.

An image's own Python runs the texts of this module and of those that it imports
(inventory.scan_command), so that nothing has to be installed there. That is why they import only
the standard library and work on Python 3.8. -S keeps code in the environment from running.

Files that installers write differently are left out: byte code, RECORD, INSTALLER, REQUESTED and
direct_url.json. A program that an installer generates from an entry point counts as the function
it starts, whoever generated it; any other script counts without its first line.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, Collection, List, Optional, Tuple

from labcoat.inventory.interpreter_facts import describe_interpreter
from labcoat.inventory.programs import entry_point_digest, script_digest
from labcoat.inventory.records import (
    RecordLines,
    list_conda_files,
    list_metadata,
    read_metadata,
    read_record,
    read_text,
)
from labcoat.inventory.regular_files import CHUNK, DISK, DiskFiles

_LEFT_OUT = re.compile(
    r"(^|/)__pycache__/[^/]*\.pyc$"
    r"|^[^/]+[.]dist-info/(RECORD(\.jws|\.p7s)?|INSTALLER|REQUESTED)$"
    r"|^[^/]+[.]dist-info/(direct_url\.json|uv_(cache|build)\.json)$"
)
# ensurepip's and pip's additional name for pip, which no wheel has.
_PIP_ALIAS = re.compile(r"\{prefix\}/bin/pip3\.\d+")
_PIP_STARTS = ("main", "cli")  # up to pip 26.2, and since
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
# What every new environment has in bin.
_OWN_PROGRAMS = re.compile(r"python[\w.]*|[Aa]ctivate[\w.]*|deactivate[\w.]*|pydoc\.bat|𝜋thon")
# The files that start labcoat's own pip (levels/pip_shim.py): the present text, then earlier ones,
# which environments may still have.
PIP_SHIM = {
    "{prefix}/bin/pip": ("901b11282ca2f972224d4f96e3e764a367ef141bc385db6771952aab6798866b",),
    "{prefix}/bin/pip3": ("901b11282ca2f972224d4f96e3e764a367ef141bc385db6771952aab6798866b",),
    "pip/__main__.py": (
        "7f630844078888340059dd776599f7cadf4055c74147d9cff565866fb1adf292",
        "bc0e7269c8385a343792aebb86b24d9934e74372ead86d8b714411ba981a59bf",
        "f4b1a779d0904b410b269f447c06123af3402a59009bbb546c2e1d9465bd3915",
    ),
}
_MOST_FILES = 1 << 21  # lines of all RECORDs together
_BATCH = 64  # files that a thread reads for each task, whose start takes as long as a small file
# The digest that is compared, the one that RECORD states, and the size in bytes.
_FileDigests = Tuple[str, str, int]


def is_own_program(name: str) -> bool:
    """Return whether new environments have a program of this name in bin."""
    return _OWN_PROGRAMS.fullmatch(name) is not None


def is_left_out(path: str) -> bool:
    """Return whether installers write `path`, as `scan` names files, differently."""
    return _LEFT_OUT.search(path) is not None


class _Environment:
    """The directories of one environment, and how files in them are named."""

    def __init__(
        self,
        prefix: str,
        site: str,
        interpreters: Optional[Collection[str]] = None,
        files: DiskFiles = DISK,
    ) -> None:
        self.prefix, self.site, self.files = prefix, site, files
        self.interpreters = interpreters
        # Programs in the user's site are for the interpreter itself.
        self.programs = {
            os.path.realpath(one)
            for one in (os.path.join(prefix, "bin"), os.path.dirname(sys.executable))
        }

    def read_record(self, info: str) -> RecordLines | None:
        """Return the lines of a RECORD with absolute paths; None without a readable one."""
        lines = read_record(os.path.join(self.site, info), self.files)
        return lines and [
            (os.path.normpath(os.path.join(self.site, path)), digest, size)
            for path, digest, size in lines
        ]

    def is_inside(self, path: str) -> bool:
        """Return whether `path` is in the environment; RECORD can name any file."""
        return path.startswith((self.site + os.sep, self.prefix + os.sep))

    def short_name(self, path: str) -> str:
        """Return the path as in the wheel if it is in site-packages, else from `{prefix}`."""
        if path.startswith(self.site + os.sep):
            return path[len(self.site) + 1 :]
        if path.startswith(self.prefix + os.sep):
            return "{prefix}" + re.sub(
                r"^/include/site/python[\d.]+t?/", "/include/site/python/", path[len(self.prefix) :]
            )
        return path

    def is_own(self, interpreter: str) -> bool:
        """Return whether the path `interpreter` is this environment's Python."""
        if self.interpreters is not None:
            return interpreter in self.interpreters
        folder, name = os.path.split(interpreter)
        return bool(_PYTHON.fullmatch(name)) and os.path.realpath(folder) in self.programs

    def digest_file(self, path: str) -> _FileDigests:
        """Read one file. Raise OSError if it is missing, or not a regular file inside."""
        if not self.is_inside(path):
            raise OSError(errno.EXDEV, "outside of the environment", path)
        if (
            os.path.dirname(path) == os.path.join(self.prefix, "bin")
            and self.files.size(path) < CHUNK
        ):
            data = self.files.read(path, CHUNK)
            return script_digest(data, self.is_own), hashlib.sha256(data).hexdigest(), len(data)
        found, size = self.files.digest(path)
        return found, found, size


def _list_files(environment: _Environment) -> list[str]:
    """Return every file in site-packages, and in bin if that is the environment's alone."""
    files = environment.files
    found = files.list_files(environment.site)
    programs = os.path.join(environment.prefix, "bin")
    try:
        files.size(os.path.join(environment.prefix, "pyvenv.cfg"))
        names = files.list_names(programs)
    except OSError:
        return found
    return [
        *found,
        *(os.path.join(programs, name) for name in names if not _OWN_PROGRAMS.fullmatch(name)),
    ]


def is_pip_shim(name: str, path: str, files: DiskFiles = DISK) -> bool:
    """Return whether the file `name` is one of labcoat's own that start pip, unchanged."""
    try:
        return name in PIP_SHIM and files.digest(path)[0] in PIP_SHIM[name]
    except OSError:
        return False


def _digest_if_present(environment: _Environment, path: str) -> _FileDigests | None:
    try:
        return environment.digest_file(path)
    except (OSError, ValueError):
        return None


def scan(prefix: str, site: str, threads: int = 0) -> dict[str, Any]:
    """Return the inventory of the environment in `prefix`, whose packages are in `site`.

    inventory.Inventory describes its shape.
    """
    prefix, site = os.path.abspath(prefix), os.path.abspath(site)
    found = scan_packages(prefix, site, threads=threads)
    stray = list_stray(prefix, site, found)
    for one in found:
        del one["info"], one["recorded"]
    return {"python": describe_interpreter(), "distributions": found, "stray": stray}


def list_stray(
    prefix: str, site: str, found: Collection[dict[str, Any]], files: DiskFiles = DISK
) -> List[str]:
    """Return the names of the files that no distribution `found` by scan_packages has."""
    environment = _Environment(prefix, site, files=files)
    owned = {path for one in found for path in one["recorded"]}
    if files is DISK:  # an image has no conda
        owned |= list_conda_files(prefix)
    infos = list_metadata(site, files)
    besides = {
        environment.short_name(path): path for path in _list_files(environment) if path not in owned
    }
    return sorted(
        name
        for name, path in besides.items()
        if not is_left_out(name)
        and name.split("/")[0] not in infos
        and not is_pip_shim(name, path, files)
    )


def scan_packages(
    prefix: str,
    site: str,
    interpreters: Optional[Collection[str]] = None,
    threads: int = 0,
    files: DiskFiles = DISK,
) -> List[dict[str, Any]]:
    """Return the distributions in `site`, file by file; the paths in RECORD are in `recorded`.

    `interpreters` are the paths that the first line of a program of this environment may have.
    `files` are those of this machine or of an image.
    """
    environment = _Environment(prefix, site, interpreters, files)
    infos = list_metadata(site, files)
    records = {name: environment.read_record(name) for name in infos}
    recorded = {path for lines in records.values() for path, _, _ in lines or ()}
    if len(recorded) > _MOST_FILES:
        records = dict.fromkeys(infos)
        recorded = set()
    wanted = sorted(path for path in recorded if not is_left_out(environment.short_name(path)))
    batches = [wanted[at : at + _BATCH] for at in range(0, len(wanted), _BATCH)]
    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1)) as pool:
        digests = pool.map(
            lambda batch: [_digest_if_present(environment, path) for path in batch], batches
        )
        read = dict(zip(wanted, chain.from_iterable(digests)))
    return [_scan_distribution(environment, name, records[name], read) for name in infos]


def _scan_distribution(
    environment: _Environment,
    info: str,
    lines: RecordLines | None,
    read: dict[str, _FileDigests | None],
) -> dict[str, Any]:
    folder = os.path.join(environment.site, info)
    source = environment.files
    name, version, tags = read_metadata(folder, source)
    files, edited, gone = {}, [], []
    pip = {entry_point_digest("pip._internal.cli.main", each) for each in _PIP_STARTS}
    for place, known, size in lines or ():
        if place not in read:
            continue
        found, short = read[place], environment.short_name(place)
        if found is None:
            gone.append(short)
            continue
        if _PIP_ALIAS.fullmatch(short) and found[0] in pip:
            continue
        files[short] = found[0]
        if (known and known != found[1]) or (size is not None and size != found[2]):
            edited.append(short)
    # Files beside RECORD that it does not list, unless RECORD itself is damaged.
    extra = sorted(
        environment.short_name(path)
        for path in (source.list_files(folder) if lines is not None else ())
        if path not in read
    )
    return {
        "name": name,
        "version": version,
        "tags": tags,
        "files": files,
        "edited": edited,
        "gone": gone,
        "stray": [one for one in extra if not is_left_out(one)],
        "has_record": lines is not None,
        "installer": read_text("INSTALLER", folder, source),
        "origin": read_text("direct_url.json", folder, source),
        "info": info,
        "recorded": [path for path, _, _ in lines or ()],
    }


def print_facts() -> None:
    """Print describe_interpreter's answer as JSON."""
    json.dump(describe_interpreter(), sys.stdout)


def _prefix_of(site: str) -> str:
    """Return the prefix of a path like PREFIX/lib/python3.12/site-packages; empty for others."""
    found = re.fullmatch(r"(.+)/lib(?:64)?/python3[\w.]*/(?:site|dist)-packages", site)
    return found.group(1) if found else ""


def main() -> None:
    """Print the inventory of the prefix and site-packages directories in the arguments, as JSON.

    An empty prefix is this Python's own; without site-packages directories the standard one counts.
    """
    prefix = sys.argv[1] or sys.prefix
    standard = os.path.join(prefix, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    # Debian's system Python has its packages elsewhere.
    known = standard if os.path.isdir(standard) else sysconfig.get_path("purelib")
    answers = [scan(_prefix_of(site) or prefix, site) for site in sys.argv[2:] or [known]]
    found = answers[0]
    for answer in answers[1:]:
        for key in ("distributions", "stray"):
            found[key] += answer[key]
    json.dump(found, sys.stdout)
