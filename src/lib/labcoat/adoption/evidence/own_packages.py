"""The names of a repository's own packages. An index may have others of the same names."""

from collections.abc import Iterable

from labcoat.adoption.evidence.source import Source
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project import Project
from labcoat.core.project_files.reader import read_declared
from labcoat.core.project_files.uv_sources import placed_names


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
