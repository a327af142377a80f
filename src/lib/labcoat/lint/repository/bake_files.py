"""The targets of bake files, with what they inherit and the defaults of their variables.

Syntax: https://docs.docker.com/build/bake/reference/.
"""

import itertools
import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.lint.repository.declared_builds import DeclaredBuild, place_build
from labcoat.lint.repository.hcl import read_blocks
from labcoat.lint.repository.repository import Repository

BAKE = r"(?:[\w.-]*[-._])?bake(?:[-._][\w.-]*)?\.(?:hcl|json)"
_VARIABLE = lazy_pattern(r"\$\{\s*([\w.-]+)\s*\}")
_MOST_COMBINED = 64  # builds of one target with a matrix
_MOST_INHERITED = 50
_MERGED = ("contexts", "args", "labels")
_Target = dict[str, Any]


def read_targets(repository: Repository) -> list[DeclaredBuild]:
    """Return the targets of all bake files; those of one folder are merged, as bake does it.

    What cannot be checked is named in the repository's `left_out`.
    """
    folders: dict[str, list[str]] = {}
    for path in sorted(repository.find_named(BAKE), key=lambda path: ".override." in path):
        folders.setdefault(posixpath.dirname(path), []).append(path)
    return [
        build for folder, paths in folders.items() for build in _read(repository, folder, paths)
    ]


def _read(repository: Repository, folder: str, paths: list[str]) -> Iterator[DeclaredBuild]:
    values: dict[str, str] = {}
    targets: dict[str, _Target] = {}
    files: dict[str, str] = {}
    for path in paths:
        for kind, name, keys in _find_blocks(path, repository.read_text(path)):
            if kind == "variable" and isinstance(keys.get("default"), str):
                values[name] = keys["default"]
            elif kind == "target":
                targets[name] = _merge(keys, targets.get(name, {}))
                files.setdefault(name, path)
    for name, path in files.items():
        for keys in _combine(_inherit(targets, name), values):
            if "dockerfile-inline" in keys:
                repository.left_out.append(
                    f"{path} has a Dockerfile in itself: did not check the context of that build"
                )
            elif "context" in keys or "dockerfile" in keys:
                yield _declare(repository, path, name, keys, folder)


def _find_blocks(path: str, text: str) -> Iterator[tuple[str, str, _Target]]:
    if not path.lower().endswith(".json"):
        yield from read_blocks(text)
        return
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    for kind in ("variable", "target"):
        for name, block in _mapping(_mapping(data).get(kind)).items():
            keys = block[0] if isinstance(block, list) and block else block
            yield kind, name, dict(_mapping(keys))


def _inherit(targets: Mapping[str, _Target], name: str) -> _Target:
    """Return the keys of a target with those of the targets that it inherits from."""
    keys: _Target = {}
    waiting, seen = [name], {name}
    while waiting and len(seen) <= _MOST_INHERITED:
        target = targets.get(waiting.pop(), {})
        keys = _merge(keys, target)
        parents = target.get("inherits")
        # The last one takes precedence, with all that it inherits itself.
        for parent in parents if isinstance(parents, list) else ():
            if isinstance(parent, str) and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return keys


def _merge(keys: _Target, below: _Target) -> _Target:
    both = {
        key: {**_mapping(below[key]), **_mapping(keys[key])}
        for key in _MERGED
        if key in keys and key in below
    }
    return {**below, **keys, **both}


def _combine(keys: _Target, values: Mapping[str, str]) -> Iterator[_Target]:
    """Yield the keys with values in place of variables, once for each combination of a matrix."""
    matrix = {
        name: [each for each in items if isinstance(each, str)]
        for name, items in _mapping(keys.get("matrix")).items()
        if isinstance(items, list)
    }
    combined = itertools.product(*matrix.values())
    for chosen in itertools.islice(combined, _MOST_COMBINED):
        given = {**values, **dict(zip(matrix, chosen, strict=True))}
        yield {key: _expand(value, given) for key, value in keys.items() if key != "matrix"}


def _expand(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for _ in range(3):  # a default may have a variable itself
            value = _VARIABLE.sub(lambda found: values.get(found[1], found[0]), value[:4096])
        return value
    if isinstance(value, list):
        return [_expand(each, values) if isinstance(each, str) else each for each in value]
    return value


def _declare(
    repository: Repository, path: str, name: str, keys: _Target, folder: str
) -> DeclaredBuild:
    context = str(keys.get("context") or ".")
    dockerfile = posixpath.join(context, str(keys.get("dockerfile") or "Dockerfile"))
    if "$" in context + dockerfile:
        repository.left_out.append(f"{path} has variables: did not check the builds that they name")
    # Paths are relative to where bake is started: at the root, or beside the file.
    places = [place_build(repository, dockerfile, context, each) for each in (folder, "")]
    existing = (each for each in places if each[0] and path_exists(repository.root / each[0]))
    file, base = next(existing, places[0])
    tags = keys.get("tags")
    return DeclaredBuild(
        path,
        name,
        file,
        base,
        str(keys.get("target") or ""),
        tuple(_mapping(keys.get("contexts"))),
        images=tuple(each for each in tags if isinstance(each, str))
        if isinstance(tags, list)
        else (),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
