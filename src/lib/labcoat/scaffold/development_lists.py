"""Lists of what only development needs: named by `labcoat init`, taken by `labcoat init --dev`."""

import re
from collections.abc import Iterator, Sequence

from labcoat.adoption.choice import is_own_list
from labcoat.adoption.evidence.conda_environment import find_environments
from labcoat.adoption.evidence.development_tools import INSTALLERS, are_tools
from labcoat.adoption.evidence.pipfile import find_pipfiles
from labcoat.adoption.evidence.pixi import find_manifests
from labcoat.adoption.evidence.requirement_lists import find_lists
from labcoat.adoption.evidence.runners import find_runners
from labcoat.adoption.evidence.source import Source
from labcoat.adoption.pins.lines import Line, read_line
from labcoat.adoption.pins.own_names import own_names
from labcoat.core import terminal
from labcoat.core.changes import ChangeSet
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.project_files.lock_of_record import find_record
from labcoat.imports.tree import list_tree
from labcoat.locking import inputs, requirements_file
from labcoat.locking.requirements_file import requirement_names

NAME = "requirements-dev.in"
INTRODUCTION = (
    "# What development needs besides; `make venv` installs it, and the image does not have it.\n"
    "-c requirements.txt\n"
)
# Work on the project itself, rather than on its documents or its releases.
_WORK = lazy_pattern(
    r"(?:^|[-_./])(?:dev(?:el|elopment)?|tests?|testing|lint(?:ing)?|typing|check(?:s|ing)?|style"
    r"|format|pre-?commit)(?:[-_./]|$)",
    re.IGNORECASE,
)


def plan_development(changes: ChangeSet, project: Project, *, takes: bool) -> None:
    """Note which lists are for development; with `takes`, plan requirements-dev.in from them.

    Nothing is planned where the development of the project has a lock already.
    """
    locks = _list_locks(project, changes)
    if changes.read(NAME) is not None or f"{inputs.MAIN}-dev.txt" in locks:
        return
    if other := [lock for lock in locks if _WORK.search(lock.removesuffix(".txt"))]:
        changes.notes.append(
            f"For development: `make venv LABCOAT_DEV_REQUIREMENTS={other[0]}` installs"
            f" {terminal.join_some(other)} too"
        )
        return
    sources = _find_lists(project)
    if not sources:
        return
    names = terminal.escape_control(terminal.join_some([each.file for each in sources]))
    if takes:
        changes.plan(NAME, _format(changes, project, sources), f"written from {names}")
    else:
        changes.notes.append(
            f"For development: `labcoat init --dev` takes {names}, for `make venv` alone"
        )


def _list_locks(project: Project, changes: ChangeSet) -> list[str]:
    """Return the names of the locks that the project has already; none if it cannot be read.

    The lock of another tool has none where a requirements.in is about to take its place.
    """
    source = f"{inputs.MAIN}.in"
    is_new = changes.read(source) is not None and not (project.root / source).exists()
    try:
        if is_new and find_record(project.requirements) is not None:
            return []
        return [each.lock.name for each in inputs.list_inputs(project.root)]
    except LabcoatError:
        return []


def _find_lists(project: Project) -> list[Source]:
    tree = list_tree(project.root)
    found = [*find_lists(tree), *find_pipfiles(tree), *find_environments(tree)]
    found += [*find_manifests(tree), *find_runners(tree)]
    return [
        each
        for each in found
        if each.dev
        and each.wanted
        and is_own_list(each)
        and (
            each.format in {"Pipfile", "runner"}
            or each.file.endswith(".toml")
            or _WORK.search(each.file.rpartition(".")[0] or each.file)
            or _has_tools(each)
        )
    ]


def _has_tools(source: Source) -> bool:
    """Whether a list has nothing but tools, and others than installers, which labcoat brings."""
    names = {name for each in source.wanted for name in requirement_names(each.requirement)}
    return are_tools(names) and not names <= INSTALLERS


def _format(changes: ChangeSet, project: Project, sources: Sequence[Source]) -> str:
    main = changes.read(f"{inputs.MAIN}.in") or ""
    known = set(requirements_file.requirement_names(main))
    own = own_names(project.root)
    text = INTRODUCTION
    for source in sources:
        lines = list(_format_source(source, known, own))
        text += "".join(f"{line}\n" for line in (f"# From {source.file}:", *lines) if lines)
    return text


def _format_source(source: Source, known: set[str], own: frozenset[str]) -> Iterator[str]:
    """Yield the lines that nothing before has; what cannot be taken is left out in a comment."""
    for wanted in source.wanted:
        outcome = read_line(wanted, own)
        if not isinstance(outcome, Line):
            yield f"# left out: {outcome.requirement} ({outcome.reason})"
        elif outcome.name not in known:
            known.add(outcome.name)
            yield outcome.text
