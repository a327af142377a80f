"""What each file must be according to the lock: the contents of the wheels whose hashes it has.

Wheels are kept in the cache, and each is compared with the hash in the lock whenever it is used: a
list of digests could be edited there, a wheel cannot. A wheel's own RECORD has the digests of its
files. pip fetches wheels: it knows the user's index, credentials and cache.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.settings import time_limit
from labcoat.inventory import regular_files, wheel_contents
from labcoat.inventory.inventory import InterpreterFacts
from labcoat.inventory.wheel_contents import Wheel
from labcoat.locking.requirements_file import Pin
from labcoat.toolchain import tool_env

_KEPT_FOR = 90 * 24 * 3600  # seconds since a wheel was last compared with an environment
_UNREACHABLE = lazy_pattern(
    r"NewConnectionError|NameResolutionError|Network is unreachable|Connection refused"
    r"|ConnectTimeout|ProxyError|ReadTimeout|Network connectivity is disabled|SSLError"
    r"|CERTIFICATE_VERIFY_FAILED|Connection to \S+ timed out"
)


def read_kept_wheels(pins: Iterable[Pin]) -> dict[str, list[Wheel]]:
    """Return the wheels of `pins` that are in the cache and have a hash in the lock, by name."""
    wanted = [(pin.name, one) for pin in pins for one in sorted(pin.hashes)]
    found: dict[str, list[Wheel]] = {name: [] for name, _ in wanted}
    kept = [(name, digest) for name, digest in wanted if (_cache_path() / digest).is_dir()]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        read = pool.map(lambda one: _read_kept_wheel(one[1]), kept)
        for (name, _), wheel in zip(kept, read, strict=True):
            if wheel:
                found[name].append(wheel)
    return found


def _read_kept_wheel(digest: str) -> Wheel | None:
    """Return the wheel with this SHA-256; None if it is not in the cache, or was changed there."""
    for path in sorted((_cache_path() / digest).glob("*.whl")):
        try:
            with open(regular_files.open_regular(str(path)), "rb") as file:  # noqa: PTH123 - a descriptor
                if file_digest(file, "sha256").hexdigest() == digest:
                    with contextlib.suppress(OSError):
                        os.utime(path.parent)  # which says when it was used
                    return wheel_contents.read_wheel(path.name, file, path)
        except (OSError, ValueError, zipfile.BadZipFile):
            continue
    return None


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


def fetch_wheels(
    wanted: Sequence[tuple[Pin, tuple[str, ...]]], minor: str, environ: Mapping[str, str]
) -> None:
    """Fetch the wheels of these pins for their tags and Python `minor`, and cache their contents.

    `environ` is that of pip. Wheels that cannot be fetched are left out.
    """
    groups: dict[tuple[str, ...], list[Pin]] = defaultdict(list)
    for pin, tags in wanted:
        if tags:  # some builders, such as maturin 1.8, write a compressed set in one line
            groups[tuple(sorted(_expand_tags(tags)))].append(pin)
    if groups:
        count = sum(map(len, groups.values()))
        terminal.print_progress(f"fetching {count} wheel{'s' * (count > 1)} to digest their files")
        _remove_unused()
    for tags, pins in groups.items():
        error = _fetch_group(pins, tags, minor, environ)
        if error and _UNREACHABLE.search(error):
            return
        # One that cannot be fetched makes pip fetch none of them.
        for pin in pins if error and len(pins) > 1 else ():
            _fetch_group([pin], tags, minor, environ)
        for pin in pins if len(tags) > 1 else ():
            _fetch_exact(pin, tags, minor, environ)


def _fetch_exact(pin: Pin, tags: tuple[str, ...], minor: str, environ: Mapping[str, str]) -> None:
    """Fetch the wheel with exactly these `tags` where pip chose another that has some of them.

    An index may have a wheel for manylinux_2_17 and one for both that and manylinux_2_28.
    """
    for tag in tags:
        kept = read_kept_wheels([pin])[pin.name]
        if not kept or any(is_wheel_of(wheel, tags) for wheel in kept):
            return
        _fetch_group([pin], (tag,), minor, environ)


def _fetch_group(
    pins: Sequence[Pin], tags: tuple[str, ...], minor: str, environ: Mapping[str, str]
) -> str:
    """Fetch and cache the wheels of `pins` with the same tags. Return pip's output if it fails."""
    try:
        _cache_path().mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=_cache_path(), prefix=".new-"))
    except OSError as error:
        terminal.print_warning(f"cannot keep wheels in {_cache_path()}: {error.strerror}")
        return ""
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
        platforms = dict.fromkeys(one for part in parts for one in _list_platforms(part[2]))
        command += [f"--platform={platform}" for platform in platforms]
        outcome = process.run_process(
            command,
            environ,
            folder,
            show=process.show_none,
            limit=time_limit(),
        )
        for wheel in folder.glob("*.whl"):
            _keep_wheel(wheel)
    except LabcoatError as error:  # it took too long
        return f"ReadTimeout: {error.message}"
    else:
        return outcome.output if outcome.status else ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _list_platforms(platform: str) -> list[str]:
    """Return the platforms in the names of wheels whose WHEEL file has this one.

    Some builders leave linux_x86_64 there though the wheel is for a manylinux.
    """
    if not (found := re.fullmatch(r"linux_(\w+)", platform)):
        return [platform]
    versions = [f"manylinux_2_{number}" for number in range(40, 4, -1)]
    return [platform, *(f"{one}_{found[1]}" for one in (*versions, "manylinux2014"))]


def is_known(known: Sequence[Wheel], tags: Sequence[str], python: InterpreterFacts) -> bool:
    """Return whether a wheel with these `tags` is among those `known`."""
    if any(is_wheel_of(wheel, tags) for wheel in known):
        return True
    names_no_index = all(re.search(r"-linux_\w+$", tag) for tag in tags)
    return names_no_index and any(wheel_fits(wheel, python) for wheel in known)


def _requirement_line(pin: Pin) -> str:
    hashes = " ".join(f"--hash=sha256:{one}" for one in sorted(pin.hashes))
    return f"{pin.name}=={pin.version} {hashes}\n"


def _keep_wheel(wheel: Path) -> None:
    """Move a wheel into the cache, in a directory that has its SHA-256 as name."""
    digest = regular_files.file_digest(str(wheel))[0]
    target = _cache_path() / digest
    if _read_kept_wheel(digest) is None:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True, exist_ok=True)
        wheel.replace(target / wheel.name)
    (_cache_path() / f"{digest}.json").unlink(missing_ok=True)  # which labcoat 0.1 wrote


def _remove_unused() -> None:
    """Remove the wheels that nothing has been compared with for a long time."""
    oldest = time.time() - _KEPT_FOR
    for folder in _cache_path().glob("*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < oldest:
                files.remove_path(folder)


def _cache_path() -> Path:
    return cache_folder() / "wheels"
