"""Which Python a project's environments are made of."""

import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project


@dataclass(frozen=True)
class Interpreter:
    """A Python: its executable, and its version as `3.12.1`."""

    executable: Path
    version: str

    @property
    def minor(self) -> str:
        """The version without its last part: `3.12`."""
        return ".".join(self.version.split(".")[:2])


def own_interpreter() -> Interpreter:
    """The Python that labcoat runs on; where that is a virtual environment's, the one it was made of."""
    base = getattr(sys, "_base_executable", "") or sys.executable
    # The real path, so that python3 and python3.12 are one interpreter.
    return Interpreter(Path(base).resolve(), platform.python_version())


def project_minor(project: Project) -> str:
    """The minor version of the project's Python, as `3.12`: what `.python-version` says, else LABCOAT_PYTHON's own.

    A LABCOAT_PYTHON that somebody has chosen goes before the file. Raises Failure where the file names no version.
    """
    file = project.root / ".python-version"
    if project["PYTHON"] != DEFAULTS["LABCOAT_PYTHON"] or not file.is_file():
        return own_interpreter().minor
    words = file.read_text(encoding="utf-8", errors="replace").split() or [""]
    named = re.fullmatch(r"(?:cpython-)?(3\.\d+)(?:[.\-+].*)?", words[0])
    if not named:
        raise LabcoatError(
            f".python-version says {words[0]!r}, which is no Python version.",
            "Write a version such as 3.12 in it.",
        )
    return named[1]


def project_interpreter(project: Project) -> Interpreter:
    """The Python to make the project's environment of. Raises Failure where this machine has none of that version."""
    wanted = project_minor(project)
    if wanted == own_interpreter().minor:
        return own_interpreter()
    return find_interpreter(wanted)


def find_interpreter(wanted: str) -> Interpreter:
    """A Python of minor version `wanted` on this machine, as uv finds it. Raises Failure where there is none."""
    from labcoat.toolchain import index_config, tool_env

    command: list[str | Path] = [
        tool_env.uv_program(),
        "python",
        "find",
        "--no-project",
        "--system",
        wanted,
    ]
    found = subprocess.run(
        command,
        env=index_config.installer_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise LabcoatError(
            f"There is no Python {wanted} on this machine, and the project asks for it.",
            f"Install Python {wanted}, or change .python-version (labcoat runs on {own_interpreter().version}).",
        )
    executable = Path(found.stdout.strip())
    ask = [str(executable), "-IS", "-c", "import platform; print(platform.python_version())"]
    return Interpreter(
        executable, subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    )
