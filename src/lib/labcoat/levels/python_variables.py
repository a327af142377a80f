"""The variables that decide what Python runs, set alike on each level.

Sources: https://docs.python.org/3/using/cmdline.html#environment-variables and Modules/getpath.py.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.container.engine.run_config import find_data_paths
from labcoat.core import terminal
from labcoat.core.project import Project
from labcoat.levels import byte_code

# They name another standard library, or another interpreter.
_UNWANTED = frozenset({"PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"})


def program_variables(
    project: Project, environment: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables for programs in an environment, from those of labcoat itself.

    Byte code is kept outside of the environment, so that none that was put there is read.
    PYTHONPATH keeps the directories that every level has; a warning names the others.
    """
    kept = {name: value for name, value in environ.items() if name not in _UNWANTED}
    cache = byte_code.byte_code_folder(project, environment)
    byte_code.record_environment(cache, environment)
    defaults = {
        "PYTHONPYCACHEPREFIX": str(cache),
        # Numba keeps compiled functions beside byte code.
        "NUMBA_CACHE_DIR": str(cache / "numba"),
    }
    kept.pop("PYTHONPATH", None)
    shared = shared_python_path(project, environ)
    _warn_of_others(shared, environ)
    return {**defaults, **kept, **path_variable(shared)}


def path_variable(folders: Sequence[str]) -> dict[str, str]:
    """Return PYTHONPATH with these directories; nothing without any."""
    return {"PYTHONPATH": os.pathsep.join(folders)} if folders else {}


def shared_python_path(project: Project, environ: Mapping[str, str]) -> list[str]:
    """Return the directories on PYTHONPATH that every level has: in the project and its mounts."""
    roots = (project.root, *find_data_paths(project))
    given = [one for one in environ.get("PYTHONPATH", "").split(os.pathsep) if one]
    return [one for one in given if any(_is_below(project.root / one, root) for root in roots)]


def _warn_of_others(shared: Sequence[str], environ: Mapping[str, str]) -> None:
    given = [one for one in environ.get("PYTHONPATH", "").split(os.pathsep) if one]
    if others := [one for one in given if one not in shared]:
        terminal.print_warning(
            f"PYTHONPATH names directories that only this level has: {terminal.join_some(others)}",
            "Move them into the project, or name them in LABCOAT_MOUNTS; labcoat ignores them",
        )


def _is_below(path: Path, root: Path) -> bool:
    return Path(os.path.abspath(path)).is_relative_to(root)  # noqa: PTH100 - links stay as they are
