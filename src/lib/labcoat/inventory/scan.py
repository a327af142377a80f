"""What one environment holds, every file read once: run by the environment's own Python, or imported.

`python -IS - PREFIX < scan.py` prints the answer as JSON; so an image is asked without anything being installed in it.
This file stands alone for that reason, and keeps to what Python 3.8 knows. -S keeps the environment's own code from running.

Left out is what installers write as they like: byte code, RECORD, INSTALLER, REQUESTED, direct_url.json. Programs that an
installer generates from entry points count as what they start, whoever generated them; other scripts without their first line.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import platform
import re
import shlex
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, List, Optional, Tuple

_LEFT_OUT = re.compile(
    r"(^|/)__pycache__/[^/]*\.pyc$|[.]dist-info/(RECORD(\.jws|\.p7s)?|INSTALLER|REQUESTED|direct_url\.json|uv_(cache|build)\.json)$"
    # ensurepip's idea of names for pip, which no wheel has
    r"|^\{prefix\}/bin/pip3\.\d+$"
)
_HEAD = re.compile(rb"\A#!(?:/bin/sh\n'''exec' ([^\n]+?) \"\$0\" \"\$@\"\n' '''|([^\n]*?))\r?\n")
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_START = r"(?:# -\*- coding: utf-8 -\*-\n)?(?:import re\n)?import sys\n"
_IMPORT = r"from (?P<module>[\w.]+) import (?P<name>\w+)\n"
_MAIN = r"if __name__ == (?:'__main__'|\"__main__\"):\n"
_ARGV = (
    r"    sys\.argv\[0\] = re\.sub\(r'\(-script\\\.pyw\??\|\\\.exe\)\?\$', '', sys\.argv\[0\]\)\n",
    r"    sys\.argv\[0\] = sys\.argv\[0\]\.removesuffix\('\.exe'\)\n",
    r"    if sys\.argv\[0\]\.endswith\('\.exe'\):\n        sys\.argv\[0\] = sys\.argv\[0\]\[:-4\]\n",
    r"    if sys\.argv\[0\]\.endswith\(\"-script\.pyw\"\):\n        sys\.argv\[0\] = sys\.argv\[0\]\[:-11\]\n"
    r"    elif sys\.argv\[0\]\.endswith\(\"\.exe\"\):\n        sys\.argv\[0\] = sys\.argv\[0\]\[:-4\]\n",
)
_EXIT = r"    sys\.exit\((?P<function>[\w.]+)\(\)\)\n?"
# The programs that pip, uv and conda generate; the import stands before the condition or in it.
_IMPORT_WITHIN = r"    from (?P<module2>[\w.]+) import (?P<name2>\w+)\n"
_GENERATED = re.compile(
    f"{_START}\n?(?:{_IMPORT}\n?{_MAIN}|{_MAIN}{_IMPORT_WITHIN})(?:{'|'.join(_ARGV)}){_EXIT}"
)
# What environments have in bin by themselves.
_OWN_PROGRAMS = re.compile(r"python[\w.]*|[Aa]ctivate[\w.]*|deactivate[\w.]*|pydoc\.bat|𝜋thon")
# With these labcoat starts its own pip in an environment that has none: levels/pip_shim.py.
_PIP_LAUNCHERS = {
    "{prefix}/bin/pip": "901b11282ca2f972224d4f96e3e764a367ef141bc385db6771952aab6798866b",
    "{prefix}/bin/pip3": "901b11282ca2f972224d4f96e3e764a367ef141bc385db6771952aab6798866b",
    "pip/__main__.py": "bc0e7269c8385a343792aebb86b24d9934e74372ead86d8b714411ba981a59bf",
}
_CHUNK = 1 << 20
_Read = Tuple[
    str, str, int
]  # the digest that counts, the one in RECORD's form, and the size in bytes
_Lines = List[
    Tuple[str, str, Optional[int]]
]  # RECORD's: path, SHA-256 in hexadecimal (empty if none), size


def left_out(path: str) -> bool:
    """Whether `path` (as `scan` names files) is something that installers write as they like."""
    return _LEFT_OUT.search(path) is not None


def entry_point(module: str, function: str) -> str:
    """The digest that stands for a program that calls `function` of `module`."""
    return hashlib.sha256(f"entry point {module}:{function}".encode()).hexdigest()


def script(data: bytes, is_own: Callable[[str], bool]) -> str:
    """The digest of a program in bin; `is_own` says whether an interpreter's path is the environment's."""
    head = _HEAD.match(data)
    if not head or not is_own(_interpreter(head)):
        return hashlib.sha256(data).hexdigest()
    rest = data[head.end() :]
    found = _GENERATED.fullmatch(rest.decode("utf-8", "replace"))
    if not found:
        return hashlib.sha256(b"#!python\n" + rest).hexdigest()
    module, name = (found.group(one) or found.group(one + "2") for one in ("module", "name"))
    function = found.group("function")
    if function.split(".")[0] != name:
        return hashlib.sha256(data).hexdigest()
    return entry_point(module, function)


def _interpreter(head: re.Match[bytes]) -> str:
    """The path in a program's first line; one that is long or has spaces stands quoted in a line for sh."""
    quoted, plain = ((part or b"").decode("utf-8", "replace") for part in head.groups())
    try:
        return plain or " ".join(shlex.split(quoted))
    except ValueError:
        return ""


