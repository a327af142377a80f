"""Read what makefiles document in `##` comments."""

from collections.abc import Iterable
from pathlib import Path

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record

_TARGET = lazy_pattern(r"^([\w./ -]+?)\s*:{1,2}(?![:=]).*?\s##\s+(.*)$")
_VARIABLE = lazy_pattern(r"^(?:override\s+)?([A-Za-z][\w.]*)\s*[:?+]?=\s*(.*)$")


class Entry(Record):
    """A documented target or variable."""

    group: str
    name: str
    text: str
    is_variable: bool
    default: str = ""  # of a variable, as written in the makefile


def parse_entries(makefile: str) -> list[Entry]:
    """Return what the text of a makefile documents, in its order."""
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


def read_entries(files: Iterable[Path]) -> list[Entry]:
    """Return what `files` document. Of several entries with one name, the first wins."""
    found: dict[tuple[str, bool], Entry] = {}
    for file in files:
        # make reads bytes: a comment may be in any encoding.
        for entry in parse_entries(file.read_text(encoding="utf-8", errors="replace")):
            found.setdefault((entry.name, entry.is_variable), entry)
    return list(found.values())


def split_makefile_list(makefile_list: str, root: Path) -> list[Path]:
    """Return the files in make's MAKEFILE_LIST, which separates them by spaces.

    Their own names may contain spaces too: the longest run of words that is a file is one. Words
    that are part of no file are skipped.
    """
    words, found = makefile_list.split(), []
    while words:
        ends = [end for end in range(len(words), 0, -1) if (root / " ".join(words[:end])).is_file()]
        if ends:
            found.append(root / " ".join(words[: ends[0]]))
        words = words[ends[0] if ends else 1 :]
    return list(dict.fromkeys(found))
