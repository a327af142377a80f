"""What uv's own tables in pyproject.toml say of named indexes: `tool.uv.index`, `tool.uv.sources`.

    [[tool.uv.index]]                  [tool.uv.sources]
    name = "pytorch-cpu"               torch = { index = "pytorch-cpu" }
    url = "https://…"
    explicit = true

A source with an `extra` or a `group` is for the lock of that name. A marker says nothing here: a
package comes from its index on every platform.
https://docs.astral.sh/uv/concepts/indexes/
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from labcoat.core.errors import LabcoatError
from labcoat.core.terminal import escape_control


def read_tables(tool: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return names and tables as in `[tool.labcoat.indexes]`, for the indexes that a package names.

    Raise LabcoatError if a package names an index that is not defined, or is defined twice.
    """
    uv = tool.get("uv")
    if not isinstance(uv, dict) or not isinstance(sources := uv.get("sources"), dict):
        return []
    addresses = _read_addresses(uv.get("index"))
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for package, name, variant in _list_sources(sources):
        urls = addresses.get(name, [])
        if not urls:
            raise LabcoatError(
                f"`tool.uv.sources` in `pyproject.toml` takes `{escape_control(package)}` from the"
                f" index `{escape_control(name)}`, which is not defined",
                f'Define it: `[[tool.uv.index]]` with `name = "{escape_control(name)}"` and its'
                " url",
            )
        if len(urls) > 1:
            raise LabcoatError(
                f"the index `{escape_control(name)}` is defined twice in `pyproject.toml`",
                "Remove one of its tables `[[tool.uv.index]]`",
            )
        found.setdefault((name, variant), []).append(package)
    return [
        (name, {"url": addresses[name][0], "packages": packages, "variant": list(variant)})
        for (name, variant), packages in found.items()
    ]


def list_addresses(tool: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the names and addresses of all indexes: a uv.lock may have packages of any."""
    uv = tool.get("uv")
    addresses = _read_addresses(uv.get("index") if isinstance(uv, dict) else None)
    return [(name, url) for name, urls in addresses.items() for url in urls if _is_web(url)]


def list_named(uv: Mapping[str, Any]) -> set[str]:
    """Return the names of the indexes that a package of `[tool.uv]` comes from."""
    sources = uv.get("sources")
    return {name for _, name, _ in _list_sources(sources)} if isinstance(sources, dict) else set()


def _is_web(url: object) -> TypeGuard[str]:
    return isinstance(url, str) and url.startswith(("http://", "https://"))


def _read_addresses(tables: object) -> dict[str, list[object]]:
    """Return the addresses of each name; more than one is a mistake."""
    found: dict[str, list[object]] = {}
    for table in tables if isinstance(tables, list) else []:
        if isinstance(table, dict) and isinstance(table.get("name"), str):
            found.setdefault(table["name"], []).append(table.get("url"))
    return found


def _list_sources(sources: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield each package that names an index, the index, and the lock that it is for, if one."""
    for package, value in sources.items():
        listed = value if isinstance(value, list) else [value]
        given = [each for each in listed if isinstance(each, dict)]
        seen = set()
        for each in given:
            name, part = each.get("index"), each.get("extra") or each.get("group")
            variant = (part,) if isinstance(part, str) else ()
            if isinstance(name, str) and (name, variant) not in seen:
                seen.add((name, variant))
                yield package, name, variant
