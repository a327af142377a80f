"""What a commit or an archive takes from places beside it, such as members of its own workspace.

Its metadata has their names alone, and an index may have others of these names.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.terminal import print_warning
from labcoat.sources.package_facts import name_and_extras


def find(folder: Path) -> set[str]:
    """Return the normalized names that uv takes from a place for the package in `folder`.

    There are none if that cannot be read.
    """
    from labcoat.core.project_files.uv_sources import read_sources  # slow; few need it

    try:
        return set(read_sources(folder).names)
    except LabcoatError:
        return set()


def warn(package: str, lines: Iterable[str], placed: Collection[str]) -> None:
    """Say which of the requirements `lines` of `package` are among the `placed` names."""
    names = {name_and_extras(line)[0] for line in lines} if placed else set()
    for name in sorted(names.intersection(placed)):
        print_warning(
            f"`{package}` needs `{name}` from a place that only its own `[tool.uv.sources]` names:"
            " the lock has the package of that name in the index",
            f"If that is another one, ask for it in `requirements.in`: `{name} @ …`",
        )
