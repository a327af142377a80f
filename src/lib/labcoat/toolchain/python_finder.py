"""Find the Python that a project's environments are built from, on this machine."""

import subprocess
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.toolchain import index_config, tool_env
from labcoat.toolchain.interpreters import Interpreter, own_interpreter, project_minor

_PRINT_VERSION = "import platform; print(platform.python_version())"


def project_interpreter(project: Project) -> Interpreter:
    """Return the project's Python. Raise LabcoatError if this machine does not have its version."""
    wanted = project_minor(project)
    if wanted == own_interpreter().minor:
        return own_interpreter()
    return find_interpreter(wanted)


def find_interpreter(wanted: str) -> Interpreter:
    """Return the Python of minor version `wanted` that uv finds.

    Raise LabcoatError if there is none.
    """
    find: list[str | Path] = [tool_env.uv_program(), "python", "find", "--no-project", "--system"]
    found = subprocess.run(
        [*find, wanted],
        env=index_config.installer_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise LabcoatError(
            f"the project needs Python {wanted}, which this machine does not have",
            f"Install Python {wanted}, or change .python-version"
            f" (labcoat runs on {own_interpreter().version})",
        )
    executable = Path(found.stdout.strip())
    version = subprocess.run(
        [executable, "-IS", "-c", _PRINT_VERSION], capture_output=True, text=True, check=True
    )
    return Interpreter(executable, version.stdout.strip())
