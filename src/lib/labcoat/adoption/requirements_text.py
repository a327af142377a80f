"""The text of requirements.in for a repository that labcoat comes to."""

from collections.abc import Iterator, Mapping

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Decision, Plan, Wanted
from labcoat.adoption.survey import Survey
from labcoat.core import terminal

INTRODUCTION = (
    "# The packages this project uses, one on each line, such as pandas or pandas>=2."
    " `make venv` locks their versions.\n"
)
IMPORTS = "# Your sources import these, and no list has them:"
INSTALLED = "# Notebooks install these, and no list has them:"
OWN = "# The repository's own package, so that Python finds it in every folder:"
LIMITS = "# Packages above need these, and do not say so:"
GUESSES = (
    "# These too; each is the package of its module's name, so check that it is the right one:"
)


def format_requirements(survey: Survey, plan: Plan) -> str:
    """Return the text: the taken lists with their comments, then the imports that they lack."""
    made = dict(zip(survey.wanted, plan.decisions, strict=False))
    is_own = any(each.kind == "own" and made[each].after for each in made)
    lines = [
        line for source in survey.taken for line in _format_source(source, made, is_own=is_own)
    ]
    sure = [each for each in survey.missing if not each.guess]
    guessed = [each for each in survey.missing if each.guess]
    groups = (
        (IMPORTS, sure),
        (GUESSES, guessed),
        (INSTALLED, () if survey.is_declared else survey.installed),
        (OWN, () if survey.is_declared else survey.own),
    )
    for heading, group in groups:
        if group:
            lines += ["", heading, *(line for each in group for line in _format_import(each, made))]
    if limits := plan.decisions[len(survey.wanted) :]:
        lines += ["", LIMITS, *(_comment(each.requirement, each.reason) for each in limits)]
    return INTRODUCTION + "".join(f"{line}\n" for line in lines)


def _format_source(
    source: Source, made: Mapping[Wanted, Decision], *, is_own: bool
) -> Iterator[str]:
    # The file of a folder below is one that labcoat never locked here; that of the project is read
    # if its own package is installed.
    was_read = source.format == "declared" and "/" not in source.file and not is_own
    file = terminal.escape_control(source.file)
    yield f"# From {file}{', which labcoat no longer reads' * was_read}:"
    for each in source.layout:
        if isinstance(each, str):
            yield each
        else:
            yield from _format_wanted(each, made[each])
    # Imports of these must not be taken for packages of an index later.
    yield from (_format_left_out(each.text, each.reason) for each in source.skipped if each.name)


def _format_wanted(wanted: Wanted, decision: Decision) -> Iterator[str]:
    if decision.after is None or decision.verdict == "renamed":
        yield _format_left_out(wanted.requirement, decision.reason)
    if decision.after is None:
        return
    is_moved = decision.verdict == "moved"
    yield _comment(decision.after, f"was {wanted.requirement}") if is_moved else decision.after


def _format_import(wanted: Wanted, made: Mapping[Wanted, Decision]) -> Iterator[str]:
    decision = made[wanted]
    where = f"{wanted.file}:{wanted.line}"
    if decision.after is None:
        yield _format_left_out(wanted.requirement, decision.reason)
    else:
        yield _comment(decision.after, where)


def _comment(requirement: str, comment: str) -> str:
    """Return a line whose comment is one, whatever characters the name of a file has."""
    return f"{requirement}  # {terminal.escape_control(comment)}"


def _format_left_out(requirement: str, reason: str) -> str:
    """Return a comment of one line, whatever characters a repository's file has."""
    return terminal.escape_control(f"# left out: {requirement} ({reason})")
