"""Which lines of which files ask for the packages that a message names."""

import re
from collections.abc import Callable, Iterable, Iterator

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.locking.locker_output import Fault, parse_faults, parse_parents

_MOST = 4  # lines that one message names
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_HAS_PLACE = lazy_pattern(r"[\w-]\.\w+:\d+\b")
# What is wrong with packages: not with the machine or the network, which fail for any of them.
_OF_PACKAGES = lazy_pattern(
    r"cannot build \S+ from source|has no wheel|requirements conflict|has no (?:package|version)"
    r"|cannot lock"
)
# uv and pip: who asks, and for what.
_ASKED = re.compile(rf"you require ({_NAME})|[Ff]ailed to (?:build|download) `?({_NAME})(?==|@|`)")
_NEEDS = re.compile(rf"({_NAME})(?:\[[^\]]*\])?(?:[<>=!~][^\s]*)? depends? on ({_NAME})")
FindLine = Callable[[str], tuple[str, str] | None]
Locate = Callable[[Fault], tuple[str, str]]


def add_places(
    error: LabcoatError,
    output: str,
    find_line: FindLine,
    locate: Locate,
    locks: Iterable[str] = (),
) -> LabcoatError:
    """Return `error` with the lines that ask for the packages which the installer's `output` names.

    `find_line` returns the place and the text of the line that names a package, and `locate` the
    line through which a package at fault is needed, and the packages on the way. The comments of
    `locks` say who needs a package. An error that
    names a place already, or is about the machine or the network, stays as it is.
    """
    if _HAS_PLACE.search(error.message) or not _OF_PACKAGES.search(error.message):
        return error
    names = list(dict.fromkeys(_names(output)))
    lines = {name: line for name in names if (line := find_line(name))}
    if len(lines) == 1 and next(iter(lines)) in error.message.lower():
        where = next(iter(lines.values()))[0]
        via = _find_parent(next(iter(lines)), locks)
        return LabcoatError(f"{where}: {error.message}{_format_via(via)}", error.hint)
    if lines:
        asking = [f"{where} asks for `{body}`" for where, body in [*lines.values()][:_MOST]]
        return LabcoatError(f"{error.message}; {', '.join(asking)}", error.hint)
    if not names:
        return error
    fault = next(iter(parse_faults(output)), Fault(names[0]))
    where, via = locate(fault)
    return LabcoatError(f"{where}: {error.message}{_format_via(via)}", error.hint)


def _find_parent(name: str, locks: Iterable[str]) -> str:
    found = (each for text in locks for each in parse_parents(text).get(name, ()))
    return next((each for each in found if not each.startswith("-")), "")


def _format_via(via: str) -> str:
    return f" (needed by {via})" if via else ""


def requested_versions(body: str) -> str:
    """Return the versions that a requirement asks for: `>=1,<2`."""
    found = re.match(r"[\w.-]+\s*(?:\[[^\]]*\])?\s*\(?([<>=!~][^;)]*)", body)
    return found[1].strip() if found else ""


def _names(output: str) -> Iterator[str]:
    text = re.sub(r"\s*\n\s+", " ", output)
    for fault in parse_faults(output):
        yield fault.name
        if fault.parent:
            yield fault.parent
    for pattern in (_ASKED, _NEEDS):
        for found in pattern.finditer(text):
            yield from map(normalize_name, filter(None, found.groups()))
