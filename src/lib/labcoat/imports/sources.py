"""Read what Python code imports, without running it."""

import bisect
import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from labcoat.core.patterns import lazy_pattern
from labcoat.imports.imported import Import, imported_from

_MOST = 1 << 20  # bytes of a source; generated ones can be much longer
_STATEMENT = lazy_pattern(
    r"^(?P<indent>[ \t]*)(?:import[ \t]+(?P<names>[A-Za-z_][\w., \t]*)"
    r"|from[ \t]+(?P<module>[A-Za-z_][\w.]*)[ \t]+import[ \t]+(?P<members>[\w*(, \t]*))",
    re.MULTILINE,
)
_LINE = lazy_pattern(rb"^[ \t]*+(?:import|from)[ \t][^\n]*", re.MULTILINE)
# The next statement that is not indented, and does not go on with one before it.
_STATEMENT_START = lazy_pattern(rb"\n(?=[A-Za-z_@])(?!(?:except|else|elif|finally)\b)")
_QUOTES = (b'"""', b"'''")
_ALIAS = lazy_pattern(r"[ \t]+as[ \t]+\w+")


def read_source(source: bytes | str) -> list[Import]:
    """Return what a source imports, in the order of its lines; nothing for one that is too long.

    Code that this Python cannot parse, such as Python 2's, is read line by line.
    """
    if len(source) > _MOST:
        return []
    found = _parse_imports(source)
    return list(scan_lines(source)) if found is None else sorted(found, key=lambda each: each.line)


def _parse_imports(source: bytes | str) -> list[Import] | None:
    """Return what a source imports; None for what this Python cannot parse."""
    from labcoat.imports.syntax_tree import parse_imports  # most sources need not be parsed

    return parse_imports(source)


def read_imports_of(source: bytes, modules: Collection[str]) -> list[Import]:
    """Return what the statements of a source import that import one of `modules`.

    Only these are parsed, which is most of the time of reading many sources.
    """
    if len(source) > _MOST:
        return []
    starts: list[int] = []
    found: dict[int, list[Import]] = {}
    for first, last in _import_places(source):
        if _line_modules(source[first:last]).isdisjoint(modules):
            continue
        if _is_plain(source, first, last):
            found[first] = _read_plain(source, first, last)
            continue
        if not starts:
            starts += (0, *(each.start() + 1 for each in _STATEMENT_START.finditer(source)))
            starts.append(len(source))
        at = bisect.bisect_right(starts, first) - 1
        start = starts[at]
        if start in found:
            continue
        statement = source[start : starts[at + 1]]
        imports = None if _is_text(source, start) else _parse_imports(statement)
        if imports is None:  # in a text of several lines, or what only looks like a start
            return read_source(source)
        lines = source.count(b"\n", 0, start)
        found[start] = [each._replace(line=each.line + lines) for each in imports]
    return sorted((each for part in found.values() for each in part), key=lambda each: each.line)


def _is_plain(source: bytes, first: int, last: int) -> bool:
    """Whether the line is a statement of its own: not indented, complete, and in no text."""
    line = source[first:last].rstrip()
    if not line.startswith((b"import ", b"from ")) or any(each in line for each in b"(;\\"):
        return False
    return not _is_text(source, first)


def _is_text(source: bytes, at: int) -> bool:
    """Whether a place seems to be inside of a text of several lines."""
    return any(source.count(quotes, 0, at) % 2 for quotes in _QUOTES)


def _read_plain(source: bytes, first: int, last: int) -> list[Import]:
    line = source.count(b"\n", 0, first) + 1
    return [each._replace(line=line) for each in scan_lines(source[first:last])]


def read_plain_imports(source: str) -> list[Import] | None:
    """Return the imports of code that has none but plain lines; None if it has to be parsed."""
    data = source.encode("utf-8", "replace")
    places = list(_import_places(data))
    if data.count(b"import") != len(places) or not all(_is_plain(data, *each) for each in places):
        return None
    return [each for place in places for each in _read_plain(data, *place)]


def scan_lines(source: bytes | str) -> Iterator[Import]:
    """Yield what the lines of a source import, as they look: 50 times as fast as parsing it.

    Lines of strings count too, and what is indented is optional.
    """
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    line, before = 1, 0
    for found in _STATEMENT.finditer(text):
        line += text.count("\n", before, found.start())
        before = found.start()
        indented = bool(found["indent"])
        members: list[str] = []
        if found["module"]:
            members = [word for word in re.split(r"[(, \t]+", found["members"]) if word]
            names = imported_from(found["module"], members)
        else:
            words = (_ALIAS.sub("", each).strip() for each in found["names"].split(","))
            names = [word for word in words if re.fullmatch(r"[A-Za-z_][\w.]*", word)]
        for name in names:
            yield Import(name, line, indented, indented, tuple(members))


def list_modules(source: bytes) -> frozenset[str]:
    """Return the modules that the lines of a source import, as scan_lines does, without places."""
    lines = {source[first:last] for first, last in _import_places(source)}
    return frozenset().union(*map(_line_modules, lines))


def _import_places(source: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of the lines that may import something.

    A search for the word takes a tenth of the time of looking at the start of each line.
    """
    at = source.find(b"import")
    while at >= 0:
        first = source.rfind(b"\n", 0, at) + 1
        last = source.find(b"\n", at)
        last = last if last >= 0 else len(source)
        if source[first:at].lstrip(b" \t").startswith(b"from") or not source[first:at].strip():
            yield first, last
        at = source.find(b"import", last)


@lru_cache(maxsize=1 << 14)
def _line_modules(line: bytes) -> frozenset[str]:
    return frozenset(each.module for each in scan_lines(line))
