"""List what one environment holds, reading every file once.

The environment's own Python runs the text of this file (inventory.scan_command), so that nothing
has to be installed in an image. That is why it is one file, longer than others, imports only the
standard library and works on Python 3.8. -S keeps code in the environment from running.

Files that installers write differently are left out: byte code, RECORD, INSTALLER, REQUESTED and
direct_url.json. A program that an installer generates from an entry point counts as the function
it starts, whoever generated it; any other script counts without its first line.
"""

from __future__ import annotations

import base64
import csv
import errno
import hashlib
import io
import json
import os
import platform
import re
import shlex
import stat
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Collection, List, Optional, Tuple

_LEFT_OUT = re.compile(
    r"(^|/)__pycache__/[^/]*\.pyc$"
    r"|^[^/]+[.]dist-info/(RECORD(\.jws|\.p7s)?|INSTALLER|REQUESTED)$"
    r"|^[^/]+[.]dist-info/(direct_url\.json|uv_(cache|build)\.json)$"
)
# The first line as the kernel reads it (execve(2)): after `#!` one path without white space, then
# the end of the line. More words are arguments, and a carriage return is part of the path. A path
# that is long or has a space is in a line for sh.
_HEAD = re.compile(
    rb"\A#!(?:/bin/sh\n'''exec' ([^\n]+?) \"\$0\" \"\$@\"\n' '''|(/[^\s\0]*))\n", re.ASCII
)
# ensurepip's and pip's additional name for pip, which no wheel has.
_PIP_ALIAS = re.compile(r"\{prefix\}/bin/pip3\.\d+")
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_START = r"(?:# -\*- coding: utf-8 -\*-\n)?(?:import re\n)?import sys\n"
_IMPORT = r"from (?P<module>[\w.]+) import (?P<name>\w+)\n"
_MAIN = r"if __name__ == (?:'__main__'|\"__main__\"):\n"
_ARGV = (
    r"    sys\.argv\[0\] = re\.sub\(r'\(-script\\\.pyw\??\|\\\.exe\)\?\$', '', sys\.argv\[0\]\)\n",
    r"    sys\.argv\[0\] = sys\.argv\[0\]\.removesuffix\('\.exe'\)\n",
    r"    if sys\.argv\[0\]\.endswith\('\.exe'\):\n"
    r"        sys\.argv\[0\] = sys\.argv\[0\]\[:-4\]\n",
    r"    if sys\.argv\[0\]\.endswith\(\"-script\.pyw\"\):\n"
    r"        sys\.argv\[0\] = sys\.argv\[0\]\[:-11\]\n"
    r"    elif sys\.argv\[0\]\.endswith\(\"\.exe\"\):\n"
    r"        sys\.argv\[0\] = sys\.argv\[0\]\[:-4\]\n",
)
_EXIT = r"    sys\.exit\((?P<function>[\w.]+)\(\)\)\n?"
# The programs that pip, uv and conda generate: the import precedes the condition or is inside it.
_IMPORT_WITHIN = r"    from (?P<module2>[\w.]+) import (?P<name2>\w+)\n"
_GENERATED = re.compile(
    f"{_START}\n?(?:{_IMPORT}\n?{_MAIN}|{_MAIN}{_IMPORT_WITHIN})(?:{'|'.join(_ARGV)}){_EXIT}"
)
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
_CHUNK = 1 << 20
_MOST_FILE = 1 << 33  # no file of a package is larger: it would not fit in the wheels of any index
_MOST_RECORD = 1 << 26
_MOST_METADATA = 1 << 22
_MOST_TAGS = 32
_MOST_FILES = 1 << 21  # lines of all RECORDs together
# The digest that is compared, the one that RECORD states, and the size in bytes.
_FileDigests = Tuple[str, str, int]
# RECORD's lines: path, SHA-256 in hexadecimal (empty if none), and size.
_RecordLines = List[Tuple[str, str, Optional[int]]]


def is_left_out(path: str) -> bool:
    """Return whether installers write `path`, as `scan` names files, differently."""
    return _LEFT_OUT.search(path) is not None


def entry_point_digest(module: str, function: str) -> str:
    """Return the digest of any program that calls `function` of `module`."""
    return hashlib.sha256(f"entry point {module}:{function}".encode()).hexdigest()


def script_digest(data: bytes, is_own: Callable[[str], bool]) -> str:
    """Return the digest of a program in bin.

    `is_own` tells whether an interpreter's path is the environment's.
    """
    head = _HEAD.match(data)
    if not head or not any(is_own(one) for one in _parse_shebang(head)):
        return hashlib.sha256(data).hexdigest()
    rest = data[head.end() :]
    found = _GENERATED.fullmatch(rest.decode("utf-8", "replace"))
    if not found:
        return hashlib.sha256(b"#!python\n" + rest).hexdigest()
    module, name = (found.group(one) or found.group(one + "2") for one in ("module", "name"))
    function = found.group("function")
    if function.split(".")[0] != name:
        return hashlib.sha256(data).hexdigest()
    return entry_point_digest(module, function)


