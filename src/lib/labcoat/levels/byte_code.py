"""Where the programs of an environment keep byte code: in the cache, outside of the environment."""

import contextlib
import os
from hashlib import sha256
from pathlib import Path

from labcoat.core import files
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory.file_finding import FileFinding


def byte_code_folder(project: Project, environment: Path) -> Path:
    """Return where programs in an environment keep byte code: one directory per environment."""
    name = sha256(os.fsencode(environment.absolute())).hexdigest()[:16]
    try:
        return cache_folder() / "programs" / name
    except LabcoatError:  # there is no home directory
        return project.state / "programs" / name


def record_environment(folder: Path, environment: Path) -> None:
    """Write beside `folder` whose byte code it has, so that it can be removed with its owner."""
    record = _record_path(folder)
    if not record.exists():
        with contextlib.suppress(OSError):  # a cache that cannot be written holds nothing
            folder.parent.mkdir(0o700, parents=True, exist_ok=True)
            files.write_file(record, os.fsencode(environment.absolute()))


def remove_byte_code(project: Project, environment: Path) -> tuple[FileFinding, ...]:
    """Remove the byte code that programs keep; a finding if that fails.

    It may have been edited there, and Python writes it again.
    """
    folder = byte_code_folder(project, environment)
    try:
        files.remove_path(folder)
    except OSError as error:
        return (FileFinding("byte-code", str(folder), f"cannot be removed: {error.strerror}"),)
    return ()


def remove_abandoned(project: Project) -> None:
    """Remove the byte code of environments that no longer exist, of all projects.

    That of TensorFlow takes 96 MB. Byte code without a record may be anyone's, and goes too: Python
    writes it again.
    """
    programs = byte_code_folder(project, project.venv).parent
    with contextlib.suppress(OSError):
        for name in {path.stem for path in programs.iterdir()}:
            folder = programs / name
            if not _has_owner(folder):
                files.remove_path(folder)
                files.remove_path(_record_path(folder))


def _record_path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.path")


def _has_owner(folder: Path) -> bool:
    try:
        return os.path.lexists(_record_path(folder).read_bytes())
    except (OSError, ValueError):
        return False
