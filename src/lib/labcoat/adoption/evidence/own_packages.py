"""A repository's own packages: whether one can be installed, and names that no index has.

An index may have other packages of the same names.
"""

import ast
import warnings
from collections.abc import Iterable

from labcoat.adoption.evidence.source import Source
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project import Project
from labcoat.core.project_files.reader import read_declared
from labcoat.core.project_files.uv_sources import placed_names
from labcoat.imports.standard_library import STANDARD
from labcoat.imports.tree import Tree
from labcoat.sources.package_facts import has_build_system

_BUILDS = frozenset({"setuptools", "distutils"})
_ASKS_MORE = frozenset({"ext_modules", "cmdclass", "setup_requires", "use_scm_version"})


def can_install_itself(tree: Tree) -> bool:
    """Whether the repository says how to build a package of its sources, with Python alone.

    A setup.py is read, and not run: it may import the standard library and setuptools.
    """
    if "setup.py" not in tree.paths or has_build_system(tree.root):
        return has_build_system(tree.root)
    try:
        with warnings.catch_warnings(action="ignore"):
            nodes = list(ast.walk(ast.parse(tree.read_source("setup.py"))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    keywords = {each.arg for each in nodes if isinstance(each, ast.keyword)}
    return "name" in keywords and not keywords & _ASKS_MORE and all(map(_is_at_hand, nodes))


def _is_at_hand(node: ast.AST) -> bool:
    """Whether a part of a setup.py imports nothing, or what each build has."""
    names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom):
        names = ["" if node.level else node.module or ""]
    return {each.partition(".")[0] for each in names} <= STANDARD | _BUILDS


def own_package_names(project: Project) -> set[str]:
    """Return the names of the repository's packages, as its project file has them.

    What an index has of the project itself is a release of it.
    """
    try:
        found = {normalize_name(read_declared(project.root).name)} - {""}
    except LabcoatError:
        found = set()
    return found | placed_names(project.root)


def left_out_of(sources: Iterable[Source]) -> set[str]:
    """Return the names of what lists ask for by a place, and labcoat cannot take."""
    found = (each.name for source in sources for each in source.skipped)
    return {normalize_name(name) for name in found if name}