def _parse_shebang(head: re.Match[bytes]) -> List[str]:
    """Return the interpreter that a program's first lines start; empty if they are unusual.

    Installers quote a path in a line for sh, so that only the path itself may be in the quotes.
    """
    quoted, plain = ((part or b"").decode("utf-8", "surrogateescape") for part in head.groups())
    if plain:
        return [plain]
    try:
        words = shlex.split(quoted)
    except ValueError:
        return []
    forms = (words[0], '"%s"' % words[0], shlex.quote(words[0])) if words else ()
    return [words[0]] if quoted in forms else []


def open_regular(path: str) -> int:
    """Open a regular file and return its descriptor. Raise OSError for a pipe, a device and so on.

    Opening a pipe without O_NONBLOCK would wait for a writer.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.EINVAL, str(error), path) from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_FILE:
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return descriptor


def read_regular(path: str, most: int = _MOST_METADATA) -> bytes:
    """Return a regular file of at most `most` bytes. Raise OSError for any other."""
    with open(open_regular(path), "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, "larger than expected", path)
    return data


def file_digest(path: str) -> tuple[str, int]:
    """Return the SHA-256 of a regular file in hexadecimal, and its size. Raise OSError."""
    found, size = hashlib.sha256(), 0
    with open(open_regular(path), "rb", buffering=0) as file:
        while True:
            data = file.read(_CHUNK)
            if not data or size > _MOST_FILE:
                return found.hexdigest(), size
            found.update(data)
            size += len(data)


class _Environment:
    """The directories of one environment, and how files in them are named."""

    def __init__(
        self, prefix: str, site: str, interpreters: Optional[Collection[str]] = None
    ) -> None:
        self.prefix, self.site = prefix, site
        self.interpreters = interpreters
        # Programs in the user's site are for the interpreter itself.
        self.programs = {
            os.path.realpath(one)
            for one in (os.path.join(prefix, "bin"), os.path.dirname(sys.executable))
        }

    def absolute_path(self, recorded: str) -> str:
        """Return the path of a file in RECORD."""
        return os.path.normpath(os.path.join(self.site, recorded))

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
            and os.path.getsize(path) < _CHUNK
        ):
            data = read_regular(path, _CHUNK)
            return script_digest(data, self.is_own), hashlib.sha256(data).hexdigest(), len(data)
        found, size = file_digest(path)
        return found, found, size


def _read_lines(path: str) -> List[str]:
    """Return the lines of a small text file; none if it cannot be read."""
    try:
        return read_regular(path).decode("utf-8", "replace").splitlines()
    except (OSError, ValueError):
        return []


def _read_metadata(folder: str) -> tuple[str, str, list[str]]:
    """Return name, version and wheel tags from a dist-info or egg-info."""
    head: dict[str, str] = {}
    for name in ("METADATA", "PKG-INFO", ""):
        lines = _read_lines(os.path.join(folder, name) if name else folder)
        for line in lines:
            key, colon, value = line.partition(":")
            if not line.strip():
                break
            if colon and key in ("Name", "Version"):
                head.setdefault(key, value.strip())
        if lines:
            break
    wheel = _read_lines(os.path.join(folder, "WHEEL"))
    tags = sorted(line[4:].strip() for line in wheel if line.startswith("Tag:"))[:_MOST_TAGS]
    stem = os.path.basename(folder).rsplit(".", 1)[0].split("-")
    return head.get("Name") or stem[0], head.get("Version") or (stem[1:] or [""])[0], tags


def _read_record(folder: str) -> _RecordLines | None:
    """Return RECORD's lines; None without a readable RECORD."""
    try:
        return parse_record(read_regular(os.path.join(folder, "RECORD"), _MOST_RECORD))
    except (OSError, ValueError):
        return None


def parse_record(data: bytes) -> _RecordLines | None:
    """Return the lines of a RECORD; None if it is damaged."""
    try:
        text = io.StringIO(data.decode("utf-8", "surrogateescape"), newline="")
        rows = [row for row in csv.reader(text) if row]
    except csv.Error:
        return None
    found: _RecordLines = []
    for row in rows:
        path, stated, size = [*row, "", ""][:3]
        algorithm, _, digits = stated.partition("=")
        try:
            known = base64.urlsafe_b64decode(digits + "==").hex() if algorithm == "sha256" else ""
            found.append((path, known, int(size) if size else None))
        except ValueError:
            found.append((path, "unreadable", None))
    return None if any("\0" in path for path, _, _ in found) else found


def _read_text(path: str, folder: str) -> str:
    return "\n".join(_read_lines(os.path.join(folder, path))).strip()


