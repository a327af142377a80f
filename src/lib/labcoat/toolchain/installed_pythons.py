"""The Pythons of this machine: where programs such as pyenv, uv and conda keep theirs."""

import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record

# The version, the implementation and the executable; of a virtual environment, its base's.
_DESCRIBE = (
    "import os, platform, sys; print(platform.python_version());"
    " print(platform.python_implementation());"
    " print(os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))"
)
_PROGRAM = lazy_pattern(r"python(3\.\d+)")
_SHIMS = lazy_pattern(r"/(?:\.?pyenv|\.?asdf|mise)/shims$")
_SECONDS = 20  # a program that takes longer to print its version is broken


class Interpreter(Record):
    """A Python: its executable, and its version such as `3.12.1`."""

    executable: Path
    version: str

    @property
    def minor(self) -> str:
        """The version without its last part: `3.12`."""
        return ".".join(self.version.split(".")[:2])


def own_interpreter() -> Interpreter:
    """Return the Python that labcoat runs on; for a virtual environment, its base."""
    base = getattr(sys, "_base_executable", "") or sys.executable
    # The real path, so that python3 and python3.12 are the same interpreter.
    return Interpreter(Path(base).resolve(), sys.version.split()[0])


def find_installed(minor: str, patch: str = "") -> Interpreter | None:
    """Return a CPython of `minor`, of release `patch` if there is one; None if there is none."""
    candidates = [path for name, path in list_candidates() if name == minor]
    first = None
    for path in candidates:
        found = ask_interpreter(path)
        if found is None or found.minor != minor:
            continue
        if not patch or found.version == patch:
            return found
        first = first or found
    return first


def list_minors() -> list[str]:
    """Return the minor versions of this machine's Pythons, the newest first; starts none."""
    minors = {name for name, _ in list_candidates()} | {own_interpreter().minor}
    return sorted(minors, key=lambda minor: int(minor[2:]), reverse=True)


def list_installed() -> list[Interpreter]:
    """Return this machine's Pythons that start, by version, each executable once."""
    from concurrent.futures import ThreadPoolExecutor  # slow; only a list of all needs it

    with ThreadPoolExecutor(4) as pool:
        found = pool.map(ask_interpreter, [path for _, path in list_candidates()])
        unique = {one.executable: one for one in (*found, own_interpreter()) if one}
    return sorted(unique.values(), key=lambda one: ([*map(_number, one.version.split("."))],))


def _number(part: str) -> int:
    return int(re.match(r"\d*", part)[0] or 0)  # type: ignore[index]  # matches every string


@functools.cache
def ask_interpreter(program: Path) -> Interpreter | None:
    """Return what `program` is; None if it does not start, or is not CPython."""
    try:
        done = subprocess.run(
            [program, "-ISc", _DESCRIBE],
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
        version, implementation, executable = done.stdout.splitlines()
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Interpreter(Path(executable), version) if implementation == "CPython" else None


def resolve_pyenv_name(name: str) -> str:
    """Return the version of pyenv's environment `name`, or of the Python that `system` means.

    Empty if there is none.
    """
    if name == "system":
        return _system_version()
    folder = pyenv_root() / "versions" / name
    if Path(name).name != name or not folder.is_dir():
        return ""
    try:
        text = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    if found := re.search(r"(?m)^version(?:_info)?\s*=\s*(3\.\d+(?:\.\d+)?)", text):
        return found[1]
    named = (_PROGRAM.fullmatch(path.name) for path in sorted(folder.glob("bin/python3.*")))
    return next((one[1] for one in named if one), "")


def _system_version() -> str:
    """Return the version of the first python3 on the path that is not pyenv's."""
    own, root = own_interpreter(), pyenv_root()
    if not own.executable.is_relative_to(root):
        return own.version
    for folder in _path_folders():
        path = folder / "python3"
        if not folder.is_relative_to(root) and os.access(path, os.X_OK):
            found = ask_interpreter(path)
            return found.version if found else ""
    return ""


def pyenv_root(environ: Mapping[str, str] = os.environ) -> Path:
    """Return pyenv's directory, which need not exist."""
    return Path(environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"))  # noqa: PTH111 - never raises


def list_candidates() -> Iterator[tuple[str, Path]]:
    """Yield minor and path of each program named like a Python, the preferred ones first."""
    seen: set[str] = set()
    for folder in _folders():
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names only
        except OSError:
            continue
        for name in names:
            if (found := _PROGRAM.fullmatch(name)) and os.access(folder / name, os.X_OK):
                real = os.path.realpath(folder / name)
                if real not in seen:
                    seen.add(real)
                    yield found[1], folder / name


def _folders() -> Iterator[Path]:
    """Yield directories of programs: the path, then where installers put Pythons."""
    own = own_interpreter().executable
    yield own.parent
    yield from (folder for folder in _path_folders() if not _SHIMS.search(str(folder)))
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - never raises
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    conda = os.environ.get("CONDA_PREFIX")
    for base, pattern in (
        (pyenv_root() / "versions", "*/bin"),
        (uv, "cpython-*/bin"),
        (home / ".asdf/installs/python", "*/bin"),
        (data / "mise/installs/python", "*/bin"),
        (Path("/usr/local"), "bin"),
        (Path("/usr"), "bin"),
        (Path("/opt"), "*/bin"),
        (Path("/opt"), "*/usr/bin"),
        (Path("/opt"), "*/*/bin"),
        (Path("/opt"), "*/*/usr/bin"),
        (Path("/Library/Frameworks/Python.framework/Versions"), "*/bin"),
        *((home / name, "bin") for name in _CONDA_NAMES),
        *((home / name / "envs", "*/bin") for name in _CONDA_NAMES),
        *(((Path(conda), "bin"),) if conda else ()),
    ):
        try:
            yield from sorted(base.glob(pattern), key=_by_version, reverse=True)
        except OSError:
            continue
    yield from _conda_environments(home)


_CONDA_NAMES = ("miniforge3", "mambaforge", "miniconda3", "anaconda3", "micromamba")


def _by_version(folder: Path) -> list[int]:
    """Sort `…/3.12.10/bin` after `…/3.12.9/bin`."""
    return [int(number) for number in re.findall(r"\d+", str(folder))]


def _conda_environments(home: Path) -> Iterator[Path]:
    """Yield the bin of each environment that conda has recorded."""
    try:
        text = (home / ".conda/environments.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    yield from (Path(line.strip()) / "bin" for line in text.splitlines() if line.strip())


def _path_folders() -> list[Path]:
    return [
        Path(folder)
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep)
        if folder and Path(folder).is_absolute()
    ]
