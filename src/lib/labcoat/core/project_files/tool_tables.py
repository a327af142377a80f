"""Requirements in tables of other tools in pyproject.toml, for development, which no lock is of."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.toml_tables import find_table

_NAMED = lazy_pattern(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*@\s*\S")
_PATH = lazy_pattern(r"\s*(?:-e\s*|--editable[ =]\s*)?(?:\w+\+)?(?:file:|\.{0,2}/|\w+://)\S*")
_EGG = lazy_pattern(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
_LAST = lazy_pattern(r"([A-Za-z0-9][\w.-]*?)(?:\.git)?/?(?:@[^/]*)?(?:\[[^\]]*\])?\s*$")


def placed_in_tables(data: Mapping[str, Any]) -> frozenset[str]:
    """Return the normalized names of packages that PDM, hatch, rye or uv take from a place."""
    return frozenset(normalize_name(name) for line in _list_lines(data) if (name := _name(line)))


def _list_lines(data: Mapping[str, Any]) -> Iterator[str]:
    tool = find_table(data, "tool")
    pdm = find_table(tool, "pdm", "dev-dependencies")
    hatch = find_table(tool, "hatch", "envs").values()
    lists = [*pdm.values()]
    for table in hatch:
        lists += [find_table(table).get(key) for key in ("dependencies", "extra-dependencies")]
    lists += [find_table(tool, name).get("dev-dependencies") for name in ("rye", "uv")]
    for listed in lists:
        if isinstance(listed, list):
            yield from (each for each in listed if isinstance(each, str))


def _name(line: str) -> str:
    """Return the name of a package that has a place; empty for a release."""
    if found := _NAMED.match(line):
        return str(found[1])
    if not _PATH.match(line):
        return ""
    found = _EGG.search(line) or _LAST.search(re.sub(r"#.*", "", line))
    return str(found[1]) if found else ""
