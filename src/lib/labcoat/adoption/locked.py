"""Whether the lock of another tool can be installed here as it is, and what that needs."""

from labcoat.adoption.pins.decide import decide
from labcoat.adoption.plan import Plan, Wanted
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.project_files.lock_of_record import default_groups, find_record
from labcoat.locking import platforms
from labcoat.locking.other_locks import reader, staleness
from labcoat.locking.other_locks.requirements import derive_requirements
from labcoat.locking.requirement_lines import marker_applies
from labcoat.toolchain import interpreters

_PROBLEMS = frozenset({"moved", "dropped", "renamed"})


def plan_lock(project: Project, name: str, pythons: tuple[Wanted, ...]) -> tuple[Plan | None, str]:
    """Return the Python and settings with which the lock `name` can be installed.

    None, with the reason, if it is older than what it was made from, or has a package that no file
    of the index can install.
    """
    try:
        record = find_record(project.requirements) or project.root / name
        staleness.check_current(record, project.root)
        lock = reader.read_other_lock(record, project.root)
        parts = [part for part in default_groups(project.root, record) if part in lock.roots]
        derived = derive_requirements(lock, parts, with_main=True)
        minor = interpreters.project_minor(project)
    except LabcoatError as error:
        return None, error.message
    here = platforms.this_machine().marker_values(minor)
    pins = {each.name: each for each in derived.pins if marker_applies(each.marker, here)}
    wanted = [Wanted(f"{each.name}=={each.version}", name, 1, "demand") for each in pins.values()]
    plan = decide(project, (*pythons, *wanted), strict=False, as_of="")
    decisions = plan.decisions[len(pythons) :]
    problem = next((each for each in decisions if each.verdict in _PROBLEMS), None)
    if problem is not None:
        return None, f"{problem.requirement}: {problem.reason}"
    return plan, ""
