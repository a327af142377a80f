"""requirements.in of a repository that labcoat comes to: written from what is there, or empty.

A repository whose files declare all that it imports gets none.
"""

import time
from pathlib import Path

from labcoat.adoption.choice import names_of
from labcoat.adoption.locked import plan_lock
from labcoat.adoption.pins.decide import decide
from labcoat.adoption.pins.table import format_plan
from labcoat.adoption.plan import Plan
from labcoat.adoption.report import format_missing, format_survey
from labcoat.adoption.requirements_text import INTRODUCTION, format_requirements
from labcoat.adoption.survey import Survey, find_missing_imports, survey_project
from labcoat.core import git, terminal
from labcoat.core.changes import ChangeSet
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.project_files.reader import read_declared
from labcoat.core.records import Record, replace
from labcoat.imports.tree import LIST
from labcoat.locking import download_sizes, index_options, inputs, requirements_file
from labcoat.locking.recorded_sources import implied_source
from labcoat.scaffold.makefile import plan_settings
from labcoat.toolchain import named_indexes

NAME = "requirements.in"
_WITHOUT_GPU = "; less than a tenth without a GPU: see labcoat's docs/how-to/indexes.md"
_RECENT = 30 * 86400  # seconds since a commit in which few releases come out


class Wishes(Record):
    """How to take what a repository asks for.

    With `strict`, what cannot be taken as it is is an error. `as_of`, a date or empty, limits
    releases to those of that day. With `dev`, lists for development are taken too.
    """

    strict: bool = False
    as_of: str = ""
    dev: bool = False


DEFAULT = Wishes()


def plan_requirements(
    changes: ChangeSet, project: Project | None = None, wishes: Wishes = DEFAULT
) -> None:
    """Plan requirements.in, or lines of it, from what the repository lists and imports.

    Raise LabcoatError if `wishes` are strict, and a line cannot be taken as it is.
    """
    root = changes.root
    listed = _read_list(root / LIST)
    if changes.read(NAME) is not None:
        _add_listed(changes, listed)
        missing = find_missing_imports(project or Project(root), changes.read(NAME) or "")
        changes.notes += format_missing(missing, NAME)
    elif "--hash=" not in listed:
        _plan_new(changes, project or Project(root), wishes)


def _read_list(path: Path) -> str:
    """Return the text of a list; nothing if there is none, or a link leads out to it."""
    if not path.exists() or not path.resolve().is_relative_to(path.parent.resolve()):
        return ""
    return requirements_file.read_requirements(path)


def _add_listed(changes: ChangeSet, listed: str) -> None:
    source = changes.root / NAME
    known = "\n".join(
        map(
            requirements_file.read_requirements,
            requirements_file.included_files(source, missing_ok=True),
        )
    )
    if missing := requirements_file.unlisted_requirements(listed, known, changes.root):
        summary = f"added {terminal.join_some(missing)} from requirements.txt"
        changes.append(NAME, missing, summary)


def _plan_new(changes: ChangeSet, project: Project, wishes: Wishes) -> None:
    _warn_of_unreadable(project)
    survey = survey_project(project)
    if survey.is_locked:
        name = survey.taken[0].file
        plan, reason = plan_lock(project, name, survey.pythons)
        if plan is not None:
            changes.notes += format_survey(survey)
            changes.notes += [reason] if reason else []
            _plan_environment(changes, plan)
            return
        changes.notes.append(f"{name} cannot be taken as it is: {reason}")
        survey = survey_project(project, passed_over=name)
    changes.notes += format_survey(survey)
    if not (survey.taken or survey.missing or survey.installed or survey.own):
        changes.plan(NAME, INTRODUCTION, "written, still empty")
        return
    plan = decide(
        project,
        survey.wanted,
        strict=wishes.strict,
        as_of=wishes.as_of,
        limits=survey.limits,
    )
    decisions = plan.decisions[len(survey.pythons) :]
    is_changed = any(each.verdict in {"moved", "dropped", "renamed"} for each in decisions)
    is_changed |= len(plan.decisions) > len(survey.wanted)
    is_whole = survey.is_declared or (not is_changed and _brings_imports(survey, plan))
    if is_whole:
        decisions = tuple(each for each in decisions if each.verdict != "added")
    changes.notes += format_plan(replace(plan, decisions=decisions))
    if is_whole and survey.missing:
        changes.notes.append(
            f"{survey.declared} stays as it is: its packages bring what is imported"
        )
    if is_changed and not wishes.as_of and (day := _last_day(project.root)):
        changes.notes.append(f"`labcoat init --as-of {day}` takes the releases of the last commit")
    if is_changed or not is_whole:
        text = format_requirements(survey, plan)
        changes.plan(NAME, text, f"written from {_describe(survey)}")
        asked = [each.requirement for each in survey.wanted]
        changes.notes += index_options.explain_comments(text, asked)
    _plan_environment(changes, plan)
    only_conda = [each.system for each in survey.taken if each.format == "conda" and each.system]
    plan_settings(changes, [("LABCOAT_CONDA_PACKAGES", " ".join(each)) for each in only_conda[:1]])


