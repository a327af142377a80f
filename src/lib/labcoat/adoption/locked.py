"""Whether the lock of another tool can be installed here as it is, and what that needs."""

from labcoat.adoption.pins.decide import decide
from labcoat.adoption.plan import Plan, Wanted
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.project_files.lock_of_record import SETTING, default_groups, find_record
from labcoat.core.records import replace
from labcoat.locking import derived, platforms
from labcoat.locking.other_locks import reader, staleness
from labcoat.locking.other_locks.requirements import derive_requirements
from labcoat.locking.requirement_lines import marker_applies
from labcoat.toolchain import interpreters

_PROBLEMS = frozenset({"moved", "dropped", "renamed"})


def plan_lock(project: Project, name: str, pythons: tuple[Wanted, ...]) -> tuple[Plan | None, str]:
    """Return the Python and settings with which the lock `name` can be installed, and a note.

    The note names what requirements.txt and other files of the user's have in addition. None, with
    the reason, if the lock is older than what it was made from, or has a package that no file of
    the index can install.
    """
    try:
        record = find_record(project.requirements) or project.root / name
        staleness.check_current(record, project.root)
        lock = reader.read_other_lock(record, project.root)
        parts = [part for part in default_groups(project.root, record) if part in lock.roots]
        locked = derive_requirements(lock, parts, with_main=True)
        minor = interpreters.project_minor(project)
        lost = _find_lost(project)
    except LabcoatError as error:
        return None, error.message
    here = platforms.this_machine().marker_values(minor)
    pins = {each.name: each for each in locked.pins if marker_applies(each.marker, here)}
    wanted = [Wanted(f"{each.name}=={each.version}", name, 1, "demand") for each in pins.values()]
    plan = decide(project, (*pythons, *wanted), strict=False, as_of="")
    decisions = plan.decisions[len(pythons) :]
    problem = next((each for each in decisions if each.verdict in _PROBLEMS), None)
    if problem is not None:
        return None, f"{problem.requirement}: {problem.reason}"
    if not lost:
        return plan, ""
    return replace(plan, settings=(*plan.settings, (SETTING, record.name))), lost


def _find_lost(project: Project) -> str:
    """Return a line for each file of the user's that `make venv` replaces with fewer packages."""
    paths = [path for path in project.locks if path.exists()]
    found = {path.name: derived.find_lost(path) for path in paths}
    return "\n".join(
        f"{path}: `make venv` replaces it, without {terminal.join_some(lost)}"
        for path, lost in found.items()
        if lost
    )
