"""Environments that another tool made: labcoat replaces none without offering to keep it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project


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
