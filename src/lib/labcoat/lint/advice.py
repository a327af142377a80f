"""What to do about a finding, in the words of the project in which its file stands."""

import functools
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.core.terminal import name_targets
from labcoat.lint.repository.repository import Repository

if TYPE_CHECKING:
    from labcoat.core.makefiles import Makefile

_INPUTS = r"(?:.*[-_.])?requirements.*\.(?:in|txt)|pyproject\.toml|setup\.cfg|setup\.py"
_INPUT = "requirements.in"
_NAMED_BEFORE = lazy_pattern(r"(.+[-_.])requirements(.*)")
_FIRST = "`labcoat init`"


class ProjectAdvice(NamedTuple):
    """The project of a file: its folder below the repository's root, empty for the root itself.

    `has_labcoat` says whether its Makefile includes labcoat, `own` are its targets in LABCOAT_OWN.
    """

    folder: str
    has_labcoat: bool
    own: str

    def command(self, target: str) -> str:
        """Return the command that makes `target`, after the one that adds labcoat if need be."""
        at = f"-C {shlex.quote(self.folder)} " if self.folder else ""
        name = name_targets(f"make {target}", self.own).removeprefix("make ")
        command = f"`make {at}{name}`"
        if self.has_labcoat:
            return command
        return f"{_FIRST}{f' in {self.folder}' if self.folder else ''}, then {command}"

    def path(self, name: str) -> str:
        """Return the path of a file of this project."""
        return f"{self.folder}/{name}" if self.folder else name


def find_project(repository: Repository, path: str) -> ProjectAdvice:
    """Return the project of the file `path`: the nearest directory upward with inputs of a lock.

    Without one, it is the root.
    """
    parts = path.split("/")[:-1]
    for end in range(len(parts), 0, -1):
        folder = "/".join(parts[:end])
        makefile = _read(repository.root / folder)
        if makefile.has_labcoat or folder in _input_folders(repository):
            break
    else:
        folder, makefile = "", _read(repository.root)
    return ProjectAdvice(folder, makefile.has_labcoat, makefile.settings.get("LABCOAT_OWN", ""))


def input_of(lock: str) -> str:
    """Return the path of the input that `lock`, a file with requirements, would be compiled from.

    `requirements/dev.txt` is compiled from requirements-dev.in beside that folder, and
    `dev-requirements.txt` too: `make requirements` locks what is named requirements….in.
    """
    folder, _, name = lock.rpartition("/")
    stem = name.removesuffix(".txt")
    above, _, last = folder.rpartition("/")
    if last == "requirements" and not stem.startswith("requirements"):
        stem = "requirements" if stem in {"base", "main", "common"} else f"requirements-{stem}"
        folder = above
    elif found := _NAMED_BEFORE.fullmatch(stem):
        stem = f"requirements-{found[1].strip('-_.').replace('_', '-')}{found[2]}"
    return f"{folder}/{stem}.in" if folder else f"{stem}.in"


@functools.lru_cache(maxsize=16)
def source_of(repository: Repository, project: ProjectAdvice) -> str:
    """Return the path of the file in which `project` lists what it needs."""
    folder = repository.root / project.folder
    if path_exists(folder / _INPUT):
        return project.path(_INPUT)
    from labcoat.core.project_files.reader import READERS, read_declared

    try:
        declared = read_declared(folder)
    except (LabcoatError, OSError, ValueError, RecursionError):
        return project.path(_INPUT)
    if declared.dependencies:
        return project.path(declared.dependencies.source.name)
    # Also where only extras are declared, and what pipenv makes its lock from.
    others = [*(READERS if declared else ()), "Pipfile"]
    return project.path(next((name for name in others if (folder / name).is_file()), _INPUT))


@functools.lru_cache(maxsize=2)
def _input_folders(repository: Repository) -> frozenset[str]:
    """Return the folders with files that list requirements."""
    return frozenset(path.rpartition("/")[0] for path in repository.find_named(_INPUTS))


@functools.lru_cache(maxsize=256)
def _read(folder: Path) -> "Makefile":
    from labcoat.core.makefiles import read_makefile

    return read_makefile(folder)
