"""The plan for what a repository asks for: which Python, and what becomes of each line."""

from collections.abc import Collection, Sequence

from labcoat._vendor.packaging.version import Version
from labcoat.adoption.pins import (
    building,
    fitting,
    index_releases,
    siblings,
    sources,
    stop,
    uv_search,
    versions,
)
from labcoat.adoption.pins.breaks import Limit
from labcoat.adoption.pins.lines import Line, merge_lines, read_line
from labcoat.adoption.pins.own_names import own_names
from labcoat.adoption.pins.python_for_pins import PythonForPins, choose_python
from labcoat.adoption.pins.source_needs import SourceNeeds, find_source_needs
from labcoat.adoption.plan import Decision, Plan, Verdict, Wanted
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.project_files.reader import READERS
from labcoat.core.records import replace

_Outcomes = dict[Wanted, Line | Decision]


def decide(
    project: Project,
    wanted: Sequence[Wanted],
    *,
    strict: bool,
    as_of: str,
    limits: Sequence[Limit] = (),
) -> Plan:
    """Return the plan for `wanted`: the Python to use, and a decision for each requirement.

    A requirement on `python` says which one. With `strict`, raise LabcoatError at the first line
    that cannot be taken as it is. `as_of`, a date such as `2021-03-31` or empty, limits releases to
    those of that day. `limits`, of what sources import, are kept to where a solution has them.
    Where the index cannot be reached, say so, and keep what needs it.
    """
    own = own_names(project.root)
    outcomes: _Outcomes = {each: read_line(each, own) for each in wanted}
    if strict:
        stop.refuse_changes(outcomes)
    lines = _merge(outcomes)
    before = f"{as_of}T23:59:59Z" if as_of else ""
    known = _look_up(lines, before)
    chosen = choose_python(project, wanted, lines, known, limits)
    for line in lines:
        outcomes[line.wanted] = fitting.fit_line(line, known, chosen.minor)
    outcomes |= {line.wanted: line for line in siblings.take_siblings(project.root, lines, known)}
    question = uv_search.Question(chosen.minor, before, tuple(limits))
    built, needs = _look_into_sources(question, outcomes, known)
    question = replace(question, needs=needs)
    if strict:
        stop.refuse_changes(outcomes)
    solution = building.Solution([], set())
    if known:
        solution = _solve(question, outcomes, known, built, strict=strict)
    outcomes |= _without_own(outcomes)
    return _plan(chosen, [outcomes[each] for each in wanted], solution, as_of)


def _without_own(outcomes: _Outcomes) -> _Outcomes:
    """Return that the repository's own package is left out, if what it asks for has changed.

    The package asks for it as it was.
    """
    own = [each for each in outcomes if each.kind == "own"]
    for wanted, outcome in outcomes.items() if own else ():
        is_kept = isinstance(outcome, Line) and outcome.verdict == "kept"
        if wanted.file in READERS and not is_kept:
            reason = f"{wanted.file} asks for {wanted.requirement}, which is not taken as it is"
            return {each: Decision(each.requirement, None, "dropped", reason) for each in own}
    return {}


def _merge(outcomes: _Outcomes) -> list[Line]:
    """Drop the lines that say again what others say, and return the rest."""
    kept, doubled = merge_lines([each for each in outcomes.values() if isinstance(each, Line)])
    outcomes.update({line.wanted: decision for line, decision in doubled})
    return kept


def _look_up(lines: Sequence[Line], before: str) -> fitting.Known:
    """Return what the index has of the packages of `lines`; nothing if it cannot be reached."""
    names = [line.name for line in lines if not line.is_fixed]
    if not names:
        return {}
    try:
        return index_releases.fetch_releases([*names, *fitting.other_names(lines)], before)
    except LabcoatError as error:
        terminal.print_warning(
            f"cannot look whether these versions can be installed: {error.message}", error.hint
        )
        return {}


def _look_into_sources(
    question: uv_search.Question, outcomes: _Outcomes, known: fitting.Known
) -> tuple[set[str], dict[str, tuple[str, ...]]]:
    """Return what has to be built, and what each source needs beside that.

    Lines whose source needs what cannot be installed are dropped.
    """
    built: set[str] = set()
    wheels: dict[str, tuple[str, ...]] = {}
    listings = dict(known)
    for wanted, line in outcomes.items():
        if not isinstance(line, Line) or sources.BUILT not in line.reasons:
            continue
        sdist = fitting.find_source(line, known, question.minor)
        needs = find_source_needs(sdist, question, listings) if sdist else SourceNeeds()
        if needs.obstacle:
            outcomes[wanted] = line.drop(f"only a source exists, and it {needs.obstacle}")
        else:
            built |= {line.name, *needs.built}
            wheels[line.name] = needs.wheels
    return built, wheels


def _solve(
    question: uv_search.Question,
    outcomes: _Outcomes,
    known: fitting.Known,
    built: Collection[str],
    *,
    strict: bool,
) -> building.Solution:
    """Loosen what contradicts itself, and return what was found."""
    lines = _merge(outcomes)
    solution = versions.find_versions(question, lines, built, known, only_once=strict)
    if solution.versions is None:
        stop.warn_unsolved(solution.output, strict=strict)
    outcomes.update({line.wanted: line for line in solution.lines})
    outcomes.update({line.wanted: decision for line, decision in solution.dropped})
    return solution


def _plan(
    chosen: PythonForPins,
    outcomes: Sequence[Line | Decision],
    solution: building.Solution,
    as_of: str,
) -> Plan:
    """Return the plan; limits that no line asks for come after the decisions about the lines."""
    limits = {each.name: each for each in solution.limits}
    decisions = []
    for each in outcomes:
        line = each
        if isinstance(line, Line) and (limit := limits.get(line.name)) and not line.is_fixed:
            specifier = ",".join(filter(None, [str(line.specifier), f"<{limit.below}"]))
            verdict: Verdict = "added" if line.verdict == "added" else "moved"
            line = line.change(verdict, limit.reason, specifier=specifier)
        if isinstance(line, Line):
            line = _note_prerelease(line, solution, chosen.minor)
            if reason := solution.outdated.get(line.name):
                line = replace(line, reasons=(*line.reasons, reason))
        decisions.append(line if isinstance(line, Decision) else line.decide())
    asked = {each.name for each in outcomes if isinstance(each, Line)}
    for name, limit in limits.items():
        if name not in asked:
            decisions.append(Decision(limit.text, limit.text, "added", limit.reason))
    settings = dict(chosen.settings)
    if solution.built:
        settings["LABCOAT_NO_BINARY"] = " ".join(sorted(solution.built))
    if as_of:
        settings["LABCOAT_AS_OF"] = as_of
    return Plan(
        chosen.written,
        tuple(decisions),
        tuple(settings.items()),
        solution.brought,
        is_python_declared=chosen.is_declared,
    )


def _note_prerelease(line: Line, solution: building.Solution, minor: str) -> Line:
    """Return the line with a note where only a pre-release, which it did not ask for, was found."""
    found = (solution.versions or {}).get(line.name, "")
    if line.is_fixed or not found or line.specifier.prereleases:
        return line
    if not Version(found).is_prerelease:
        return line
    note = f"{found} is a pre-release: no final release that fits has a wheel for Python {minor}"
    return replace(line, reasons=(*line.reasons, note))
