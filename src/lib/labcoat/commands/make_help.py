"""`make help`: the targets and settings that the makefiles in use document.

In a makefile, `target: … ## text` documents a target, a line `## text` the variable that the next
line sets, and `##@ Title` starts a group. The project's own targets come before labcoat's.
"""

import os
import shutil
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, groupby

from labcoat.commands.makefile_comments import Entry, read_entries, split_makefile_list
from labcoat.core import terminal
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, default_dev_requirements
from labcoat.core.records import replace
from labcoat.core.settings import DEFAULTS

INCLUDE = "include.python.mk"
SCREEN = 40  # lines
_NARROWEST = 60  # columns; a narrower terminal wraps the lines itself
_POINTER = ["`make help SETTINGS=1` describes all targets and settings"]


def format_help(makefile_list: str, project: Project, *, all_settings: bool = False) -> str:
    """Return the help for the makefiles in `makefile_list`, which is make's MAKEFILE_LIST.

    With `all_settings`, every target and setting is described in full. Without, the help fits a
    screen: settings that differ from their defaults are listed with their values, and in a project
    with many targets of its own, groups of labcoat's are listed by name.
    """
    files = split_makefile_list(makefile_list, project.root)
    # The Makefile may include a link of another name.
    own = read_entries(file for file in files if file.resolve().name != INCLUDE)
    ours = read_entries(file for file in files if file.resolve().name == INCLUDE)
    hidden = project["OWN"].split()
    ours = [
        replace(each, name=f"labcoat-{each.name}") if each.name in hidden else each for each in ours
    ]
    redefined = {entry.name for entry in own if not entry.is_variable}
    own_targets = [entry for entry in own if not entry.is_variable]
    our_targets = [e for e in ours if not e.is_variable and e.name not in redefined]
    if all_settings:
        values = _effective_values(project)
        variables = [entry for entry in [*own, *ours] if entry.is_variable]
        blocks = _format_groups([*own_targets, *our_targets], "", _format_target)
        blocks += _format_groups(variables, " settings", lambda e: _format_variable(e, values))
        return _join(blocks, "\n\n")
    names = [entry.name for entry in own if entry.is_variable]
    last = [block for block in (_list_names(names), _list_changes(project)) if block]
    blocks = [*_format_groups([*own_targets, *our_targets], "", _format_target), *last]
    if _count_lines(blocks) + len(blocks) - 1 <= SCREEN:
        return _join(blocks, "\n\n")
    first = _format_groups(own_targets, "", lambda entry: [_cut(_target_head(entry), entry.text)])
    groups = [list(members) for _, members in groupby(our_targets, key=lambda entry: entry.group)]
    described = list(chain.from_iterable(_format_groups(g, "", _format_target) for g in groups))
    blocks = [*first, *described, *last]
    for count in range(1, len(groups) + 1):
        if _count_lines(blocks) <= SCREEN:
            break
        kept = len(groups) - count
        listed = [_list_targets(group) for group in groups[kept:]]
        blocks = [*first, *described[:kept], *listed, *last, _POINTER]
    return _join(blocks, "\n")


def _format_groups(
    entries: Iterable[Entry], suffix: str, format_entry: Callable[[Entry], list[str]]
) -> list[list[str]]:
    return [
        [
            _format_title((group or "This project") + suffix),
            *chain.from_iterable(map(format_entry, members)),
        ]
        for group, members in groupby(entries, key=lambda entry: entry.group)
    ]


def _target_head(entry: Entry) -> str:
    return f"  {entry.name:<13}"


def _format_target(entry: Entry) -> list[str]:
    return _wrap(_target_head(entry), entry.text)


def _format_variable(entry: Entry, values: Mapping[str, str]) -> list[str]:
    value = values.get(entry.name, entry.default)
    return [f"  {entry.name} = {value}".rstrip(), *_wrap(" " * 6, entry.text)]


def _list_targets(entries: Sequence[Entry]) -> list[str]:
    """List `entries` of one group by name."""
    lines = _wrap(f"{entries[0].group}:", " ".join(entry.name for entry in entries))
    return [line.replace(entries[0].group, _format_title(entries[0].group), 1) for line in lines]


def _list_names(names: list[str]) -> list[str]:
    """Name the project's own variables: only make knows their values."""
    title = _format_title("Variables of this project")
    return [title, *_wrap(" ", " ".join(names))] if names else []


def _list_changes(project: Project) -> list[str]:
    """Name the settings that differ from their defaults, with their values."""
    dev = default_dev_requirements(project.root)
    defaults = {**DEFAULTS, "LABCOAT_DEV_REQUIREMENTS": dev}
    changed = [
        _cut(f"  {name} =", value)
        for name, value in project.settings.items()
        if value != defaults[name]
    ]
    title = _format_title("Settings that differ from their defaults")
    return [title, *changed] if changed else []


def _effective_values(project: Project) -> dict[str, str]:
    cache = str(cache_folder())
    return {**project.settings, "LABCOAT_IMAGE": project.image, "LABCOAT_CACHE": cache}


def _wrap(head: str, text: str) -> list[str]:
    """Return `head` and `text` in lines of the terminal's width."""
    indent = " " * (len(head) + 1)
    lines = textwrap.wrap(
        text,
        _columns(),
        initial_indent=f"{head} ",
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return lines or [head.rstrip()]


def _cut(head: str, text: str) -> str:
    """Return `head` and as much of `text` as fits one line."""
    line = f"{head} {text}"
    return line if len(line) <= _columns() else f"{line[: _columns() - 1].rstrip()}…"


def _columns() -> int:
    return max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST)


def _format_title(title: str) -> str:
    return terminal.coloured(title, terminal.BOLD, sys.stdout)


def _count_lines(blocks: list[list[str]]) -> int:
    return sum(map(len, blocks))


def _join(blocks: list[list[str]], gap: str) -> str:
    return gap.join("\n".join(block) for block in blocks) + "\n"


def add_arguments(parser: ArgumentParser) -> None:
    """Add make's list of makefiles, and whether to describe all settings."""
    parser.add_argument(
        "makefiles", metavar="MAKEFILE_LIST", help="make's variable MAKEFILE_LIST, as one argument"
    )
    parser.add_argument("--settings", action="store_true", help="describe every setting too")


def run(args: Namespace) -> int:
    """Print the help; a setting that is invalid is a warning, since the help says what is valid."""
    try:
        project = Project.here()
    except LabcoatError as error:
        terminal.print_warning(error.message, error.hint)
        project = Project.here(
            {name: each for name, each in os.environ.items() if not name.startswith("LABCOAT_")}
        )
    print(format_help(args.makefiles, project, all_settings=args.settings), end="")
    return 0
