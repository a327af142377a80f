"""Where a repository imports its own package, and Python finds it only if it is installed."""

import re
from collections.abc import Collection, Iterator

from labcoat.adoption.plan import Wanted
from labcoat.core.path_roles import is_aside
from labcoat.core.patterns import lazy_pattern
from labcoat.imports.imported import Import
from labcoat.imports.packages import Code
from labcoat.imports.sources import read_imports_of
from labcoat.imports.tree import Tree
from labcoat.sources.installable import is_installable_beside_locks

_PACKAGE = lazy_pattern(r"(src/)?([A-Za-z_]\w*)/__init__\.py")
# With these a program finds the package without its being installed.
_TESTS = lazy_pattern(r"(?:^|/)(?:tests?|docs?)/", re.IGNORECASE)  # these run in the root
_FINDS_ITSELF = lazy_pattern(rb"\bsys\.path\b|\bchdir\b|%cd\b|\bPYTHONPATH\b")


def find_own_import(tree: Tree, code: Code) -> Wanted | None:
    """Return the line that installs the repository's own package, at the first place that needs it.

    Return None if no source or notebook does, or the package cannot be installed.
    Raise LabcoatError if pyproject.toml is malformed.
    """
    if not is_installable_beside_locks(tree.root):
        return None
    places = sorted([*code.modules, *code.notebooks], key=lambda path: (is_aside(path), path))
    found = (
        Wanted("-e .", path, each.line, "own")
        for path in places
        if (names := _names_to_install(tree, path))
        and not _FINDS_ITSELF.search(tree.read_bytes(path))
        for each in _imports(tree, code, path, names)
    )
    return next(found, None)


def _names_to_install(tree: Tree, path: str) -> set[str]:
    """Return the repository's packages that Python does not find for the program at `path`.

    It finds those in the folder of the program, and tests find those at the root.
    """
    folder = path.rpartition("/")[0]
    return {
        name
        for base, name in _list_packages(tree)
        if (base or not _TESTS.search(path))
        and f"{folder}/" != (base or "/")
        and not path.startswith(base or f"{name}/")
        and f"{folder}/{name}/__init__.py" not in tree.paths
    }


def _list_packages(tree: Tree) -> set[tuple[str, str]]:
    """Return the packages at the root and in `src`, each after its folder."""
    found = (_PACKAGE.fullmatch(path) for path in tree.paths)
    return {(each[1] or "", each[2]) for each in found if each and not is_aside(each[0])}


def _imports(tree: Tree, code: Code, path: str, names: Collection[str]) -> Iterator[Import]:
    """Yield the imports of the packages `names` at `path`."""
    if path in code.notebooks:
        yield from (each for each in code.notebooks[path].imports if each.top in names)
    elif wanted := {each for each in code.modules[path] if each.partition(".")[0] in names}:
        yield from (each for each in read_imports_of(tree.read_source(path), wanted))
