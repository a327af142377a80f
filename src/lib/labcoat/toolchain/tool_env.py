"""The tools environment: pip-tools, uv, the docker SDK and PyYAML, locked with hashes.

There is one per user, lock and Python. Other Pythons than labcoat's own get a smaller one, of pip
and pip-tools, which work on the Python that they run on.

They are in the user's cache directory, never in a project. They are built aside and renamed, so
that one that exists is complete. If a command fails, `repair_tools` looks whether one is damaged.
"""

import csv
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from labcoat.core import process
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.settings import time_limit
from labcoat.core.terminal import print_progress
from labcoat.toolchain import index_config
from labcoat.toolchain.interpreters import Interpreter, own_interpreter

LOCK = Path(__file__).with_name("tools.txt")
PROJECT_LOCK = Path(__file__).with_name("project_tools.txt")
_OLDEST = 10  # pip-tools and the pip of both locks need Python 3.10
_used: dict[Path, Interpreter] = {}  # the environments of this process


def tool_environment(interpreter: Interpreter | None = None) -> Path:
    """Return the directory of the tools environment for `interpreter`, labcoat's own by default.

    Create it if it does not exist. Raise LabcoatError if that fails.
    """
    python = interpreter or own_interpreter()
    # The executable counts: two builds of one version (python.org's, Debian's) differ.
    key = sha256(
        _lock_for(python).read_bytes() + os.fsencode(python.executable) + python.version.encode()
    ).hexdigest()[:16]
    folder = cache_folder() / "tools" / f"{python.minor}-{key}"
    _used[folder] = python
    if not (folder / "bin" / "python").exists():
        _build(python, folder)
    return folder


def uv_program() -> Path:
    """Return the uv program."""
    return tool_environment() / "bin" / "uv"


def pip_tools_runs_on(interpreter: Interpreter) -> bool:
    """Return whether labcoat's pip-tools, which locks for the Python it runs on, runs on this."""
    return int(interpreter.minor.partition(".")[2]) >= _OLDEST


def pip_environment(interpreter: Interpreter) -> Path:
    """Return the tools environment whose pip installs for `interpreter`, which has to run it.

    Create it if it does not exist. Raise LabcoatError if that fails.
    """
    return tool_environment(None if pip_tools_runs_on(interpreter) else interpreter)


def repair_tools() -> bool:
    """Recreate the environments that this process has used and that are damaged.

    Return whether there were any. Raise LabcoatError, which names the directory to remove, if one
    cannot be recreated.
    """
    existing = {folder: python for folder, python in _used.items() if folder.exists()}
    damaged = {folder: python for folder, python in existing.items() if find_damage(folder)}
    for folder, python in damaged.items():
        print_progress(f"the tools environment is damaged: {find_damage(folder)}")
        try:
            _build(python, folder)
        except LabcoatError as error:
            raise LabcoatError(
                f"{error.message}, and the tools environment in {folder} is damaged",
                f"{error.hint}, or remove {folder}",
            ) from None
        if damage := find_damage(folder):
            raise LabcoatError(
                f"the tools environment in {folder} is damaged: {damage}",
                f"Remove {folder}",
            )
    return bool(damaged)


def find_damage(folder: Path) -> str:
    """Describe a file that the tools environment in `folder` lacks; empty if it is complete."""
    if not (folder / "bin" / "python").exists():
        return "`bin/python` is missing"
    site = next(folder.glob("lib/python3.*/site-packages"), folder / "lib")
    records = [*site.glob("*.dist-info/RECORD")]
    names = {normalize_name(one.parent.name.partition("-")[0]) for one in records}
    if "pip" not in names:
        return "pip is missing"
    for record in records:
        with record.open(encoding="utf-8", newline="") as lines:
            for path, *_ in csv.reader(lines):
                if not path.endswith(".pyc") and not (site / path).exists():
                    return f"`{path.removeprefix('../../../')}` is missing"
    return ""


def _lock_for(python: Interpreter) -> Path:
    return LOCK if python == own_interpreter() else PROJECT_LOCK


def use_tools() -> None:
    """Make the tools' libraries importable in this process: `import docker`, `import yaml`."""
    packages = tool_environment() / "lib" / f"python{own_interpreter().minor}" / "site-packages"
    if str(packages) not in sys.path:
        sys.path.insert(0, str(packages))  # before other installations of docker or yaml


