"""What a virtual environment was created from, and whether it is complete."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core import files, reading
from labcoat.core.cache import cache_folder
from labcoat.core.project import Project
from labcoat.core.records import Record, field
from labcoat.levels import metadata, sources
from labcoat.locking import requirements_file
from labcoat.toolchain import interpreters


class EnvironmentMetadata(Record):
    """What a finished environment was created from; the field names are labcoat.json's keys.

    `locks` is the digest of its locks, `python` the minor version, `installer` uv or pip, `place`
    the path it was created at, `pins` the names and versions in the locks, `tool` the Python whose
    pip serves it (pip_shim.py).
    """

    locks: str
    python: str
    installer: str
    place: str
    pins: Mapping[str, str]
    tool: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Raise TypeError for values of other types: the file is in an environment."""
        metadata.check_types(self)


def expected_metadata(project: Project, locks: Sequence[Path]) -> EnvironmentMetadata:
    """Return the metadata of an environment that is up to date with `locks` and the settings."""
    minor = interpreters.project_minor(project)
    return EnvironmentMetadata(
        digest_locks(locks),
        minor,
        project["INSTALLER"],
        str(project.venv),
        requirements_file.locked_versions(locks, interpreters.marker_environment(project)),
    )


def read_environment_metadata(venv: Path) -> EnvironmentMetadata | None:
    """Return what `venv` was created from; None if labcoat did not create or did not finish it."""
    return metadata.read_metadata(venv, EnvironmentMetadata)


def is_own_metadata(data: bytes) -> bool:
    """Return whether the contents of labcoat.json are labcoat's own: pip is started from `tool`."""
    found = metadata.parse_metadata(data, EnvironmentMetadata)
    tools = cache_folder() / "tools"
    pattern = rf"{re.escape(str(tools))}/\w[\w.-]*/bin/python"
    return found is not None and (
        not found.tool
        or (re.fullmatch(pattern, found.tool) is not None and Path(found.tool).exists())
    )


def digest_locks(locks: Sequence[Path]) -> str:
    """Return one digest over the names and contents of `locks`."""
    return files.text_digest(
        b"".join(
            lock.name.encode() + b"\n" + reading.read_file(lock) + sources.digest_input(lock)
            for lock in locks
        )
    )


def find_site_packages(venv: Path) -> Path:
    """Return the environment's only lib/python*/site-packages; lib if it has none."""
    return next(iter(sorted(venv.glob("lib/python*/site-packages"))), venv / "lib")


def has_site_packages(venv: Path) -> bool:
    """Return whether the environment has a directory of packages."""
    return any(venv.glob("lib/python*/site-packages"))


def is_usable(venv: Path) -> bool:
    """Return whether the environment is finished, with Python and packages.

    bin/python may be a dangling link: the interpreter it was created from may be gone.
    """
    return (
        (venv / "bin" / "python").exists()
        and has_site_packages(venv)
        and read_environment_metadata(venv) is not None
    )
