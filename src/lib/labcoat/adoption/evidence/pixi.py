"""Read pixi's manifests, `pixi.toml` and `[tool.pixi]` of a `pyproject.toml`.

Format: https://pixi.sh/latest/reference/pixi_manifest/.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labcoat.adoption.evidence.conda_specs import read_specs
from labcoat.adoption.evidence.pipfile import as_table, find_line, format_entry
from labcoat.adoption.evidence.requirement_lists import is_for_development, read_option
from labcoat.adoption.evidence.source import Skipped, Source
from labcoat.adoption.plan import Wanted
from labcoat.imports.tree import Tree
from labcoat.locking.requirement_lines import OptionLine, parse_lines

_LINUX = ("unix", "linux", "linux-64", "linux-aarch64")
_REVISIONS = ("rev", "tag", "branch")
_TABLES = ("dependencies", "pypi-dependencies")


def find_manifests(tree: Tree) -> list[Source]:
    """Return what each manifest asks for, and its features for development as a second source."""
    paths = tree.named("pixi.toml", "pyproject.toml")
    return [each for path in paths for each in read_manifest(tree, path)]


def read_manifest(tree: Tree, path: str) -> Iterator[Source]:
    """Yield what the default environment of a manifest has; nothing if the file is not one.

    Where that has no packages of its own, it is the first other environment that the file names.
    """
    text = tree.read_text(path)
    try:
        content = as_table(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    if not path.endswith("pixi.toml"):
        content = as_table(as_table(content.get("tool")).get("pixi"))
    features = {name: as_table(each) for name, each in as_table(content.get("feature")).items()}
    taken = _choose_features(content, features)
    main = [content, *(features[name] for name in taken)]
    source = _read_tables(tree, path, text, main)
    if source.wanted or source.python or source.skipped:
        yield source
    aside = [name for name in features if name not in taken and is_for_development(name)]
    rest = _read_tables(tree, path, text, [features[name] for name in aside], dev=True)
    if rest.wanted:
        yield rest


def _choose_features(content: Mapping[str, Any], features: Mapping[str, object]) -> list[str]:
    """Return the features of the environment that is taken, beside what all have."""
    environments = {
        name: [each for each in _features_of(value) if each in features]
        for name, value in as_table(content.get("environments")).items()
    }
    if "default" in environments:
        return environments["default"]
    if any(set(_dependencies([content], table)) - {"python"} for table in _TABLES):
        return []
    return next((found for name, found in environments.items() if not is_for_development(name)), [])


def _features_of(value: object) -> list[str]:
    """Return the features of an environment, which is a list or a table."""
    listed = as_table(value).get("features", []) if isinstance(value, dict) else value
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def _dependencies(tables: Sequence[Mapping[str, Any]], name: str) -> dict[str, object]:
    """Return the entries of a table in all of `tables`, with those for Linux, by name."""
    found: dict[str, object] = {}
    for each in tables:
        targets = as_table(each.get("target"))
        found |= as_table(each.get(name))
        for system in _LINUX:
            found |= as_table(as_table(targets.get(system)).get(name))
    return found


def _read_tables(
    tree: Tree, path: str, text: str, tables: Sequence[Mapping[str, Any]], *, dev: bool = False
) -> Source:
    conda, pypi = (_dependencies(tables, name) for name in _TABLES)
    named = {name.lower() for name in pypi}  # pip's replaces conda's
    specs = [
        (find_line(text, name), f"{name} {_version_of(value)}")
        for name, value in conda.items()
        if name.lower() not in named
    ]
    found = read_specs(specs, path)
    layout, skipped = list(found.wanted), list(found.skipped)
    for name, value in pypi.items():
        if as_table(value).get("path") == ".":
            own, left_out = _read_own(tree, path)
            layout += own
            skipped += left_out
            continue
        try:
            requirement = format_entry(name, _as_pipenv(value), tree, path, _index_of(value))
        except ValueError as error:
            skipped.append(Skipped(name, str(error), name))
        else:
            layout.append(Wanted(requirement, path, find_line(text, name), "demand"))
    python = "" if dev else found.python
    return Source(path, "conda", tuple(layout), python, found.system, dev, tuple(skipped))


def _read_own(tree: Tree, path: str) -> tuple[list[Wanted], list[Skipped]]:
    line = next(iter(parse_lines("-e .")))
    return read_option(tree, path, line, "demand") if isinstance(line, OptionLine) else ([], [])


def _version_of(value: object) -> str:
    version = as_table(value).get("version", "") if isinstance(value, dict) else value
    return re.sub(r"\s*([,|])\s*", r"\1", str(version)).strip() if version != "*" else ""


def _as_pipenv(value: object) -> object:
    """Return the entry of an index with the names that a Pipfile has for the same."""
    table = dict(as_table(value))
    if not table:
        return value
    table["ref"] = next((table[each] for each in _REVISIONS if each in table), "")
    table["markers"] = table.get("env-markers", "")
    if "url" in table:
        table["file"] = table["url"]
    return table


def _index_of(value: object) -> set[str]:
    index = as_table(value).get("index")
    return {str(index)} if index else set()
