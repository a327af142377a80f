"""Find the Python that a project's environments are built from, on this machine."""

import os
import re
import shutil
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.terminal import print_warning
from labcoat.toolchain import installed_pythons, interpreters
from labcoat.toolchain.installed_pythons import Interpreter
from labcoat.toolchain.python_choice import NEWEST, PythonChoice


def project_interpreter(project: Project) -> Interpreter:
    """Return the project's Python, and warn where it is not exactly what is asked for.

    Raise LabcoatError, which names who has it, if this machine does not have its minor version.
    """
    choice = interpreters.choose_project_python(project)
    found = find_project_interpreter(project)
    if found is None:
        raise LabcoatError(
            f"the project needs Python {choice.minor} (`{choice.source}`), which this machine does"
            " not have",
            suggest_sources(choice),
        )
    if choice.note:
        print_warning(choice.note)
    if choice.patch and found.version != choice.patch:
        print_warning(
            f"`{choice.source}` asks for Python {choice.patch}, and this machine has"
            f" {found.version}, which is used"
        )
    return found


def find_project_interpreter(project: Project) -> Interpreter | None:
    """Return the project's Python; None if this machine does not have its minor version.

    A release other than the one asked for counts. Raise LabcoatError if the sources contradict each
    other, or no one has this Python.
    """
    choice = interpreters.choose_project_python(project)
    found = interpreters.find_chosen(project, choice)
    if found is None and int(choice.minor[2:]) > NEWEST:
        raise LabcoatError(
            f"no Python {choice.minor} exists that labcoat knows (`{choice.source}`)",
            f"This machine has {', '.join(reversed(interpreters.usable_minors()))}",
        )
    return found


def suggest_sources(choice: PythonChoice) -> str:
    """Return the hint that says who has a missing Python: pyenv, uv, conda, Docker."""
    installers = []
    if release := _pyenv_release(choice):
        installers.append(f"`pyenv install {release}`")
    if shutil.which("uv"):
        installers.append(f"`uv python install {choice.minor}`")
    install = f"Run {' or '.join(installers)}" if installers else f"Install Python {choice.minor}"
    has_conda = any(map(shutil.which, ("micromamba", "mamba", "conda")))
    levels = "`IN=conda` or `IN=docker`" if has_conda else "`IN=docker`"
    return f"{install}, or use {levels}, which does not need it on this machine"


def _pyenv_release(choice: PythonChoice) -> str:
    """Return the release that pyenv can install: the one asked for, else its minor's newest."""
    definitions = installed_pythons.pyenv_root() / "plugins/python-build/share/python-build"
    try:
        names = os.listdir(definitions)  # noqa: PTH208 - names only
    except OSError:
        return choice.minor if shutil.which("pyenv") else ""
    if choice.patch in names:
        return choice.patch
    found = [name for name in names if re.fullmatch(re.escape(choice.minor) + r"\.\d+", name)]
    return max(found, key=lambda name: int(Path(name).suffix[1:]), default="")
