"""Requirements files and locks on disk: what they include, which packages they name and pin."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from labcoat.core import reading
from labcoat.core.errors import LabcoatError, unreadable
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.core.text_encoding import decode_text
from labcoat.locking.requirement_lines import (
    FileLine,
    OptionLine,
    RequirementLine,
    marker_applies,
    parse_lines,
    parse_requirements,
)


class Pin(Record):
    """One package of a lock: its normalized name, version, marker (PEP 508, or empty) and hashes.

    `hashes` are the SHA-256 of its files in hexadecimal.
    """

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


def read_requirements(path: Path) -> str:
    """Return the text of a requirements file. Raise LabcoatError if it cannot be read."""
    try:
        return decode_text(reading.read_file(path)).replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise LabcoatError(
            f"`{path.name}` does not exist",
            "Create it, or correct the line or the setting that names it",
        ) from None
    except ValueError:
        raise LabcoatError(f"`{path.name}` is not a text file", "Save it as UTF-8") from None
    except OSError as error:
        raise unreadable(path.name, error) from None


def included_files(
    path: Path, *, missing_ok: bool = False, constraints: bool = True
) -> Iterator[Path]:
    """Yield `path`, then every file that it includes with -r and, if `constraints`, -c, each once.

    With `missing_ok`, files that do not exist yet are included. Raise LabcoatError if one cannot be
    read.
    """
    options = {"--requirement", "--constraint"} if constraints else {"--requirement"}
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file.resolve() in seen:
            continue
        seen.add(file.resolve())
        yield file
        if missing_ok and not file.exists():
            continue
        waiting += [
            file.parent / line.value
            for line in reversed(parse_lines(read_requirements(file)))
            if isinstance(line, OptionLine)
            and line.option in options
            and line.value
            and "://" not in line.value
        ]


def requirement_texts(text: str) -> list[str]:
    """Return the lines that are not blank, without comments; continuation lines are joined."""
    return [line.text for line in parse_lines(text)]


_LEFT_OUT = lazy_pattern(r"(?m)^[ \t]*#[ \t]*left out: ([^\s#(]+(?: *[<>=!~@;][^#(]*)?)")


def unlisted_requirements(lock: str, source: str, folder: Path) -> list[str]:
    """Return the lines of a manually written requirements.txt that its inputs do not ask for.

    `lock` and `source` are the texts of the file and of its inputs; a file that the lock includes,
    relative to `folder`, may list what these ask for. Files that a program wrote give
    none: a lock has hashes or only pins, and the output of pip freeze
    (https://pip.pypa.io/en/stable/cli/pip_freeze/) pins and addresses.
    """
    lines = parse_lines(lock)
    if "--hash=" in lock or not any(map(_is_manual, lines)):
        return []
    # What labcoat, or its user, has left out stands in a comment.
    left_out = "\n".join(re.findall(r"(?m)^[ \t]*#[ \t]*(?:left out: )?(\S.*)$", source))
    wanted = {*requirement_texts(source), *requirement_texts(left_out)}
    known = requirement_names(source) | set(map(requirement_name, _LEFT_OUT.findall(source)))
    rest = [line for line in lines if line.text not in wanted and line.name not in known]
    return [line.text for line in rest if not _includes_known(line, folder, known)]


def _includes_known(line: FileLine, folder: Path, known: Collection[str]) -> bool:
    """Whether a line includes a file of nothing but packages that are `known`."""
    if not isinstance(line, OptionLine) or line.option != "--requirement" or not line.value:
        return False
    try:
        paths = list(included_files(folder / line.value, constraints=False))
        texts = "\n".join(map(read_requirements, paths))
    except LabcoatError:
        return False
    listed = [each for each in parse_lines(texts) if not isinstance(each, OptionLine)]
    return all(each.name in known for each in listed)


def _is_manual(line: FileLine) -> bool:
    """Whether no program writes such a line: another file, a path, or an unpinned requirement."""
    if isinstance(line, OptionLine):
        return line.option in {"--requirement", "--constraint"}
    if isinstance(line, RequirementLine):
        return line.is_address or not (line.version or line.url)
    return True


def requirement_name(line: str) -> str:
    """Return the normalized name of a requirement; empty for an option, a path or an address."""
    return next((each.name for each in parse_lines(line)), "")


def requirement_names(text: str) -> set[str]:
    """Return the names of the packages that a requirements file asks for."""
    return {line.name for line in parse_lines(text)} - {""}


def names_without_hash(text: str) -> list[str]:
    """Return the names that a lock pins without a hash of any kind."""
    return [
        requirement_name(line)
        for line in requirement_texts(text)
        if pinned_versions(line) and "--hash=" not in line
    ]


def pinned_versions(text: str) -> dict[str, str]:
    """Return the versions in a lock: normalized name to version."""
    return {pin.name: pin.version for pin in parse_pins(text)}


def parse_pins(text: str) -> list[Pin]:
    """Return the pins of a lock. A name can be there several times, for different platforms."""
    return [
        Pin(line.name, line.version, line.marker, _sha256_hashes(line))
        for line in parse_requirements(text)
        if line.version
    ]


def _sha256_hashes(line: RequirementLine) -> frozenset[str]:
    found = (each.partition(":") for each in line.hashes)
    return frozenset(value for algorithm, _, value in found if algorithm == "sha256")


def select_pins(pins: Iterable[Pin], environment: Mapping[str, str]) -> dict[str, Pin]:
    """Return the pins, by name, that apply in an environment with these marker values (PEP 508).

    Marker values that `environment` lacks are those of this Python.
    """
    return {pin.name: pin for pin in pins if marker_applies(pin.marker, environment)}


def locked_versions(locks: Iterable[Path], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the versions that `locks` pin for the marker values in `environment`, by name.

    Values that it lacks are those of labcoat's Python. Locks that do not exist pin nothing.
    """
    pins = [pin for lock in locks if lock.exists() for pin in parse_pins(read_requirements(lock))]
    selected = select_pins(pins, environment)
    return {name: pin.version for name, pin in selected.items()}


def find_link(lock: Path, source: Path) -> LabcoatError | None:
    """Return the error for a list `source` that is the lock itself, by a link; else None."""
    if not lock.exists() or not source.exists() or not lock.samefile(source):
        return None
    return LabcoatError(
        f"`{lock.name}` and `{source.name}` are one file, which the lock would replace",
        "Remove the one that is a link",
    )
