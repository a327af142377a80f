"""What the lock itself says each file must be: the wheels whose hashes it names, each digested once and remembered.

Wheels are fetched through pip, which knows the person's index, credentials and cache, and holds them against the lock's hashes.
"""

import configparser
import json
import re
import shutil
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from labcoat.core import files, process
from labcoat.core.project import cache_folder
from labcoat.inventory import scan
from labcoat.inventory.inventory import InterpreterFacts
from labcoat.locking.requirements_file import Pin
from labcoat.toolchain import index_config, tool_env

_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|Network is unreachable|Connection refused|ConnectTimeout|ProxyError|ReadTimeout"
    r"|Network connectivity is disabled|SSLError|CERTIFICATE_VERIFY_FAILED|Connection to \S+ timed out"
)


@dataclass(frozen=True)
class Wheel:
    """A wheel's file name, and the digests of the files it installs, named as `scan` names them."""

    name: str
    files: Mapping[str, str]


def remembered_contents(pin: Pin) -> list[Wheel]:
    """The wheels of `pin` whose files are known on this machine."""
    found = []
    for one in sorted(pin.hashes):
        try:
            kept = json.loads((_folder() / f"{one}.json").read_text(encoding="utf-8"))
            found.append(Wheel(kept["wheel"], kept["files"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not there, or cut off by a crash: it is fetched again
    return found


def nearest_wheel(installed: Mapping[str, str], known: Sequence[Wheel]) -> Wheel | None:
    """The wheel that agrees with what is `installed` in most files: the one it was installed from."""
    return max(known, key=lambda wheel: len(installed.items() & wheel.files.items()), default=None)


def is_wheel_of(wheel: Wheel, tags: Iterable[str]) -> bool:
    """Whether a wheel is the one for `tags`, the Tag lines of an installed WHEEL file, which some builders leave unexpanded."""
    return _expanded([wheel.name.removesuffix(".whl")]) == _expanded(tags)


def _expanded(tags: Iterable[str]) -> set[str]:
    """Each tag by itself: `py2.py3-none-any`, or what a wheel's name ends with, is two (PEP 425)."""
    parted = ([part.split(".") for part in tag.split("-")[-3:]] for tag in tags)
    return {
        f"{p}-{a}-{m}"
        for pythons, abis, platforms in parted
        for p in pythons
        for a in abis
        for m in platforms
    }


def wheel_fits(wheel: Wheel, python: InterpreterFacts) -> bool:
    """Whether a wheel can be installed for `python`, by its tags; of manylinux, whatever its version."""
    pythons, abis, platforms = (
        part.split(".") for part in wheel.name.removesuffix(".whl").split("-")[-3:]
    )
    system, _, machine = python.platform.partition("-")
    name = {"linux": "linux", "darwin": "macosx"}.get(system, system)
    of_platform = any(
        one == "any" or (name in one and one.endswith((machine, "universal2"))) for one in platforms
    )
    return of_platform and (
        "abi3" in abis
        or any(one in {"py3", f"cp{python.minor.replace('.', '')}"} for one in pythons)
    )


def fetch_wheel(wanted: Sequence[tuple[Pin, tuple[str, ...]]], minor: str) -> None:
    """Fetch and remember the wheels of these pins, each for its tags, for Python `minor`. What cannot be had is left out."""
    groups: dict[tuple[str, ...], list[Pin]] = defaultdict(list)
    for pin, tags in wanted:
        if tags and not any(
            tag.endswith("-linux_x86_64") for tag in tags
        ):  # no index has these: they were built here
            groups[tags].append(pin)
    if groups:
        count = sum(map(len, groups.values()))
        print(
            f"labcoat: fetching {count} wheel{'s' * (count > 1)} to know their files (once for each)",
            file=sys.stderr,
        )
    for tags, pins in groups.items():
        said = _fetch(pins, tags, minor)
        if said and _UNREACHABLE.search(said):
            return
        for pin in pins if said and len(pins) > 1 else ():
            _fetch([pin], tags, minor)


def _fetch(pins: Sequence[Pin], tags: tuple[str, ...], minor: str) -> str:
    """Fetch wheels of one kind and remember them; what pip said where it failed."""
    _folder().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=_folder(), prefix=".new-"))
    try:
        wanted = folder / "requirements.txt"
        wanted.write_text("".join(_line(pin) for pin in pins), encoding="utf-8")
        command: list[str | Path] = [
            tool_env.tool_environment() / "bin" / "python",
            "-Im",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
        ]
        command += [
            "--require-hashes",
            "--only-binary=:all:",
            "--retries=1",
            "--timeout=20",
            "--progress-bar=off",
        ]
        command += [
            "--dest",
            folder,
            "-r",
            wanted,
            "--python-version",
            minor,
            "--implementation",
            "cp",
        ]
        parts = [tag.split("-", 2) for tag in tags]
        command += [f"--abi={abi}" for abi in dict.fromkeys(part[1] for part in parts)]
        command += [
            f"--platform={platform}" for platform in dict.fromkeys(part[2] for part in parts)
        ]
        outcome = process.run_process(
            command, index_config.installer_environment(), folder, show=process.show_none
        )
        for wheel in folder.glob("*.whl"):
            remember_contents(wheel)
        return outcome.output if outcome.status else ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _line(pin: Pin) -> str:
    return f"{pin.name}=={pin.version} {' '.join(f'--hash=sha256:{one}' for one in sorted(pin.hashes))}\n"


def remember_contents(wheel: Path) -> None:
    """Digest the files of a wheel, and keep that under the wheel's own SHA-256."""
    with wheel.open("rb") as file:
        own = file_digest(file, "sha256").hexdigest()
    files.write_file(
        _folder() / f"{own}.json",
        json.dumps({"wheel": wheel.name, "files": wheel_contents(wheel)}) + "\n",
    )


def wheel_contents(wheel: Path) -> dict[str, str]:
    """The digests of what a wheel installs, named as `scan` names files.

    Layout: https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
    """
    found: dict[str, str] = {}
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            with archive.open(entry) as file:
                if ".data/scripts/" in entry.filename:
                    data = file.read()
                    first, _, rest = data.partition(b"\n")
                    value = sha256(
                        b"#!python\n" + rest if first.startswith(b"#!python") else data
                    ).hexdigest()
                else:
                    value = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # reads, as it must
            found[_place(entry.filename, wheel.name)] = value
        for name in archive.namelist():
            if re.fullmatch(r"[^/]+\.dist-info/entry_points\.txt", name):
                found |= _programs(archive.read(name).decode("utf-8"))
    return {path: value for path, value in found.items() if not scan.left_out(path)}


def _place(path: str, wheel: str) -> str:
    """Where a wheel's file goes."""
    top, _, rest = path.partition("/")
    if not top.endswith(".data"):
        return path
    kind, _, rest = rest.partition("/")
    if kind in {"purelib", "platlib"}:
        return rest
    if kind == "headers":
        return f"{{prefix}}/include/site/python/{wheel.split('-', maxsplit=1)[0]}/{rest}"
    return f"{{prefix}}/bin/{rest}" if kind == "scripts" else f"{{prefix}}/{rest}"


def _programs(entry_points: str) -> dict[str, str]:
    """The programs that an installer generates: https://packaging.python.org/en/latest/specifications/entry-points/."""
    parsed = configparser.RawConfigParser(delimiters=("=",))
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    parsed.read_string(entry_points)
    found = {}
    for section in ("console_scripts", "gui_scripts"):
        for name, value in parsed.items(section) if parsed.has_section(section) else ():
            module, _, function = re.sub(r"\s*\[.*", "", value).partition(":")
            found[f"{{prefix}}/bin/{name}"] = scan.entry_point(module.strip(), function.strip())
    return found


def _folder() -> Path:
    return cache_folder() / "wheels"
