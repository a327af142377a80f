"""Where a repository imports its own package, and Python finds it only if it is installed."""

import re
from collections.abc import Collection, Iterator, Mapping

from labcoat.adoption.plan import Wanted
from labcoat.core.path_roles import is_aside
from labcoat.core.patterns import lazy_pattern
from labcoat.imports.imported import Import
from labcoat.imports.packages import Code
from labcoat.imports.sources import read_imports_of
from labcoat.imports.tree import Tree
from labcoat.sources.installable import is_installable_beside_locks

_PACKAGE = lazy_pattern(r"(src/)?([A-Za-z_]\w*)/__init__\.py")
_TESTS = lazy_pattern(r"(?:^|/)(?:tests?|docs?)/", re.IGNORECASE)  # these run in the root
# With these a program finds the package without its being installed.
_FINDS_ITSELF = lazy_pattern(rb"\bsys\.path\b|\bchdir\b|%cd\b|\bPYTHONPATH\b")


def find_own_import(tree: Tree, code: Code) -> Wanted | None:
    """Return the line that installs the repository's own package, at the first place that needs it.

    Return None if no source or notebook does, or the package cannot be installed.
    Raise LabcoatError if pyproject.toml is malformed.
    """
    if not is_installable_beside_locks(tree.root):
        return None
    packages = _list_packages(tree.paths)
    if not packages:
        return None
    places = sorted([*code.modules, *code.notebooks], key=lambda path: (is_aside(path), path))
    found = (
        Wanted("-e .", path, each.line, "own")
        for path in places
        if (names := _names_to_install(packages, path))
        for each in _imports(tree, code, path, names)
        if not _FINDS_ITSELF.search(tree.read_bytes(path))
    )
    return next(found, None)


def _list_packages(paths: Collection[str]) -> Mapping[tuple[str, str], Collection[str]]:
    """Return the packages at the root and in `src`, each with the folders that have one so called.

    A package is named by its folder, which ends with a slash, and its name.
    """
    found = [each for path in paths if (each := _PACKAGE.fullmatch(path)) and not is_aside(path)]
    folders: dict[str, set[str]] = {each[2]: set() for each in found}
    for path in paths if found else ():
        folder, _, file = path.rpartition("/")
        above, _, name = folder.rpartition("/")
        if file == "__init__.py" and name in folders:
            folders[name].add(above)
    return {(each[1] or "", each[2]): folders[each[2]] for each in found}


def _names_to_install(packages: Mapping[tuple[str, str], Collection[str]], path: str) -> set[str]:
    """Return the packages that Python does not find for the program at `path`.

    It finds those in the folder of the program, and tests find those at the root.
    """
    folder = path.rpartition("/")[0]
    return {
        name
        for (base, name), folders in packages.items()
        if (base or not _TESTS.search(path))
        and not path.startswith(base or f"{name}/")
        and folder not in folders
    }


def _imports(tree: Tree, code: Code, path: str, names: Collection[str]) -> Iterator[Import]:
    """Yield the imports of the packages `names` at `path`."""
    if path in code.notebooks:
        yield from (each for each in code.notebooks[path].imports if each.top in names)
    elif wanted := {each for each in code.modules[path] if each.partition(".")[0] in names}:
        yield from (each for each in read_imports_of(tree.read_source(path), wanted))