def _list_conda_files(prefix: str) -> set[str]:
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


def list_files(top: str) -> list[str]:
    """Return every file below `top`; a link to a directory is one entry, and not followed."""
    found, waiting = [], [top]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        found.append(entry.path)
        except OSError:
            continue  # its name is too long, or it may not be read
    return found


def _list_files(environment: _Environment) -> list[str]:
    """Return every file in site-packages, and in bin if that is the environment's alone."""
    found = list_files(environment.site)
    programs = os.path.join(environment.prefix, "bin")
    if os.path.exists(os.path.join(environment.prefix, "pyvenv.cfg")) and os.path.isdir(programs):
        found += [
            os.path.join(programs, name)
            for name in os.listdir(programs)
            if not _OWN_PROGRAMS.fullmatch(name)
        ]
    return found


def is_pip_shim(name: str, path: str) -> bool:
    """Return whether the file `name` is one of labcoat's own that start pip, unchanged."""
    try:
        return name in PIP_SHIM and file_digest(path)[0] in PIP_SHIM[name]
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
    environment = _Environment(prefix, site)
    found = scan_packages(prefix, site, threads=threads)
    owned = {path for one in found for path in one.pop("recorded")}
    for one in found:
        del one["info"]
    owned |= _list_conda_files(environment.prefix)
    infos = list_metadata(site)
    besides = {
        environment.short_name(path): path for path in _list_files(environment) if path not in owned
    }
    stray = [
        name
        for name, path in besides.items()
        if not is_left_out(name) and name.split("/")[0] not in infos and not is_pip_shim(name, path)
    ]
    return {"python": describe_interpreter(), "distributions": found, "stray": sorted(stray)}


def list_metadata(site: str) -> List[str]:
    """Return the names of the dist-info and egg-info entries in a site-packages directory."""
    try:
        names = os.listdir(site)
    except OSError:
        return []
    return sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))


def scan_packages(
    prefix: str,
    site: str,
    interpreters: Optional[Collection[str]] = None,
    threads: int = 0,
) -> List[dict[str, Any]]:
    """Return the distributions in `site`, file by file; the paths in RECORD are in `recorded`.

    `interpreters` are the paths that the first line of a program of this environment may have.
    """
    environment = _Environment(prefix, site, interpreters)
    infos = list_metadata(site)
    records = {name: _read_record(os.path.join(site, name)) for name in infos}
    recorded = {
        environment.absolute_path(path) for lines in records.values() for path, _, _ in lines or ()
    }
    if len(recorded) > _MOST_FILES:
        records = dict.fromkeys(infos)
        recorded = set()
    wanted = sorted(path for path in recorded if not is_left_out(environment.short_name(path)))
    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1)) as pool:
        read = dict(
            zip(wanted, pool.map(lambda path: _digest_if_present(environment, path), wanted))
        )
    return [_scan_distribution(environment, name, records[name], read) for name in infos]


def _scan_distribution(
    environment: _Environment,
    info: str,
    lines: _RecordLines | None,
    read: dict[str, _FileDigests | None],
) -> dict[str, Any]:
    folder = os.path.join(environment.site, info)
    name, version, tags = _read_metadata(folder)
    files, edited, gone = {}, [], []
    pip = entry_point_digest("pip._internal.cli.main", "main")
    for path, known, size in lines or ():
        place = environment.absolute_path(path)
        if place not in read:
            continue
        found, short = read[place], environment.short_name(place)
        if found is None:
            gone.append(short)
            continue
        if _PIP_ALIAS.fullmatch(short) and found[0] == pip:
            continue
        files[short] = found[0]
        if (known and known != found[1]) or (size is not None and size != found[2]):
            edited.append(short)
    # Files beside RECORD that it does not list, unless RECORD itself is damaged.
    extra = sorted(
        environment.short_name(path)
        for path in (list_files(folder) if lines is not None else ())
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
        "installer": _read_text("INSTALLER", folder),
        "origin": _read_text("direct_url.json", folder),
        "info": info,
        "recorded": [environment.absolute_path(path) for path, _, _ in lines or ()],
    }


def describe_interpreter() -> dict[str, Any]:
    """Return version, ABI, platform and the values of markers (PEP 508) of the running Python."""
    version = platform.python_version()
    info = sys.implementation.version
    release = "%d.%d.%d" % info[:3] + (
        "" if info.releaselevel == "final" else info.releaselevel[0] + str(info.serial)
    )
    return {
        "version": version,
        "abi": sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag,
        "platform": f"{sys.platform}-{platform.machine()}",
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": release,
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": version,
            "platform_python_implementation": platform.python_implementation(),
            "python_version": ".".join(version.split(".")[:2]),
            "sys_platform": sys.platform,
        },
    }


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


if __name__ == "__main__":
    main()
