"""Edit the lists of requirements in pyproject.toml, keeping its comments and its layout.

The text is edited, then parsed and compared with what was meant: a layout that this module does not
know is left alone.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from labcoat.core.patterns import lazy_pattern

# Tables and the lists in them; all of them for None.
_TABLES = {
    "project": "dependencies",
    "project.optional-dependencies": None,
    "dependency-groups": None,
}
_HEADER = lazy_pattern(r"[ \t]*\[([^\[\]]+)\][ \t]*(?:#.*)?")
_KEY = lazy_pattern(r"""[ \t]*(?:"([^"]+)"|'([^']+)'|([\w-]+))[ \t]*=[ \t]*(?=\[)""")
_TOKEN = re.compile(r"""#[^\n]*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\[\]{}]""")

Change = Callable[[str], str | None]


def edit_lists(
    text: str, keys: Collection[str], change: Change, added: Sequence[str]
) -> str | None:
    """Return `text` with `change` applied to each requirement in the lists `keys`.

    A key is `dependencies`, or the name of a group or an extra. `change` returns the new
    requirement, or None to remove it; `added` are appended to the dependencies. Return None if the
    text cannot be edited so that it means that.
    """
    edited = text
    # From the end, so that the places of earlier lists stay.
    for key, start in reversed(list(_find_lists(text))):
        if key in keys:
            more = added if key == "dependencies" else ()
            edited = edited[:start] + _edit_list(edited[start:], change, more)
    try:
        meant = _change_data(tomllib.loads(text), keys, change, added)
        return edited if tomllib.loads(edited) == meant else None
    except tomllib.TOMLDecodeError:
        return None


def _find_lists(text: str) -> Iterator[tuple[str, int]]:
    """Yield the key of each list of requirements, and where its bracket opens."""
    table, position = "", 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        if header := _HEADER.fullmatch(text, position, end if text[end - 1] != "\r" else end - 1):
            table = header[1].strip()
        elif found := _KEY.match(text, position):
            key = found[1] or found[2] or found[3]
            if table in _TABLES and _TABLES[table] in {None, key}:
                yield key, found.end()
            # What stands in the list is no header.
            end = max(end, found.end() + _list_length(text[found.end() :]))
        position = end + 1


def _list_length(text: str) -> int:
    """Return the length of the list at the start of `text`, with its brackets."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += {"[": 1, "]": -1}.get(token[0], 0)
        if not depth:
            return token.end()
    return len(text)


def _edit_list(text: str, change: Change, added: Sequence[str]) -> str:
    """Return `text`, which starts with a list, with its items changed and `added` ones."""
    length = _list_length(text)
    inside, rest = text[1 : length - 1], text[length - 1 :]
    tokens = list(_TOKEN.finditer(inside))
    tables = [token.start() for token in tokens if token[0] in "{}"]
    items = [
        token
        for token in tokens
        if token[0][0] in "\"'"
        # Of an even number of braces before it, none is open.
        and sum(at < token.start() for at in tables) % 2 == 0
    ]
    for item in reversed(items):
        new = change(item[0][1:-1])
        if new is None:
            inside = _remove_item(inside, item.start(), item.end())
        else:
            inside = f"{inside[: item.start() + 1]}{new}{inside[item.end() - 1 :]}"
    return f"[{_append_items(inside, added)}{rest}"


def _remove_item(inside: str, start: int, end: int) -> str:
    """Remove an item with its comma, and its line if nothing else stands there."""
    after = re.compile(r"[ \t]*,?").match(inside, end)
    end = after.end() if after else end
    line = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n").match(inside, end)
    first = inside.rfind("\n", 0, start) + 1
    if line and first and not inside[first:start].strip():
        return inside[:first] + inside[line.end() :]
    return inside[:start] + inside[end:].lstrip(" ")


def _append_items(inside: str, added: Sequence[str]) -> str:
    if not added:
        return inside
    tokens = [token for token in _TOKEN.finditer(inside) if token[0][0] != "#"]
    last = tokens[-1].end() if tokens else 0
    has_comma = re.match(r"(?:\s|#[^\n]*)*,", inside[last:])
    if tokens and not has_comma:
        inside = f"{inside[:last]},{inside[last:]}"
    quoted = [f'"{name}"' for name in added]
    if "\n" not in inside:
        return f"{inside.rstrip()}{' ' if tokens else ''}{', '.join(quoted)}"
    ending = "\r\n" if "\r\n" in inside else "\n"
    # The spaces before the first item, and those before the closing bracket.
    indent = re.search(r"\n([ \t]*)[^\s#]", inside)
    body, newline, closing = inside.rpartition("\n")
    lines = "".join(f"{indent[1] if indent else '    '}{each},{ending}" for each in quoted)
    if closing.strip():  # the closing bracket stands behind an item
        return f"{inside.rstrip()}{ending}{lines.rstrip().rstrip(',')}"
    return f"{body}{newline}{lines}{closing}"


def _change_data(
    data: dict[str, Any], keys: Collection[str], change: Change, added: Sequence[str]
) -> dict[str, Any]:
    """Return what the edited file has to mean."""
    project = data.setdefault("project", {}) if added else data.get("project", {})
    tables = [project.get("optional-dependencies", {}), data.get("dependency-groups", {})]
    chosen = [(table, key) for table in tables for key in table if key in keys]
    if "dependencies" in keys and ("dependencies" in project or added):
        chosen.append((project, "dependencies"))
    for table, key in chosen:
        items = table.get(key, [])
        changed = [change(item) if isinstance(item, str) else item for item in items]
        table[key] = [item for item in changed if item is not None]
    if added:
        project["dependencies"] += added
    return data
