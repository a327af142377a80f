"""Run the conda program of the machine: micromamba, mamba or conda."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import time_limit
from labcoat.levels import environment_yml
from labcoat.locking import index_comments
from labcoat.toolchain import index_environment

_PROGRAMS = ("micromamba", "mamba", "conda")
_ATTEMPTS = 3


def find_conda_program(project: Project) -> str:
    """Return the path of LABCOAT_CONDA, or of micromamba, mamba or conda, the first that exists.

    Raise LabcoatError if no such program exists.
    """
    names = [project["CONDA"]] if project["CONDA"] else list(_PROGRAMS)
    if found := next((path for path in map(shutil.which, names) if path), None):
        return found
    raise LabcoatError(
        f"cannot find {' or '.join(f'`{name}`' for name in names)}",
        "Install micromamba (https://mamba.readthedocs.io), or set LABCOAT_CONDA to your program",
    )


def create_environment(project: Project, program: str, folder: Path) -> None:
    """Create the environment of environment.yml in `folder`. Raise LabcoatError if that fails."""
    name = Path(program).name
    words = ["create"] if name == "micromamba" else ["env", "create"]
    specification = environment_yml.environment_yml_path(project)
    command: list[str | Path] = [program, *words, "-p", folder, "-f", specification]
    outcome = _run_until_it_ends(project, command, name, folder)
    if outcome.status:
        if reasons := _unsolved(outcome.output):
            raise LabcoatError(
                f"conda cannot find versions that fit together: {'; '.join(reasons[:3])}",
                "Change LABCOAT_CONDA_PACKAGES or environment.yml",
            )
        from labcoat.locking.causes import explain_install_failure  # slow; only errors need it

        raise explain_install_failure(
            outcome.output,
            project,
            [lock for lock in project.locks[:1] if lock.exists()],
            f"cannot create `{project['CONDA_ENV']}`",
            "conda.log",
        )


def _run_until_it_ends(
    project: Project, command: Sequence[str | Path], name: str, folder: Path
) -> process.ProcessResult:
    """Return how `command` ended; where it crashed without an answer, it is run again.

    On a busy machine such a program may crash as it exits, when all its work is done. Raise
    LabcoatError if it crashes each time.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        outcome = _run_conda(project, command)
        crash = process.crash_signal(outcome.status)
        if not crash or _unsolved(outcome.output):
            return outcome
        if attempt < _ATTEMPTS:
            terminal.print_warning(f"{name} crashed ({crash}); trying once more")
            files.remove_path(folder)
    raise LabcoatError(
        f"{name} crashed each time ({crash})",
        "Update it, or set LABCOAT_CONDA to another program",
    )


def _unsolved(output: str) -> list[str]:
    """Return the lines that say why there is no solution, nothing where there may be one."""
    if "Could not solve" not in output and "ResolvePackageNotFound" not in output:
        return []
    rest = output.partition("Could not solve")[2].splitlines()[1:]
    return [line.strip() for line in rest if line.strip()] or ["no reason was given"]


def _run_conda(project: Project, command: Sequence[str | Path]) -> process.ProcessResult:
    return process.run_process(
        command,
        index_environment.loopback_environment(
            index_comments.installed_indexes(project, [project.requirements])
        )
        # Byte code is kept outside of the environment, see levels/python_variables.py. What pip's
        # own run left there, each proof would compile again to compare it.
        | {"CONDA_ALWAYS_YES": "true", "MAMBA_ALWAYS_YES": "true"}
        | {"PIP_COMPILE": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        project.root,
        show=lambda line: line.startswith(("Downloading", "Installing")),
        limit=time_limit(),
    )
