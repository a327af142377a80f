"""Which Python starts: the links in bin, and pyvenv.cfg as site.py and getpath.py read it.

An environment's Python is a link to one that is installed outside of it, or a copy of that one.
Sources: https://docs.python.org/3/library/site.html, Modules/getpath.py, PEP 405.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from labcoat.core.records import Record
from labcoat.inventory import regular_files
from labcoat.inventory.code_paths.tree import read_entry
from labcoat.inventory.file_finding import FileFinding
from labcoat.toolchain.interpreters import Interpreter

_CFG = "{prefix}/pyvenv.cfg"
# Keys that installers write and no interpreter obeys, with the values that they may have.
_INFORMATION = {
    "implementation": r"CPython",
    "uv": r"[\w.+-]+",
    "virtualenv": r"[\w.+-]+",
    "prompt": r".*",
    "command": r".*",
    "relocatable": r"false",
    "seed": r"false",
}


class Start(Record):
    """How an environment's programs find Python.

    `base` is the installed Python that they start, None if they start another program. `minor` is
    the version that the environment is for. `links` are the entries of bin that start the base.
    """

    base: Interpreter | None
    minor: str
    links: Collection[str]
    findings: tuple[FileFinding, ...]


def interpreter_names(minor: str) -> tuple[str, ...]:
    """Return the names of an environment's Python in bin."""
    return ("python", "python3", f"python{minor}", "𝜋thon")


def own_interpreters(prefixes: Collection[str], minor: str) -> frozenset[str]:
    """Return the paths that the first line of a program of the environment may have."""
    return frozenset(
        f"{prefix}/bin/{name}" for prefix in prefixes for name in interpreter_names(minor)
    )


def resolve_target(prefix: Path) -> Path:
    """Return where bin/python ends; it may not exist."""
    return Path(os.path.realpath(prefix / "bin" / "python"))


def claimed_version(prefix: Path) -> str:
    """Return the version that pyvenv.cfg states, such as 3.11.7; empty if it states none."""
    values = dict(parse_settings(_read_settings(prefix))[0])
    stated = values.get("version_info") or values.get("version") or ""
    found = re.match(r"3\.\d+(\.\d+)?", stated, re.ASCII)
    return found[0] if found else ""


def is_from_uv(prefix: Path) -> bool:
    """Return whether pyvenv.cfg says that uv made the environment."""
    return "uv" in dict(parse_settings(_read_settings(prefix))[0])


def judge_start(prefix: Path, base: Interpreter | None, minor: str, project: Path) -> Start:
    """Compare what starts Python with `base`, the Python it must be; None if it is unknown."""
    found: list[FileFinding] = []
    links = []
    target = resolve_target(prefix)
    for name in interpreter_names(minor):
        entry = read_entry(str(prefix), f"bin/{name}")
        if entry is None:
            if name == "python":
                found.append(FileFinding("start", "", "`bin/python` is missing"))
            continue
        links.append(f"bin/{name}")
        if base is None:
            if name == "python":
                detail = f"`bin/python` starts `{target}`, which is no installed Python"
                found.append(FileFinding("start", "", detail))
        elif detail := _describe_start(prefix, name, base, minor, project):
            found.append(FileFinding("start", "", detail))
    found += _judge_settings(prefix, base, project)
    return Start(base, minor, frozenset(links), tuple(found))


def _describe_start(prefix: Path, name: str, base: Interpreter, minor: str, project: Path) -> str:
    """Describe what `bin/name` starts if that is not `base`; empty if it is."""
    start, target = name, ""
    for _ in range(8):
        entry = read_entry(str(prefix), f"bin/{name}")
        if entry is None:
            return f"`bin/{start}` is a link to nothing"
        if entry.kind == "file":
            return (
                ""
                if _is_copy(prefix / "bin" / name, base)
                else (f"`bin/{start}` is not the Python that it replaces")
            )
        if entry.kind != "link":
            return f"`bin/{start}` is {entry.kind}"
        target = entry.target
        if target not in interpreter_names(minor):
            break
        name = target
    if _leads_to(target, base, (prefix, project)):
        return ""
    return f"`bin/{start}` starts `{target}`, not `{base.executable}`"


