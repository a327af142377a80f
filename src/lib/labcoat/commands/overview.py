"""`labcoat` without arguments: the state of this repository, and the next command.

It reads files only: no make, no Docker, no program of an environment is started.
"""

from collections.abc import Iterator
from pathlib import Path

from labcoat import __version__
from labcoat.commands import status
from labcoat.core import makefiles, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.levels import registry
from labcoat.levels.level import LevelState
from labcoat.locking import lock_header
from labcoat.locking.inputs import list_inputs
from labcoat.locking.project_locks import list_locks
from labcoat.locking.requirements_file import read_requirements
from labcoat.scaffold.other_language import refuse_other_language

_LISTED = "`labcoat --help` lists the commands, `labcoat doctor` checks the tools they need."


def print_overview(folder: Path) -> int:
    """Print what the project in `folder` has and the next command; return 0."""
    makefile = makefiles.read_makefile(folder)
    project = status.project_at(folder)
    own = makefile.settings.get("LABCOAT_OWN", "")
    print(f"labcoat {__version__}, in {terminal.escape_control(str(folder))}")
    print()
    states = list(_states(project, makefile))
    for name, state in states:
        print(status.format_line(name, state, own))
    print()
    try:
        following = _next_command(project, makefile, dict(states))
    except LabcoatError as error:
        terminal.print_warning(error.message, error.hint)
    else:
        print(terminal.name_targets(f"Next: {following}", own))
    print(_LISTED)
    return 0


def _states(project: Project, makefile: makefiles.Makefile) -> Iterator[tuple[str, LevelState]]:
    name = makefiles.makefile_name(project.root)
    if makefile.has_labcoat:
        yield name, LevelState("fresh", "includes labcoat")
    elif (project.root / name).exists():
        yield name, LevelState("stale", "does not include labcoat")
    else:
        yield name, LevelState("missing", "")
    for path in project.locks:
        if makefile.has_labcoat or _is_own_lock(path):
            yield path.name, status.lock_state(project, path)
        elif path.exists():
            yield path.name, LevelState("other", "not written by labcoat")
    try:
        yield "venv", registry.get_level("venv").read_state(project)
    except LabcoatError as error:
        yield "venv", LevelState("unknown", error.message)


def _is_own_lock(path: Path) -> bool:
    try:
        return path.exists() and lock_header.has_header(read_requirements(path))
    except LabcoatError:
        return False


def _next_command(
    project: Project, makefile: makefiles.Makefile, states: dict[str, LevelState]
) -> str:
    """Return what to do next. Raise LabcoatError for what prevents it."""
    venv = states["venv"].kind
    if not makefile.has_labcoat:
        refuse_other_language(project.root)
        return "`labcoat init` adds labcoat, `labcoat init --dry-run` shows what it would write."
    if not list_inputs(project.root) or not list_locks(project):
        return "list your packages in requirements.in, then run `make venv`."
    if venv == "changed":
        return "`make freeze` keeps what you installed, `make venv` discards it."
    kinds = [states[path.name].kind for path in project.locks if path.name in states]
    if venv != "fresh" or any(kind != "fresh" for kind in kinds):
        return "`make venv` locks and installs the packages."
    script = next(
        (name for name in ("main.py", "train.py", "app.py") if (project.root / name).exists()),
        "…",
    )
    return (
        f'`make run CMD="python {script}"`, with IN=docker in an image; `make prove` compares both.'
    )
