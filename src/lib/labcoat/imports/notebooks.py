"""Read the code of Jupyter notebooks: what it imports and what it installs, never running it."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import MutableRecord, field
from labcoat.imports.imported import Import
from labcoat.imports.sources import read_plain_imports, read_source

MOST = 1 << 28  # bytes of a notebook
_MOST_PARSED = 1 << 25  # bytes of one without the long texts, which are output
_MOST_QUOTES = 1 << 23  # of a longer one: some seconds of looking at each text
_LONG_TEXT = 1 << 15  # bytes
_MAGIC = lazy_pattern(r"^(?P<indent>\s*)(?P<sign>[!%])(?P<rest>.*)$")
_BARE = lazy_pattern(r"^\s*(?:pip3?|conda|mamba)\s+install\s")
_JSON_TEXT = lazy_pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# Cells in other languages, or that are written to files.
_OTHER_CELL = lazy_pattern(
    r"^\s*%%(?:bash|sh|script|html|javascript|js|latex|markdown|svg|perl|ruby|R|writefile|file"
    r"|cmd|powershell|sql|bigquery|cython|pypy|python2|configure|configuration)\b"
)


class Notebook(NamedTuple):
    """The imports of a notebook, and the commands of its `!` and `%` lines, with their cells.

    Lines are numbered by cell: the line of an import is the number of its code cell, from 1.
    """

    imports: tuple[Import, ...] = ()
    commands: tuple[tuple[int, str], ...] = ()
    python: str = ""


class _Reader(MutableRecord):
    imports: list[Import] = field(default_factory=list)
    commands: list[tuple[int, str]] = field(default_factory=list)


def read_notebook(data: bytes) -> Notebook | None:
    """Return what a notebook's code cells import and run; None if it cannot be read.

    A notebook for another language has nothing. `python` is the version that last ran it.
    """
    if len(data) > MOST:
        return None
    if len(data) > _MOST_PARSED:
        data = _drop_output(data)
    if len(data) > _MOST_PARSED:  # numbers without end, which take a lot of memory
        return None
    try:
        content = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(content, dict):
        return None
    metadata = _mapping(content.get("metadata"))
    info = _mapping(metadata.get("language_info"))
    language = info.get("name") or _mapping(metadata.get("kernelspec")).get("language") or "python"
    if "python" not in str(language).lower():
        return Notebook()
    reader = _Reader()
    for number, code in enumerate(_code_cells(content), 1):
        _read_cell(code, number, reader)
    return Notebook(tuple(reader.imports), tuple(reader.commands), str(info.get("version") or ""))


def _drop_output(data: bytes) -> bytes:
    """Return a notebook's JSON without long texts; as it is if it has too many texts to look at."""
    return data if data.count(b'"') > _MOST_QUOTES else _JSON_TEXT.sub(_drop_long, data)


def _drop_long(text: re.Match[bytes]) -> bytes:
    """Return a text of a notebook's JSON; an empty one for what is longer than a line of code."""
    return text[0] if text.end() - text.start() < _LONG_TEXT else b'""'


def _code_cells(content: dict[str, Any]) -> Iterator[str]:
    sheets = content.get("worksheets")  # of nbformat 3
    holders = [content, *(sheets if isinstance(sheets, list) else [])]
    for holder in holders:
        cells = _mapping(holder).get("cells")
        for cell in cells if isinstance(cells, list) else []:
            if _mapping(cell).get("cell_type") != "code":
                continue
            text = cell.get("source", cell.get("input", ""))
            if isinstance(text, list):
                text = "".join(each for each in text if isinstance(each, str))
            if isinstance(text, str):
                yield text


def _read_cell(code: str, number: int, reader: _Reader) -> None:
    if _OTHER_CELL.match(code):
        if re.match(r"^\s*%%(?:bash|sh|script)\b", code):
            reader.commands += [(number, line.strip()) for line in code.splitlines()[1:]]
        return
    lines = []
    for line in code.splitlines():
        found = _MAGIC.match(line)
        if found or _BARE.match(line):
            indent = found["indent"] if found else line[: len(line) - len(line.lstrip())]
            reader.commands.append((number, found["rest"].lstrip("!%") if found else line.strip()))
            lines.append(f"{indent}pass")
        else:
            lines.append(line)
    if "import" not in code:
        return
    text = "\n".join(lines)
    imports = read_plain_imports(text)
    reader.imports += [
        each._replace(line=number) for each in (read_source(text) if imports is None else imports)
    ]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
