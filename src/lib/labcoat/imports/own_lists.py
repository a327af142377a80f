"""Folders of a repository that have a list of packages of their own, as those of a monorepo have.

What their sources import is compared with that list, and belongs into it.
"""

from collections.abc import Iterator, Mapping

from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, field
from labcoat.imports.packages import Code, Imported, find_packages
from labcoat.imports.tree import Tree
from labcoat.locking.requirement_lines import parse_lines
from labcoat.names import modules

_REQUIREMENTS = lazy_pattern(r"requirements[\w.-]*\.(?:in|txt)")
# Every word in one of these counts as a name; the first that a folder has is the one to edit.
_PROJECT = ("pyproject.toml", "setup.cfg", "setup.py")
_DECLARING = (*_PROJECT, "Pipfile", "pixi.toml", "environment.yml")
_WORD = lazy_pattern(r"[A-Za-z0-9][\w.-]*")


class OwnList(Record):
    """A folder, the `file` in it to edit, and the `names` of all packages that its lists have."""

    folder: str
    file: str = ""
    names: frozenset[str] = field(default=frozenset())


def find_imports(tree: Tree, code: Code) -> Iterator[tuple[Imported, str]]:
    """Yield what code imports, with the file of its folder to add it to; empty for the root's.

    What the list of its folder has is left out. A list that the root's requirements.in names is a
    part of that.
    """
    lists = _find_lists(tree)
    for folder, part in _divide(code, lists).items():
        own = lists.get(folder)
        for each in find_packages(tree, part):
            if own is None or not _is_listed(each, own.names):
                yield each, own.file if own is not None else ""


def _find_lists(tree: Tree) -> Mapping[str, OwnList]:
    """Return the lists by folder, without the root's and those that the root's includes."""
    root = "\n".join(
        tree.read_text(path)
        for path in tree.paths
        if "/" not in path and _REQUIREMENTS.fullmatch(path)
    )
    found: dict[str, list[str]] = {}
    for path in tree.paths:
        folder, _, name = path.rpartition("/")
        is_list = name in _DECLARING or _REQUIREMENTS.fullmatch(name)
        if folder and is_list and path not in root:
            found.setdefault(folder, []).append(name)
    return {folder: _read_lists(tree, folder, names) for folder, names in found.items()}


def find_root_lists(tree: Tree, taken: str) -> Mapping[str, frozenset[str]]:
    """Return the names in each list at the root but `taken` and its lock, those by hand first."""
    paths = [path for path in tree.paths if "/" not in path and _REQUIREMENTS.fullmatch(path)]
    return {
        path: _read_lists(tree, "", [path]).names
        for path in sorted(paths, key=lambda path: (path.endswith(".txt"), path))
        if path.rpartition(".")[0] != taken.rpartition(".")[0]
    }


def _read_lists(tree: Tree, folder: str, files: list[str]) -> OwnList:
    names: set[str] = set()
    for file in files:
        text = tree.read_text(f"{folder}/{file}" if folder else file)
        words = (
            _WORD.findall(text) if file in _DECLARING else (one.name for one in parse_lines(text))
        )
        names.update(map(normalize_name, filter(None, words)))
    order = ("requirements.in", "requirements.txt", *_DECLARING)
    ordered = sorted(files, key=lambda file: order.index(file) if file in order else len(order))
    return OwnList(folder, f"{folder}/{ordered[0]}", frozenset(names))


def _divide(code: Code, lists: Mapping[str, OwnList]) -> Mapping[str, Code]:
    """Return the code of each folder with a list, and of the root, which is the empty name."""
    parts: dict[str, Code] = {"": Code()}
    for path, names in code.modules.items():
        parts.setdefault(_nearest(path, lists), Code()).modules[path] = names
    for path, notebook in code.notebooks.items():
        parts.setdefault(_nearest(path, lists), Code()).notebooks[path] = notebook
    return parts


def _nearest(path: str, lists: Mapping[str, OwnList]) -> str:
    folder = path.rpartition("/")[0]
    while folder and folder not in lists:
        folder = folder.rpartition("/")[0]
    return folder


def _is_listed(each: Imported, names: frozenset[str]) -> bool:
    return any(modules.find_providers(module, names) for module in each.modules)