def _brings_imports(survey: Survey, plan: Plan) -> bool:
    """Whether the packages of the project's own file need all that it lacks and sources import.

    Its groups and extras have some of it as long as that file counts.
    """
    missing = "\n".join(each.requirement for each in survey.missing)
    names = requirements_file.requirement_names(missing) - names_of(survey.groups)
    return survey.is_declared_alone and names <= plan.brought


def _warn_of_unreadable(project: Project) -> None:
    """Name a project file that cannot be read, which counts as if it were not there."""
    try:
        read_declared(project.root)
    except LabcoatError as error:
        terminal.print_warning(error.message, error.hint)


def _plan_environment(changes: ChangeSet, plan: Plan) -> None:
    if plan.python:
        changes.plan(".python-version", f"{plan.python}\n", f"written: Python {plan.python}")
    plan_settings(changes, plan.settings)


def _last_day(root: Path) -> str:
    """Return the day of the last commit; empty if there is none, or none that is weeks ago."""
    try:
        seconds = git.last_commit_time(root, ["."])
    except LabcoatError:
        return ""
    is_recent = seconds is None or time.time() - seconds < _RECENT
    return "" if is_recent else time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _describe(survey: Survey) -> str:
    names = [each.file for each in survey.taken]
    if survey.missing:
        names.append("imports")
    if survey.installed:
        names.append("notebooks")
    if survey.own and not names:
        names.append("imports")
    becomes = ", which becomes the lock with `make venv`" if "requirements.txt" in names else ""
    return terminal.join_some([*names[:-2], " and ".join(names[-2:])]) + becomes


def is_empty(requirements_in: Path) -> bool:
    """Return whether a requirements.in exists and lists no package."""
    return requirements_in.exists() and not requirements_file.requirement_texts(
        requirements_file.read_requirements(requirements_in)
    )


def describe_download(root: Path) -> str:
    """Return about how much the packages of the project take; empty if that is not worth a line."""
    try:
        names = {
            requirements_file.requirement_name(line)
            for each in inputs.list_inputs(root)
            for text in each.texts().values()
            for line in requirements_file.requirement_texts(text)
        }
        indexes = named_indexes.list_indexes(root)
    except LabcoatError:
        return ""  # the next command names what cannot be read
    found = download_sizes.estimate_download(names - {""}, is_lock=False)
    if found.megabytes < download_sizes.LARGE:
        return ""
    # The default index has PyTorch with the libraries of CUDA.
    is_cuda = "torch" in found.largest and not any(each.has("torch") for each in indexes)
    return found.describe() + _WITHOUT_GPU * is_cuda


def declaring_files(root: Path) -> list[str]:
    """Return the names of the files, other than requirements*.in, that list dependencies."""
    found = [each for each in inputs.list_inputs(root) if each.declared is not None]
    return list(dict.fromkeys(each.source.name for each in found))


def installs_itself(root: Path) -> bool:
    """Whether a lock of the project's own file has the project itself installed."""
    return any(implied_source(each) for each in inputs.list_inputs(root))
