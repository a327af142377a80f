"""How the outputs of two levels differ, file by file: their numbers and their rows."""

import filecmp
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from labcoat.core.project import Project
from labcoat.proof.level_program import NO_LIBRARY, run_on_level
from labcoat.proof.numbers import compare_outputs
from labcoat.proof.output_rows import TABLE

_TABLES = (".parquet", ".feather")
_MOST_TABLE = 1 << 26  # bytes
_PROGRAM = Path(__file__).with_name("table_program.py")
_SHOWN = 5  # files of a directory
# Converts a table to lines of text; returns the file, or why there is none.
Converter = Callable[[Path], Path | str]


def describe_difference(name: str, first: Path, second: Path, convert: Converter) -> Iterator[str]:
    """Yield how the output `name` differs, `first` and `second` being what two levels wrote."""
    if not (first.is_dir() and second.is_dir()):
        yield f"{name}: {_compare_files(first, second, convert)}"
        return
    ours, theirs = (_list_files(one) for one in (first, second))
    differing = [
        one
        for one in sorted({*ours, *theirs})
        if one not in ours
        or one not in theirs
        or not filecmp.cmp(first / one, second / one, shallow=False)
    ]
    for one in differing[:_SHOWN]:
        if one in ours and one in theirs:
            yield f"{name}/{one}: {_compare_files(first / one, second / one, convert)}"
        else:
            yield f"{name}/{one}: only one of the two directories has it"
    if len(differing) > _SHOWN:
        yield f"{name}: {len(differing) - _SHOWN} more files differ"


def table_converter(project: Project, levels: Sequence[str]) -> Converter:
    """Return how a Parquet or Feather file is read: by the first of `levels` that has a library."""

    def convert(path: Path) -> Path | str:
        written = path.with_name(path.name + TABLE)
        found = ""
        for level in levels:
            status, _ = run_on_level(project, level, _PROGRAM, (str(path), str(written)))
            if not status:
                return written
            if status == NO_LIBRARY:
                found = found or f"{' and '.join(levels)} have no pyarrow, pandas or polars to read"
            else:
                found = f"{level} cannot read"
        return f"{found} `{path.name}`"

    return convert


def _list_files(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def _compare_files(first: Path, second: Path, convert: Converter) -> str:
    """Return how far two files agree, or why that is unknown."""
    if first.name.endswith(_TABLES) and first.is_file() and second.is_file():
        if max(one.stat().st_size for one in (first, second)) > _MOST_TABLE:
            return "too large for its rows to be compared"
        return _compare_tables(first, second, convert)
    return str(compare_outputs(first, second) or "no numbers that can be compared")


def _compare_tables(first: Path, second: Path, convert: Converter) -> str:
    converted: list[Path] = []
    try:
        for one in (first, second):
            rows = convert(one)
            if isinstance(rows, str):
                return f"not compared: {rows}"
            converted.append(rows)
        return str(compare_outputs(*converted) or "no numbers that can be compared")
    finally:
        for path in converted:
            path.unlink(missing_ok=True)