def digest(path: str) -> tuple[str, int]:
    """SHA-256 of a file in hexadecimal, and its size in bytes."""
    found, size = hashlib.sha256(), 0
    with open(path, "rb", buffering=0) as file:
        while True:
            data = file.read(_CHUNK)
            if not data:
                return found.hexdigest(), size
            found.update(data)
            size += len(data)


class _Environment:
    """One environment's folders, and how files in them are named."""

    def __init__(self, prefix: str, site: str) -> None:
        self.prefix, self.site = prefix, site
        # Programs in a person's own folder are for the interpreter itself.
        self.programs = {
            os.path.realpath(one)
            for one in (os.path.join(prefix, "bin"), os.path.dirname(sys.executable))
        }

    def place(self, recorded: str) -> str:
        return os.path.normpath(os.path.join(self.site, recorded))

    def name(self, path: str) -> str:
        """As in the wheel where it is in site-packages, else from the prefix."""
        if path.startswith(self.site + os.sep):
            return path[len(self.site) + 1 :]
        if path.startswith(self.prefix + os.sep):
            return "{prefix}" + re.sub(
                r"^/include/site/python[\d.]+t?/", "/include/site/python/", path[len(self.prefix) :]
            )
        return path

    def is_own(self, interpreter: str) -> bool:
        folder, name = os.path.split(interpreter)
        return bool(_PYTHON.fullmatch(name)) and os.path.realpath(folder) in self.programs

    def read(self, path: str) -> _Read:
        if (
            os.path.dirname(path) == os.path.join(self.prefix, "bin")
            and os.path.getsize(path) < _CHUNK
        ):
            with open(path, "rb") as file:
                data = file.read()
            return script(data, self.is_own), hashlib.sha256(data).hexdigest(), len(data)
        found, size = digest(path)
        return found, found, size


def _metadata(folder: str) -> tuple[str, str, list[str]]:
    """Name, version and wheel tags of a dist-info or egg-info."""
    head: dict[str, str] = {}
    tags: list[str] = []
    for name in ("METADATA", "PKG-INFO", ""):
        try:
            with open(
                os.path.join(folder, name) if name else folder, encoding="utf-8", errors="replace"
            ) as file:
                for line in file:
                    key, colon, value = line.partition(":")
                    if not line.strip():
                        break
                    if colon and key in ("Name", "Version"):
                        head.setdefault(key, value.strip())
            break
        except OSError:
            continue
    try:
        with open(os.path.join(folder, "WHEEL"), encoding="utf-8", errors="replace") as file:
            tags = sorted(line[4:].strip() for line in file if line.startswith("Tag:"))
    except OSError:
        pass
    stem = os.path.basename(folder).rsplit(".", 1)[0].split("-")
    return head.get("Name") or stem[0], head.get("Version") or (stem[1:] or [""])[0], tags


def _record(folder: str) -> _Lines | None:
    """RECORD's lines; None without a readable RECORD."""
    try:
        with open(
            os.path.join(folder, "RECORD"), encoding="utf-8", errors="surrogateescape", newline=""
        ) as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, csv.Error):
        return None
    found = []
    for row in rows:
        path, stated, size = [*row, "", ""][:3]
        algorithm, _, text = stated.partition("=")
        try:
            known = base64.urlsafe_b64decode(text + "==").hex() if algorithm == "sha256" else ""
            found.append((path, known, int(size) if size else None))
        except ValueError:
            found.append((path, "unreadable", None))
    return found