def _build(python: Interpreter, folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    except OSError as error:
        raise LabcoatError(
            f"cannot write to the cache directory {folder.parent}: {error.strerror}",
            "Free some space there, or set LABCOAT_CACHE to another directory",
        ) from None
    try:
        print_progress(
            "creating its tools environment: about 25 MB to download, once per user, which takes"
            " up to a minute"
        )
        _fill(python, aside / "new")
        # Two runs may build at once: the first to rename wins, and both results are equal.
        if folder.exists() and find_damage(folder):
            folder.rename(aside / "damaged")
        if not folder.exists():
            (aside / "new").rename(folder)
    except OSError as error:
        if not (folder / "bin" / "python").exists():
            raise LabcoatError(
                f"cannot create the tools environment: {error.strerror or error}",
                f"Check {folder.parent}, or set LABCOAT_CACHE to another directory",
            ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _fill(python: Interpreter, folder: Path) -> None:
    if python == own_interpreter():
        outcome = _install_own(python, folder)
    else:
        outcome = _install_with_uv(python, folder)
    if outcome.status:
        from labcoat.toolchain.installer_errors import explain_installer_error

        raise explain_installer_error(
            outcome.output,
            "cannot install labcoat's tools",
            folder.parent.parent / "tools.log",
        )


def _install_with_uv(python: Interpreter, folder: Path) -> process.ProcessResult:
    """Install the tools for another Python, which may lack ensurepip or have an old pip."""
    env = index_config.installer_environment()
    uv = uv_program()
    create: list[str | Path] = [
        uv,
        "venv",
        "--quiet",
        "--no-project",
        "--python",
        python.executable,
        folder,
    ]
    outcome = process.run_process(create, env, folder.parent, show=process.show_none)
    if outcome.status:
        return outcome
    return _sync(uv, folder, PROJECT_LOCK, env)


def _sync(uv: Path, folder: Path, lock: Path, env: Mapping[str, str]) -> process.ProcessResult:
    """Make the environment in `folder` contain `lock`, as copies: uv's cache may be edited."""
    words: list[str | Path] = [uv, "pip", "sync", "--quiet", "--require-hashes"]
    words += [
        "--only-binary",
        ":all:",
        "--link-mode",
        "copy",
        "--python",
        folder / "bin" / "python",
        lock,
    ]
    return process.run_process(
        words, env, folder.parent, show=process.show_none, limit=time_limit()
    )


def _install_own(python: Interpreter, folder: Path) -> process.ProcessResult:
    """Install the tools for labcoat's own Python: uv by pip, and by uv the others, in a second.

    Where uv cannot reach an index that pip can, pip installs them all.
    """
    env = index_config.installer_environment()
    subprocess.run(
        [python.executable, "-Im", "venv", "--without-pip", "--clear", folder], env=env, check=True
    )
    wheel = _bundled_pip() or _fetch_pip(folder)
    uv_lock = folder.with_name("uv.txt")
    uv_lock.write_text(_lock_lines("uv"), encoding="utf-8")
    pip: list[str | Path] = [folder / "bin" / "python", wheel / "pip", "install", "-q"]
    # Python compiles what it imports; pip would compile all, for seconds.
    pip += ["--no-compile", "--require-hashes", "--only-binary=:all:", "-r"]
    outcome = process.run_process(
        [*pip, uv_lock], env, folder, show=process.show_none, limit=time_limit()
    )
    if outcome.status:
        return outcome
    outcome = _sync(folder / "bin" / "uv", folder, LOCK, env)
    if outcome.status:
        outcome = process.run_process(
            [*pip, LOCK], env, folder, show=process.show_none, limit=time_limit()
        )
    return outcome


def _lock_lines(name: str) -> str:
    """Return the lines of the lock for the package `name`, with its hashes."""
    block = re.search(rf"^{name}==(?:.*\\\n)*.*", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    assert block is not None  # noqa: S101  # the lock is part of this package, and a test reads it
    return block[0]


def _bundled_pip() -> Path | None:
    """Return the wheel of pip that comes with this Python; None on Debian without python3-venv.

    Distributions keep it elsewhere: https://docs.python.org/3/using/configure.html, WHEEL_PKG_DIR.
    """
    found = importlib.util.find_spec("ensurepip")
    if found is None or not found.origin:
        return None
    folders = [Path(found.origin).with_name("_bundled"), sysconfig.get_config_var("WHEEL_PKG_DIR")]
    wheels = (wheel for folder in folders if folder for wheel in Path(folder).glob("pip-*.whl"))
    return next(wheels, None)


def _fetch_pip(folder: Path) -> Path:
    """Download the locked pip wheel for a Python without ensurepip, as Debian's is.

    Python runs a wheel, which is a zip file. The index says its address, the lock its hash.
    """
    from labcoat.toolchain import package_index

    locked = _lock_lines("pip")
    version = locked.split()[0].removeprefix("pip==")
    name = f"pip-{version}-py3-none-any.whl"
    listed = package_index.fetch_listing("pip") or ()
    found = next((file for file in listed if file.name == name), None)
    try:
        data = package_index.download_file(found) if found else b""
    except OSError:
        data = b""
    if sha256(data).hexdigest() not in locked:
        raise LabcoatError(
            f"Python {own_interpreter().version} has no ensurepip, and pip cannot be downloaded",
            f"Run `sudo apt install python{own_interpreter().minor}-venv`, or check the network",
        )
    target = folder / name
    target.write_bytes(data)
    return target
