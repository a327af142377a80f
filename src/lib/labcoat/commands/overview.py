"""`make help`: every target and variable, from the `##` comments of the makefiles that are in use.

In a makefile, `target: … ## text` describes a target, a line `## text` the variable that the next line sets, and
`##@ Title` starts a group.
"""

import os
import re
import shutil
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

from labcoat.core.project import Project, cache_folder

_TARGET = re.compile(r"^([\w./ -]+?)\s*:{1,2}(?![:=]).*?\s##\s+(.*)$")
_VARIABLE = re.compile(r"^(?:override\s+)?([A-Za-z][\w.]*)\s*[:?+]?=\s*(.*)$")


@dataclass(frozen=True)
class Entry:
    """One line of help: a target, or a variable."""

    group: str
    name: str
    text: str
    is_variable: bool
    default: str = ""  # a variable's, as the makefile has it


def entries(makefile: str) -> list[Entry]:
    """What a makefile's text documents, in its order."""
    found: list[Entry] = []
    group, above = "", ""
    for line in makefile.splitlines():
        if line.startswith("##@ "):
            group = line[4:].strip()
        elif line.startswith("## "):
            above = line[3:].strip()
            continue
        elif target := _TARGET.match(line):
            found += [
                Entry(group, name.removeprefix("labcoat-"), target[2], is_variable=False)
                for name in target[1].split()
            ]
        elif above and (variable := _VARIABLE.match(line)):
            found.append(Entry(group, variable[1], above, is_variable=True, default=variable[2]))
        above = ""
    return found


def makefiles(listed: str, root: Path) -> list[Path]:
    """The files in make's MAKEFILE_LIST, whose names may hold the spaces that part them."""
    words, found = listed.split(), []
    while words:
        # The longest run of words that is a file; a word that leads nowhere is passed over.
        ends = [end for end in range(len(words), 0, -1) if (root / " ".join(words[:end])).is_file()]
        if ends:
            found.append(root / " ".join(words[: ends[0]]))
        words = words[ends[0] if ends else 1 :]
    return list(dict.fromkeys(found))


def text(listed: str, project: Project) -> str:
    """The help text of the makefiles in `listed`, make's MAKEFILE_LIST: targets by group, then variables with their values."""
    found = [
        entry
        for file in makefiles(listed, project.root)
        for entry in entries(file.read_text(encoding="utf-8"))
    ]
    lines: list[str] = []
    for is_variable, title in ((False, ""), (True, " settings")):
        chosen = {
            entry.name: entry for entry in reversed(found) if entry.is_variable == is_variable
        }
        for group in dict.fromkeys(entry.group for entry in found):
            members = [
                entry for entry in found if chosen.get(entry.name) is entry and entry.group == group
            ]
            if members:
                lines += ["", _bold((group or "This project") + title)]
                lines += [line for entry in members for line in _lines(entry, project)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _lines(entry: Entry, project: Project) -> list[str]:
    if not entry.is_variable:
        return _wrapped(f"  {entry.name:<14}", entry.text)
    values = {
        **project.settings,
        "LABCOAT_IMAGE": project.image,
        "LABCOAT_CACHE": str(cache_folder()),
    }
    return [
        f"  {entry.name} = {values.get(entry.name, entry.default)}".rstrip(),
        *_wrapped(" " * 6, entry.text),
    ]


def _wrapped(head: str, text: str) -> list[str]:
    width = max(shutil.get_terminal_size((100, 24)).columns, 60)
    return textwrap.wrap(
        text, width, initial_indent=f"{head} ", subsequent_indent=" " * (len(head) + 1)
    ) or [head.rstrip()]


def _bold(title: str) -> str:
    return (
        title if not sys.stdout.isatty() or os.environ.get("NO_COLOR") else f"\033[1m{title}\033[0m"
    )


def add_arguments(parser: ArgumentParser) -> None:
    """Add make's list of makefiles."""
    parser.add_argument("makefiles", metavar="MAKEFILE_LIST", help="make's variable of that name")


def run(args: Namespace) -> int:
    """Print the help text."""
    print(text(args.makefiles, Project.here()), end="")
    return 0
