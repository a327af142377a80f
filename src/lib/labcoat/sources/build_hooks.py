"""Call a build backend: the hooks of PEP 517 and PEP 660, in an environment of locked tools.

https://peps.python.org/pep-0517/ and https://peps.python.org/pep-0660/.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.records import Record, field
from labcoat.core.settings import time_limit
from labcoat.sources import build_tools
from labcoat.sources.package_facts import BuildSystem, read_build_system

# Runs on any Python from 3.8. A hook that the backend lacks answers null.
_CALLER = """
import importlib, json, os, sys
request = json.load(open(sys.argv[1]))
sys.path[:0] = [os.path.abspath(each) for each in request["path"]]
module, _, names = request["backend"].partition(":")
backend = importlib.import_module(module)
for name in filter(None, names.split(".")):
    backend = getattr(backend, name)
hook = getattr(backend, request["hook"], None)
answer = hook(*request["arguments"]) if hook else None
with open(request["answer"], "w") as file:
    json.dump({"has": hook is not None, "value": answer}, file)
"""
_TOOLS = "gcc|cc|g\\+\\+|c\\+\\+|clang|clang\\+\\+|gfortran|cargo|rustc|cmake|ninja"
_COMPILER = lazy_pattern(
    r"error: command '([^']+)' failed: No such file"
    r"|error: \[Errno 2\] No such file or directory: '([^']+)'"
    r"|unable to execute '([^']+)': No such file"
    rf"|No such file or directory: '((?:[\w-]+-)?(?:{_TOOLS}))'"
    r"|command '([^']+)' not found"
    r"|Unknown compiler\(s\): \[\['([^']+)'"
    rf"|[Ee]rror: [^\n]*\b({_TOOLS})\b[^\n]*"
    r"(?:not found|is not installed|could not be found|not on PATH)"
)
_HEADER = lazy_pattern(r"fatal error: ([\w./-]+\.h(?:pp)?): No such file")
# The last of these says why; advice of several lines may come after it.
_REASON = lazy_pattern(
    r"(?m)^(?:[a-z_]\w*\.)*((?:configuration error|error|[A-Z]\w*(?:Error|Exception)): \S.*)"
)
_NOISE = lazy_pattern(
    r"^\s|^Traceback|^During handling|^The above exception|^\*{3,}|^!{3,}|^-{3,}|^$"
)


class Tree(Record):
    """The files of a package that can be built: its `folder`, and what errors call it."""

    folder: Path
    place: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def system(self) -> BuildSystem:
        """How it is built."""
        return read_build_system(self.folder)


def call_hook(project: Project, tree: Tree, lock: str, hook: str, *arguments: object) -> Any:
    """Return what the hook of the tree's backend returns; None if the backend lacks it.

    `lock` are the build tools. Raise LabcoatError, in the build's own words, if it fails.
    """
    python = build_tools.build_environment(project, lock)
    system = tree.system
    with tempfile.TemporaryDirectory(prefix="labcoat-hook-") as name:
        request, answer = Path(name) / "request.json", Path(name) / "answer.json"
        said = {
            "backend": system.backend,
            "path": [str(tree.folder / each) for each in system.path],
            "hook": hook,
            "arguments": [str(each) if isinstance(each, Path) else each for each in arguments],
            "answer": str(answer),
        }
        if system.backend.endswith(":__legacy__"):  # it imports from where setup.py is
            said["path"] = [str(tree.folder)]
        request.write_text(json.dumps(said), encoding="utf-8")
        outcome = process.run_process(
            [python, "-c", _CALLER, request],
            _environment(python, tree),
            tree.folder,
            show=process.show_none,
            limit=time_limit(),
        )
        try:
            found = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise explain_build_failure(project, tree.place, outcome.output) from None
    return found["value"] if found["has"] else None


def _environment(python: Path, tree: Tree) -> dict[str, str]:
    """Return the variables of a build: none with a password of an index, nothing of labcoat."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "LABCOAT_", "GIT_"))
        and name not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    }
    path = f"{python.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {
        **kept,
        "PATH": path,
        "VIRTUAL_ENV": str(python.parent.parent),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **tree.environment,
    }


def explain_build_failure(project: Project, place: str, output: str) -> LabcoatError:
    """Return the error for a build that failed with this output, which build.log keeps."""
    log = files.state_folder(project.state) / "build.log"
    files.write_log(log, output)
    where = f"Full output: {os.path.relpath(log, project.root)}"
    if found := _COMPILER.search(output):
        program = Path(next(filter(None, found.groups()))).name
        return LabcoatError(
            f"cannot build `{place}`: the compiler `{program}` is not installed",
            f"Install it, for example with `sudo apt install {_debian_package(program)}`. {where}",
        )
    if found := _HEADER.search(output):
        return LabcoatError(
            f"cannot build `{place}`: the header file `{found[1]}` is missing",
            f"Install the package of your system that has it. {where}",
        )
    told = [line for line in output.splitlines() if not _NOISE.match(line)] or [output.strip()]
    reason = ([*_REASON.findall(output)] or told)[-1] or "the build ended without a word"
    return LabcoatError(f"cannot build `{place}`: {process.redact(reason[:300])}", where)


def _debian_package(program: str) -> str:
    if program in {"cargo", "rustc"}:
        return "cargo"
    known = {"cmake": "cmake", "ninja": "ninja-build", "gfortran": "gfortran", "clang": "clang"}
    return known.get(program, "build-essential")
