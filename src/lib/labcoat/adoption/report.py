"""What `labcoat init` found in a repository, which list it takes and why: one screen."""

from collections.abc import Iterator, Sequence

from labcoat.adoption.evidence.declared import MOST_FOLDERS
from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Wanted
from labcoat.adoption.survey import Survey
from labcoat.core import terminal

_MOST = 8  # lists that are shown; a course has hundreds of notebooks
_MOST_IMPORTS = 4
_MOST_SKIPPED = 6
_FILLED = (
    "LABCOAT_CONDA_PACKAGES gets them, for `make conda`; an image needs them in its Dockerfile"
)


def format_survey(survey: Survey) -> Iterator[str]:
    """Yield the lines: each list, the taken ones first, then what you have to decide."""
    shown = [*survey.taken, *survey.others]
    if shown:
        yield "Found:"
    names = [terminal.escape_control(each.file) for each in shown[:_MOST]]
    width = min(max(map(len, names), default=0), 40)
    for name, each in zip(names, shown[:_MOST], strict=False):
        taken = f" → taken: {survey.reason}" if each in survey.taken else ""
        yield f"  {name:{width}}  {_describe(each)}{taken}"
    if len(shown) > _MOST:
        yield f"  and {len(shown) - _MOST} more"
    yield from format_missing(survey.missing, _name_taken(survey))
    if survey.installed:
        places = [f"{each.requirement} ({each.file}:{each.line})" for each in survey.installed]
        installed = terminal.escape_control(terminal.join_some(places, _MOST_IMPORTS))
        yield f"Installed by notebooks, and not in {_name_taken(survey) or 'a list'}: {installed}"
    for own in survey.own if not survey.is_declared else ():
        place = terminal.escape_control(f"{own.file}:{own.line}")
        yield f"{place} imports the repository's own package: `{own.requirement}` installs it"
    for each in (*survey.taken, *survey.groups):
        yield from _format_skipped(each)
    yield from _decisions(survey)


def format_missing(missing: Sequence[Wanted], name: str) -> Iterator[str]:
    """Yield a line that names what sources import and the list `name` lacks, if there is one."""
    if missing:
        absence = f", and not in {name}" if name else ""
        places = [f"{each.requirement} ({each.file}:{each.line})" for each in missing]
        imported = terminal.escape_control(terminal.join_some(places, _MOST_IMPORTS))
        yield f"Imported{absence}: {imported}"


def _format_skipped(source: Source) -> Iterator[str]:
    """Yield the lines that are not taken, those with one reason together."""
    if source.skipped:
        yield f"Left out of {terminal.escape_control(source.file)} ({len(source.skipped)}):"
    for reason in dict.fromkeys(each.reason for each in source.skipped):
        texts = [each.text for each in source.skipped if each.reason == reason]
        yield f"  {terminal.escape_control(terminal.join_some(texts, _MOST_SKIPPED))}: {reason}"


def _name_taken(survey: Survey) -> str:
    """Return the taken lists; empty where there are others, which may have what is imported."""
    rest = [each for each in survey.others if each.wanted]
    names = [terminal.escape_control(each.file) for each in survey.taken]
    return " or ".join(names) or ("" if rest else "any list")


def _describe(source: Source) -> str:
    parts = []
    if count := len(source.wanted):
        parts.append(f"{count} package{'' if count == 1 else 's'}")
    if source.python:
        parts.append(f"Python {source.python.strip('=')}")
    if source.system:
        parts.append(f"{len(source.system)} of the system's")
    return ", ".join(parts) + (" for development" if source.dev else "")


def _remedy(file: str) -> str:
    """Return what to do about the list of system packages in `file`."""
    if file == "apt.txt":
        return "`make requirements` locks them, and the image gets them"
    return "list Debian's in apt.txt, and the image gets them"


def _own_folders(sources: Sequence[Source]) -> list[str]:
    """Return the folders below this one that list packages for running what is in them."""
    lists = {"requirements", "Pipfile", "conda", "declared", "lock"}
    found = (
        each.file.rpartition("/")[0]
        for each in sources
        if each.wanted and not each.dev and each.format in lists
    )
    return list(dict.fromkeys(filter(None, found)))


def _decisions(survey: Survey) -> Iterator[str]:
    """Yield what labcoat leaves to the user."""
    rows = [
        f"`{terminal.escape_control(each.modules[0])}` is imported in"
        f" {terminal.escape_control(each.file)}:{each.line}, and no package is known for it:"
        " add the one that you mean to requirements.in"
        for each in survey.unknown
    ]
    for each in (*survey.taken, *survey.others):
        if each.system and each.format == "conda":
            setting = f"`LABCOAT_CONDA_PACKAGES := {' '.join(each.system)}` in the Makefile"
            rows.append(
                f"{each.file} asks for {terminal.join_some(each.system)}, which only conda has: "
                + (_FILLED if each in survey.taken else setting)
            )
        elif each.system and each.format == "system":
            rows.append(
                f"{each.file} asks for {terminal.join_some(each.system)} of the operating system:"
                f" {_remedy(each.file)}"
            )
    rows += survey.computed
    folders = [] if survey.taken else _own_folders(survey.others)
    if len(folders) > 1:
        names = terminal.escape_control(terminal.join_some(folders, _MOST_IMPORTS))
        rows.append(
            f"{names} have lists of their own: run init in one of them for an environment of its"
            " own; here, one is made of all that the sources import"
        )
    if more := survey.unread_projects:
        are = "project in a folder was" if more == 1 else "projects in folders were"
        rows.append(
            f"{more} more {are} not read: of {MOST_FOLDERS + more}, labcoat reads the nearest"
            f" {MOST_FOLDERS}"
        )
    if survey.unread:
        rows.append(f"too long or damaged: {terminal.join_some(survey.unread)}")
    if survey.is_cut:
        rows.append("the repository has too many files: the rest was not read")
    if rows:
        yield "For you to decide:"
        yield from (f"  {row}" for row in rows[:_MOST])
    if len(rows) > _MOST:
        yield f"  and {len(rows) - _MOST} more"