def _leads_to(target: str, base: Interpreter, untrusted: Collection[Path]) -> bool:
    """Return whether a path ends at `base`, and only through directories that its user trusts."""
    if not os.path.isabs(target) or os.path.normpath(target) != target:
        return False
    real = os.path.realpath(target)
    folder = os.path.dirname(target)
    # The Python that labcoat runs on may be in the project.
    places = [one for one in untrusted if not base.executable.is_relative_to(one)]
    if any(Path(folder).is_relative_to(one) for one in places):
        return False
    trusted = {str(base.executable.parent), *os.environ.get("PATH", "").split(os.pathsep)}
    is_listed = folder in trusted or os.path.realpath(folder) == str(base.executable.parent)
    return real == str(base.executable) and is_listed


def _is_copy(path: Path, base: Interpreter) -> bool:
    try:
        return (
            regular_files.file_digest(str(path))[0]
            == regular_files.file_digest(str(base.executable))[0]
        )
    except OSError:
        return False


def _read_settings(prefix: Path) -> str:
    """Return the text of pyvenv.cfg; empty if it is missing or cannot be read."""
    try:
        return regular_files.read_regular(str(prefix / "pyvenv.cfg"), 1 << 16).decode("utf-8")
    except (OSError, ValueError):
        return ""


def parse_settings(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the keys and values of pyvenv.cfg, and the lines that are neither.

    Keys are compared without case and white space, as site.py does.
    """
    pairs, others = [], []
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            pairs.append((key.strip().lower(), value.strip()))
        elif line.strip():
            others.append(line)
    return pairs, others


def _judge_settings(prefix: Path, base: Interpreter | None, project: Path) -> Iterator[FileFinding]:
    entry = read_entry(str(prefix), "pyvenv.cfg")
    if entry is None:
        yield FileFinding("removed-own", _CFG)
        return
    if entry.kind != "file":
        return  # reported as a link or a special file
    yield from compare_settings(
        _read_settings(prefix), lambda key, value: _is_expected(key, value, base, project)
    )


def compare_settings(text: str, is_expected: Callable[[str, str], bool]) -> Iterator[FileFinding]:
    """Yield what is wrong with the text of pyvenv.cfg; `is_expected` tells of a key and value."""
    pairs, others = parse_settings(text)
    if not pairs:
        yield FileFinding("setting", _CFG, "cannot be read")
        return
    for line in others:
        yield FileFinding("setting", _CFG, f"has the line `{line[:60]}`")
    names = [key for key, _ in pairs]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield FileFinding("setting", _CFG, f"has `{name}` more than once")
    for name in ("home", "include-system-site-packages"):
        if name not in names:
            yield FileFinding("setting", _CFG, f"has no `{name}`")
    for key, value in pairs:
        if not is_expected(key, value):
            yield FileFinding("setting", _CFG, f"sets `{key} = {value[:60]}`")


def _is_expected(key: str, value: str, base: Interpreter | None, project: Path) -> bool:
    if key == "include-system-site-packages":
        return value.lower() == "false"
    if key == "home":
        return base is None or _leads_to(
            os.path.join(value, base.executable.name), base, (project,)
        )
    if key == "executable":
        return base is None or _leads_to(value, base, (project,))
    if key in {"version", "version_info"}:
        # venv writes 3.11.7, virtualenv 3.11.7.final.0.
        release = ".".join(value.split(".")[:3])
        return base is None or release == base.version.rstrip("+")
    return is_information(key, value)


def is_information(key: str, value: str) -> bool:
    """Return whether a key of pyvenv.cfg is one that no interpreter obeys, with a usual value."""
    return bool(re.fullmatch(_INFORMATION.get(key, r"(?!)"), value))
