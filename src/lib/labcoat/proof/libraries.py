"""Which system libraries a level lacks: what makes an import fail is a difference."""

from collections.abc import Sequence

from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.levels.registry import get_level
from labcoat.proof.difference import Difference
from labcoat.proof.differences import InstalledEnvironment
from labcoat.system import advice, debian, memory, verdict


class LackingLibraries(Record):
    """What one level's system lacks: `packages` are those of Debian that have it."""

    differences: Sequence[Difference] = ()
    notes: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def find_lacking(project: Project, environment: InstalledEnvironment) -> LackingLibraries:
    """Return which system libraries the packages of an environment do not find."""
    if not _has_objects(environment):
        return LackingLibraries()
    try:
        survey = get_level(environment.level).survey_system(project)
    except (LabcoatError, OSError, ValueError) as error:
        reason = error.message if isinstance(error, LabcoatError) else error
        terminal.print_warning(f"the libraries of {environment.level} are not checked: {reason}")
        return LackingLibraries()
    if survey is None:
        return LackingLibraries()
    locked = environment.locked
    memory.remember_packages(survey.packages, [environment.pins[name] for name in locked])
    found = verdict.find_missing(survey.packages)
    suite = debian.read_suite(survey.os_release)
    required = [one for one in advice.list_required(found) if one.package in locked]
    return LackingLibraries(
        [
            Difference(
                environment.level,
                "library",
                one.package,
                path=one.path,
                detail=advice.describe_missing(one, suite),
            )
            for one in required
        ],
        tuple(advice.list_notes(found, survey.packages, suite)),
        advice.list_packages(required, suite),
    )


def _has_objects(environment: InstalledEnvironment) -> bool:
    found = environment.inventory.distributions
    return any(".so" in path for one in found for path in one.files)
