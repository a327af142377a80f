"""Parse large TOML files that programs wrote, faster than tomllib alone.

Nine tenths of a lock are lists of files, a line each, with an address and a hash. One regular
expression takes them out; tomllib, which reads a few megabytes a second, parses the rest.
"""

import re
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.locking.other_locks.model import LockedFile

# A line such as {url = "…/a-1.0.tar.gz", hash = "sha256:…", size = 1}, as uv, Poetry and PDM
# write it; or uv's pylock.toml, with `hashes = { sha256 = "…" }`. Nothing is escaped in them.
_LINE = (
    r"[ \t]*(?=[^\n]*(?:hash = \"sha256:|sha256 = \"))"
    r"\{ ?(?:url|file|name) = \"[^\"\\\n]*\"[^\"\\\n{}]*"
    r"(?:\"[^\"\\\n]*\"[^\"\\\n{}]*|\{[^{}\\\n]*\}[^\"\\\n{}]*)*\},?[ \t]*\n"
)
_LISTS = lazy_pattern(
    rf"^(?P<key>[A-Za-z0-9_.\"-]+) = \[[ \t]*\n(?P<lines>(?:{_LINE})+)\]", re.MULTILINE
)
_FILE = lazy_pattern(
    r"\{ ?(?P<key>url|file|name) = \"(?P<name>[^\"]*)\""
    r"(?P<rest>[^\n]*)"
)
_SHA256 = lazy_pattern(r"(?:hash = \"sha256:|sha256 = \")([^\"\n]*)\"")
_TAKEN = "labcoat-files-"


def parse_lock(name: str, text: str) -> tuple[dict[str, Any], list[tuple[LockedFile, ...]]]:
    """Return the tables of the TOML file `name`, and the lists of files that were taken out.

    `file_list` returns the files of a value, in the tables or taken out. Raise LabcoatError if
    `text` does not parse.
    """
    import tomllib

    taken: list[tuple[LockedFile, ...]] = []

    def take(found: re.Match[str]) -> str:
        taken.append(tuple(map(_read_line, _FILE.finditer(found["lines"]))))
        return f'{found["key"]} = "{_TAKEN}{len(taken) - 1}"'

    is_plain = '"""' not in text and "'''" not in text  # in such strings, lines may be anything
    shorter = _LISTS.sub(take, text) if is_plain else text
    try:
        return tomllib.loads(shorter), taken
    except (ValueError, RecursionError) as error:
        raise LabcoatError(
            f"`{name}` is not valid TOML: {_reason(error)}", "Restore it, or lock again"
        ) from None


def _reason(error: Exception) -> str:
    # Of a text that was shortened, positions are not those of the file.
    return str(error).partition(" (at ")[0] or "it is nested too deeply"


def _read_line(found: re.Match[str]) -> LockedFile:
    digest = _SHA256.search(found["rest"])
    return LockedFile(file_name(found["name"]), digest[1] if digest else "")


def file_name(address: str) -> str:
    """Return the name of the file at an address or a path."""
    return address.partition("#")[0].partition("?")[0].rpartition("/")[2]


def file_list(value: object, taken: list[tuple[LockedFile, ...]]) -> tuple[LockedFile, ...]:
    """Return the files in `value`, a list of tables or what `parse_lock` left in its place."""
    if isinstance(value, str) and value.startswith(_TAKEN):
        number = value.removeprefix(_TAKEN)
        return taken[int(number)] if number.isdecimal() and int(number) < len(taken) else ()
    entries = value if isinstance(value, list) else [value]
    return tuple(_read_table(each) for each in entries if isinstance(each, dict))


def _read_table(entry: dict[str, Any]) -> LockedFile:
    address = entry.get("file") or entry.get("name") or entry.get("url") or entry.get("path") or ""
    digest = str(entry.get("hash", ""))
    hashes = entry.get("hashes")
    if isinstance(hashes, dict):
        digest = f"sha256:{hashes.get('sha256', '')}"
    algorithm, _, value = digest.partition(":")
    return LockedFile(file_name(str(address)), value.lower() if algorithm == "sha256" else "")
