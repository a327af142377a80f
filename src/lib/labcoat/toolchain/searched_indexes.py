"""Indexes that uv or Poetry search for every package, and labcoat for none that does not name it.

    [[tool.uv.index]]              [[tool.poetry.source]]
    url = "https://…"              name = "private"
                                   url = "https://…"

That is so without `explicit = true` or `priority = "explicit"`, and where no package names them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.process import redact
from labcoat.core.project_files.poetry import list_sources
from labcoat.core.project_files.pyproject import parse_toml
from labcoat.core.terminal import print_warning
from labcoat.core.toml_tables import find_table
from labcoat.toolchain import index_config, uv_indexes
from labcoat.toolchain.named_indexes import FILE

_PYPI = lazy_pattern(r"https?://pypi\.(?:python\.)?org/")


def warn_of_searched(folder: Path) -> None:
    """Say which indexes of pyproject.toml in `folder` are asked for no package."""
    found = dict.fromkeys(_find_searched(folder))
    if found:
        print_warning(
            f"no package names the index `{'`, `'.join(map(redact, found))}` of `{FILE}`, so all"
            " come from the default index, where somebody else may have their names",
            f"Name its packages in `{FILE}`, below `[tool.labcoat.indexes]`, or set PIP_INDEX_URL"
            " if it has all of them",
        )


def _find_searched(folder: Path) -> Iterator[str]:
    text = reading.read_inside(folder, FILE, reading.WHOLE).decode("utf-8", "replace")
    try:
        tool = find_table(parse_toml(FILE, text).get("tool")) if "tool" in text else {}
    except LabcoatError:
        return  # another reader reports it
    if find_table(tool, "labcoat").get("indexes"):
        return
    uv, poetry = find_table(tool, "uv"), find_table(tool, "poetry")
    named = uv_indexes.list_named(uv)
    for each in _tables(uv.get("index")):
        if each.get("explicit") is not True and each.get("name") not in named:
            yield from _other_address(each.get("url"))
    extra = uv.get("extra-index-url")
    for address in (uv.get("index-url"), *(extra if isinstance(extra, list) else [])):
        yield from _other_address(address)
    named = {source for _, source in list_sources(poetry)}
    for each in _tables(poetry.get("source")):
        if each.get("priority") != "explicit" and each.get("name") not in named:
            yield from _other_address(each.get("url"))


def _other_address(url: object) -> Iterator[str]:
    """Yield an address, unless PyPI or the default index has it."""
    default = index_config.index_url().rstrip("/")
    if isinstance(url, str) and url.rstrip("/") not in {"", default} and not _PYPI.match(url):
        yield url


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