def _text(path: str, folder: str) -> str:
    try:
        with open(os.path.join(folder, path), encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _conda_files(prefix: str) -> set[str]:
    """What conda itself put there."""
    found: set[str] = set()
    folder = os.path.join(prefix, "conda-meta")
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found.update(
                    os.path.join(prefix, path) for path in json.load(file).get("files", ())
                )
    return found


def _present(environment: _Environment) -> list[str]:
    """Every file below site-packages, and in bin where that is the environment's alone."""
    found = []
    for folder, folders, names in os.walk(environment.site):
        # A link to a folder is one entry: what it leads to belongs to somebody else.
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        found += [os.path.join(folder, name) for name in [*names, *links]]
    programs = os.path.join(environment.prefix, "bin")
    if os.path.exists(os.path.join(environment.prefix, "pyvenv.cfg")) and os.path.isdir(programs):
        found += [
            os.path.join(programs, name)
            for name in os.listdir(programs)
            if not _OWN_PROGRAMS.fullmatch(name)
        ]
    return found


def _starts_pip(name: str, path: str) -> bool:
    return name in _PIP_LAUNCHERS and digest(path)[0] == _PIP_LAUNCHERS[name]


def _safely(environment: _Environment, path: str) -> _Read | None:
    try:
        return environment.read(path)
    except OSError:
        return None


def scan(prefix: str, site: str, threads: int = 0) -> dict[str, Any]:
    """The inventory of the environment in `prefix`, whose packages are in `site`; see inventory.Inventory for its shape."""
    environment = _Environment(os.path.abspath(prefix), os.path.abspath(site))
    infos = sorted(name for name in os.listdir(site) if name.endswith((".dist-info", ".egg-info")))
    records = {name: _record(os.path.join(site, name)) for name in infos}
    recorded = {environment.place(path) for lines in records.values() for path, _, _ in lines or ()}
    wanted = sorted(path for path in recorded if not left_out(environment.name(path)))
    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1)) as pool:
        read = dict(zip(wanted, pool.map(lambda path: _safely(environment, path), wanted)))
    owned = recorded | _conda_files(environment.prefix)
    besides = {environment.name(path): path for path in _present(environment) if path not in owned}
    stray = [
        name
        for name, path in besides.items()
        if not left_out(name) and name.split("/")[0] not in infos and not _starts_pip(name, path)
    ]
    found = [_distribution(environment, name, records[name], read) for name in infos]
    return {"python": interpreter(), "distributions": found, "stray": sorted(stray)}


def _distribution(
    environment: _Environment, info: str, lines: _Lines | None, read: dict[str, _Read | None]
) -> dict[str, Any]:
    folder = os.path.join(environment.site, info)
    name, version, tags = _metadata(folder)
    files, edited, gone = {}, [], []
    for path, known, size in lines or ():
        place = environment.place(path)
        if place not in read:
            continue
        found, short = read[place], environment.name(place)
        if found is None:
            gone.append(short)
            continue
        files[short] = found[0]
        if (known and known != found[1]) or (size is not None and size != found[2]):
            edited.append(short)
    # Files beside RECORD that it does not name, unless RECORD is what is damaged.
    beside = (os.path.join(top, one) for top, _, names in os.walk(folder) for one in names)
    extra = sorted(
        environment.name(path) for path in beside if path not in read and lines is not None
    )
    return {
        "name": name,
        "version": version,
        "tags": tags,
        "files": files,
        "edited": edited,
        "gone": gone,
        "stray": [one for one in extra if not left_out(one)],
        "has_record": lines is not None,
        "installer": _text("INSTALLER", folder),
        "origin": _text("direct_url.json", folder),
    }


def interpreter() -> dict[str, Any]:
    """The running Python: version, ABI and platform, and the environment that markers are held against (PEP 508)."""
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


def _above(site: str) -> str:
    """The prefix of a folder such as PREFIX/lib/python3.12/site-packages; empty for others."""
    found = re.fullmatch(r"(.+)/lib(?:64)?/python3[\w.]*/(?:site|dist)-packages", site)
    return found.group(1) if found else ""


def main() -> None:
    """Print the inventory of the prefix (empty: this Python's own) and the site-packages that the command line names."""
    prefix = sys.argv[1] or sys.prefix
    standard = os.path.join(prefix, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    # Debian's own Python has its packages elsewhere.
    known = standard if os.path.isdir(standard) else sysconfig.get_path("purelib")
    answers = [scan(_above(site) or prefix, site) for site in sys.argv[2:] or [known]]
    found = answers[0]
    for answer in answers[1:]:
        for key in ("distributions", "stray"):
            found[key] += answer[key]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
