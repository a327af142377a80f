"""Run a setup.py that computes its dependencies, where LABCOAT_RUN_SETUP=1 allows it.

It runs on the project's Python, in a temporary copy of the project's small files, with a setup()
that records its arguments and builds nothing.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.project_files.declared import Listing
from labcoat.core.project_files.uv_sources import place_dependencies
from labcoat.core.records import replace
from labcoat.locking.inputs import LockInput, find_input
from labcoat.toolchain import python_finder

_SECONDS = 60
_LARGEST = 1 << 20  # bytes; a setup.py reads its version and its description
_HINT = "List the dependencies in `requirements.in`"

# Runs on any Python from 3.8. setuptools is not needed: what a script takes from it does nothing.
_RECORDER = """
import importlib.abc, importlib.machinery, json, runpy, sys, types

def setup(**given):
    wanted = {key: given.get(key) for key in ("name", "python_requires", "install_requires")}
    with open(sys.argv_output, "w") as file:
        json.dump({**wanted, "extras_require": given.get("extras_require") or {}}, file,
                  default=lambda each: list(each) if hasattr(each, "__iter__") else str(each))

def find_nothing(*args, **given):
    return []

def parse_requirements(text):
    lines = text.splitlines() if isinstance(text, str) else text
    return [line.strip() for line in lines if line.strip() and line.strip()[0] != "#"]

KNOWN = {"setup": setup, "find_packages": find_nothing, "find_namespace_packages": find_nothing,
         "parse_requirements": parse_requirements, "__version__": "80.0"}

class Idle(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        if name in KNOWN:
            return KNOWN[name]
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": lambda self, *args, **given: None})

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"setuptools", "distutils", "pkg_resources"}:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return Idle(spec.name)
    def exec_module(self, module):
        pass

sys.argv_output = sys.argv[1]
sys.argv[:] = ["setup.py", "egg_info"]
sys.path.insert(0, "")
sys.meta_path.insert(0, Finder())
runpy.run_path("setup.py", run_name="__main__")
"""


def resolve_input(project: Project, lock: Path) -> LockInput:
    """Return the input of `lock`, with what only running setup.py tells.

    Raise LabcoatError if LABCOAT_RUN_SETUP does not allow that, or setup.py fails.
    """
    found = find_input(lock)
    needed = found.computed
    if needed is None or found.declared is None:
        return found
    if not project["RUN_SETUP"]:
        raise needed.problem or LabcoatError(f"cannot read `{needed.source.name}`", _HINT)
    given = _run_setup(project, needed.source)
    extras = {
        name: _listing(needed.source, lines) for name, lines in given["extras_require"].items()
    }
    declared = replace(
        found.declared,
        dependencies=_listing(needed.source, given["install_requires"]),
        extras=extras or found.declared.extras,
    )
    return replace(found, declared=place_dependencies(lock.parent, declared))


def _listing(source: Path, value: Any) -> Listing:
    lines = value.splitlines() if isinstance(value, str) else value or []
    stripped = (str(line).strip() for line in lines)
    return Listing(source, tuple(line for line in stripped if line and not line.startswith("#")))


def _run_setup(project: Project, script: Path) -> dict[str, Any]:
    """Return the arguments of setup() in `script`."""
    python = python_finder.project_interpreter(project).executable
    with tempfile.TemporaryDirectory(prefix="labcoat-setup-") as name:
        copy, output = Path(name) / "project", Path(name) / "setup.json"
        shutil.copytree(script.parent, copy, symlinks=True, ignore=_ignore_large)
        command = [str(python), "-I", "-c", _RECORDER, str(output)]
        environ = {"PATH": os.environ.get("PATH", ""), "HOME": name, "LC_ALL": "C.UTF-8"}
        said = _run_bounded(command, copy, environ)
        try:
            found = json.loads(output.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            lines = said.strip().splitlines() or ["it does not call setup()"]
            raise LabcoatError(
                f"cannot run `{script.name}`: {process.redact(lines[-1])}", _HINT
            ) from None
    return found if isinstance(found, dict) else {}


def _ignore_large(folder: str, names: list[str]) -> list[str]:
    """Return the `names` to leave out of the copy: hidden and large files, environments."""
    paths = [Path(folder, name) for name in names]
    return [
        path.name
        for path in paths
        if path.name.startswith(".")
        or path.name == "node_modules"
        or (path / "pyvenv.cfg").exists()
        or not (path.is_symlink() or path.is_dir() or path.is_file())
        or (path.is_file() and path.stat().st_size > _LARGEST)
    ]


def _run_bounded(command: list[str], folder: Path, environ: dict[str, str]) -> str:
    """Run a command and return what it prints. Raise LabcoatError if it takes too long."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=_SECONDS)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            message = f"`setup.py` did not end within {_SECONDS} seconds"
            raise LabcoatError(message, _HINT) from None
    return said.decode("utf-8", "replace")
