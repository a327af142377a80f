"""What each file must be according to the lock: the contents of the wheels whose hashes it has.

Each wheel is digested once and the result cached. pip fetches wheels: it knows the user's index,
credentials and cache, and verifies the hashes.
"""

import configparser
import json
import re
import shutil
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.project import time_limit
from labcoat.inventory import scan
from labcoat.inventory.inventory import InterpreterFacts
from labcoat.locking.requirements_file import Pin
from labcoat.toolchain import index_config, tool_env

_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|Network is unreachable|Connection refused"
    r"|ConnectTimeout|ProxyError|ReadTimeout|Network connectivity is disabled|SSLError"
    r"|CERTIFICATE_VERIFY_FAILED|Connection to \S+ timed out"
)


@dataclass(frozen=True)
class Wheel:
    """A wheel's file name, and the digests of the files it installs, named as `scan` does."""

    name: str
    files: Mapping[str, str]


def read_cached_wheels(pin: Pin) -> list[Wheel]:
    """Return the wheels of `pin` whose contents are in the cache."""
    found = []
    for one in sorted(pin.hashes):
        try:
            cached = json.loads((_cache_path() / f"{one}.json").read_text(encoding="utf-8"))
            found.append(Wheel(cached["wheel"], cached["files"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # missing, or truncated by a crash: it is fetched again
    return found


def nearest_wheel(installed: Mapping[str, str], known: Sequence[Wheel]) -> Wheel | None:
    """Return the `known` wheel that agrees with the `installed` files in most of them, or None."""
    return max(known, key=lambda wheel: len(installed.items() & wheel.files.items()), default=None)


def is_wheel_of(wheel: Wheel, tags: Iterable[str]) -> bool:
    """Return whether a wheel has these `tags`, the Tag lines of an installed WHEEL file.

    Some builders leave them unexpanded.
    """
    return _expand_tags([wheel.name.removesuffix(".whl")]) == _expand_tags(tags)


def _expand_tags(tags: Iterable[str]) -> set[str]:
    """Return each tag of compressed sets: `py2.py3-none-any` is two (PEP 425)."""
    parts = ([part.split(".") for part in tag.split("-")[-3:]] for tag in tags)
    return {
        f"{p}-{a}-{m}"
        for pythons, abis, platforms in parts
        for p in pythons
        for a in abis
        for m in platforms
    }


def wheel_fits(wheel: Wheel, python: InterpreterFacts) -> bool:
    """Return whether a wheel's tags fit `python`; the version of manylinux is not compared."""
    pythons, abis, platforms = (
        part.split(".") for part in wheel.name.removesuffix(".whl").split("-")[-3:]
    )
    system, _, machine = python.platform.partition("-")
    name = {"linux": "linux", "darwin": "macosx"}.get(system, system)
    fits_platform = any(
        one == "any" or (name in one and one.endswith((machine, "universal2"))) for one in platforms
    )
    return fits_platform and (
        "abi3" in abis
        or any(one in {"py3", f"cp{python.minor.replace('.', '')}"} for one in pythons)
    )


def fetch_wheels(wanted: Sequence[tuple[Pin, tuple[str, ...]]], minor: str) -> None:
    """Fetch the wheels of these pins for their tags and Python `minor`, and cache their contents.

    Wheels that cannot be fetched are left out.
    """
    groups: dict[tuple[str, ...], list[Pin]] = defaultdict(list)
    for pin, tags in wanted:
        # No index has wheels with this tag: they were built on this machine.
        if tags and not any(tag.endswith("-linux_x86_64") for tag in tags):
            groups[tags].append(pin)
    if groups:
        count = sum(map(len, groups.values()))
        terminal.print_progress(f"fetching {count} wheel{'s' * (count > 1)} to digest their files")
    for tags, pins in groups.items():
        error = _fetch_group(pins, tags, minor)
        if error and _UNREACHABLE.search(error):
            return
        # One that cannot be fetched makes pip fetch none of them.
        for pin in pins if error and len(pins) > 1 else ():
            _fetch_group([pin], tags, minor)


def _fetch_group(pins: Sequence[Pin], tags: tuple[str, ...], minor: str) -> str:
    """Fetch and cache the wheels of `pins` with the same tags. Return pip's output if it fails."""
    _cache_path().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=_cache_path(), prefix=".new-"))
    try:
        wanted = folder / "requirements.txt"
        wanted.write_text("".join(_requirement_line(pin) for pin in pins), encoding="utf-8")
        command: list[str | Path] = [tool_env.tool_environment() / "bin" / "python", "-Im", "pip"]
        command += ["download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]
        command += ["--retries=1", "--timeout=20", "--progress-bar=off"]
        command += ["--dest", folder, "-r", wanted]
        command += ["--python-version", minor, "--implementation", "cp"]
        parts = [tag.split("-", 2) for tag in tags]
        command += [f"--abi={abi}" for abi in dict.fromkeys(part[1] for part in parts)]
        platforms = dict.fromkeys(part[2] for part in parts)
        command += [f"--platform={platform}" for platform in platforms]
        outcome = process.run_process(
            command,
            index_config.installer_environment(),
            folder,
            show=process.show_none,
            limit=time_limit(),
        )
        for wheel in folder.glob("*.whl"):
            cache_contents(wheel)
    except LabcoatError as error:  # it took too long
        return f"ReadTimeout: {error.message}"
    else:
        return outcome.output if outcome.status else ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _requirement_line(pin: Pin) -> str:
    hashes = " ".join(f"--hash=sha256:{one}" for one in sorted(pin.hashes))
    return f"{pin.name}=={pin.version} {hashes}\n"


def cache_contents(wheel: Path) -> None:
    """Digest the files of a wheel and cache that under the wheel's own SHA-256."""
    with wheel.open("rb") as file:
        own = file_digest(file, "sha256").hexdigest()
    files.write_file(
        _cache_path() / f"{own}.json",
        json.dumps({"wheel": wheel.name, "files": wheel_contents(wheel)}) + "\n",
    )


def wheel_contents(wheel: Path) -> dict[str, str]:
    """Return the digests of the files that a wheel installs, by the names that `scan` uses.

    Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
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
                    value = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # has read
            found[_installed_path(entry.filename, wheel.name)] = value
        for name in archive.namelist():
            if re.fullmatch(r"[^/]+\.dist-info/entry_points\.txt", name):
                found |= _entry_point_digests(archive.read(name).decode("utf-8"))
    return {path: value for path, value in found.items() if not scan.is_left_out(path)}


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
            digest = scan.entry_point_digest(module.strip(), function.strip())
            found[f"{{prefix}}/bin/{name}"] = digest
    return found


def _cache_path() -> Path:
    return cache_folder() / "wheels"
