"""Which Python a project's environments are built from."""

import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project


@dataclass(frozen=True)
class Interpreter:
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
    return Interpreter(Path(base).resolve(), platform.python_version())


def project_minor(project: Project) -> str:
    """Return the minor version of the project's Python, such as `3.12`.

    It is the one in `.python-version`, else LABCOAT_PYTHON's own; a LABCOAT_PYTHON other than the
    default wins over the file. Raise LabcoatError if the file names no version.
    """
    file = project.root / ".python-version"
    if project["PYTHON"] != DEFAULTS["LABCOAT_PYTHON"] or not file.is_file():
        return own_interpreter().minor
    words = file.read_text(encoding="utf-8", errors="replace").split() or [""]
    named = re.fullmatch(r"(?:cpython-)?(3\.\d+)(?:[.\-+].*)?", words[0])
    if not named:
        raise LabcoatError(
            f"invalid version `{words[0]}` in .python-version",
            "Write a version such as 3.12",
        )
    return named[1]
