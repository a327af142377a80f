"""Copies of inputs in UTF-8, for lockers, with their names of each other corrected."""

import re
from collections.abc import Mapping
from pathlib import Path

from labcoat.core import reading
from labcoat.core.text_encoding import text_encoding
from labcoat.locking.requirement_lines import OptionLine, parse_lines

_FILE_OPTIONS = {"--requirement": "-r", "--constraint": "-c"}


def is_plain(file: Path) -> bool:
    """Whether lockers can read `file` as it is: in UTF-8."""
    return text_encoding(reading.read_file(file))[1] == "utf-8"


def write_copies(folder: Path, texts: Mapping[Path, str], source: Path) -> dict[Path, Path]:
    """Write `texts` in UTF-8 into `folder`; return the path of each copy by that of its file.

    The source's copy is named like a requirements file: lockers know files by their names.
    """
    copies = {
        file: folder / ("requirements.in" if file == source else f"{number}-{file.name}")
        for number, file in enumerate(texts)
    }
    folder.mkdir(parents=True)
    by_path = {file.resolve(): copy for file, copy in copies.items()}
    for file, text in texts.items():
        copies[file].write_text(_correct_names(text, file, by_path), encoding="utf-8")
    return copies


def _correct_names(text: str, file: Path, by_path: Mapping[Path, Path]) -> str:
    """Return `text` with -r and -c lines that name the copies of files."""
    for line in parse_lines(text):
        if not isinstance(line, OptionLine) or line.option not in _FILE_OPTIONS:
            continue
        target = by_path.get((file.parent / line.value).resolve())
        if target is not None:
            new = f"{_FILE_OPTIONS[line.option]} {target.name}"
            before = rf"(?m)^[ \t]*{re.escape(line.text)}"
            text = re.sub(before, new.replace("\\", r"\\"), text)
    return text
