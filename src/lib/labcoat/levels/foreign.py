"""Environments that another tool made: labcoat replaces none without offering to keep it."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.terminal import print_progress, print_warning


def foreign_environment(folder: str, level: str, changes: str = "") -> LabcoatError:
    """Return the error for another tool's environment in `folder`, which `level` would replace.

    `changes` describe the packages that are locked nowhere, if they are known.
    """
    has = f", and it has packages that are not locked: {changes}" if changes else ""
    at = "" if level == "venv" else f" IN={level}"
    return LabcoatError(
        f"another tool made `{folder}`{has}",
        f"`make freeze{at}` adds its packages to your requirements,"
        f" `make {level} AGAIN=1` discards them",
    )


class CreatedAt(Protocol):
    """What labcoat.json says of an environment: where labcoat created it."""

    @property
    def place(self) -> str:
        """The path of the environment, as the project had it."""


def remove_environment(
    project: Project, setting: str, read: Callable[[Path], CreatedAt | None]
) -> None:
    """Remove the environment in LABCOAT_`setting`, and name it, if labcoat created it here.

    `read` reads its labcoat.json. Where the directory is a link to a larger disk, labcoat made what
    is behind the link, not the link. An environment outside of the project may be another one's.
    """
    shown, path = project[setting], project.root / project[setting]
    folder = path.resolve()
    for each in (folder, files.backup_path(folder)):
        found = read(each)
        if found is None:
            if any((each / name).exists() for name in ("pyvenv.cfg", "conda-meta")):
                print_warning(f"`{shown}` stays: labcoat did not make it")
            continue
        if found.place != str(path) and not each.is_relative_to(project.root.resolve()):
            print_warning(f"`{shown}` stays: it is the environment of {found.place}")
            continue
        behind = "" if each == path else f" ({each})"
        print_progress(f"removing {shown}{behind}")
        files.remove_path(each)


@contextlib.contextmanager
def note_creation(project: Project, folder: Path) -> Iterator[None]:
    """Note that labcoat is creating `folder`, for a killed run leaves it without labcoat.json."""
    note = _note_path(project)
    files.write_file(note, str(folder))
    yield
    note.unlink(missing_ok=True)


def check_conda_folder(project: Project, folder: Path, *, recreate: bool) -> None:
    """Raise LabcoatError if `folder`, which labcoat has not finished, is somebody else's."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / "conda-meta").exists():
        raise LabcoatError(
            f"`{project['CONDA_ENV']}` exists but is not a conda environment",
            "Remove it, or set LABCOAT_CONDA_ENV to another directory",
        )
    note = _note_path(project)
    is_interrupted = note.exists() and note.read_text(encoding="utf-8") == str(folder)
    if not recreate and not is_interrupted:
        raise foreign_environment(project["CONDA_ENV"], "conda")


def _note_path(project: Project) -> Path:
    return project.state / "conda.making"
