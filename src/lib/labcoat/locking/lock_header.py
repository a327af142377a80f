"""The header of a lock: which inputs it was compiled from, for which Python, by which locker.

    # Made by labcoat (uv, Python 3.12). Edit requirements.in, then run make requirements.
    # labcoat-inputs: sha256:…

The digest answers "is this lock up to date?" without a network.
"""

import re
from pathlib import Path

from labcoat.core import files
from labcoat.locking.requirements_file import included_files, read_requirements

_MADE_BY = "# Made by labcoat ({locker}, Python {minor})."
_MINOR = re.compile(r"^# Made by labcoat \([^)]*Python (3\.\d+)\)", re.MULTILINE)
_INPUTS = re.compile(r"^# labcoat-inputs: (sha256:[0-9a-f]{64})$", re.MULTILINE)


def lock_source(lock: Path) -> Path:
    """Return the input that `lock` is compiled from: requirements.in of requirements.txt."""
    return lock.with_suffix(".in")


def format_header(lock: Path, locker: str, minor: str) -> str:
    """Return the header of `lock`, compiled by `locker` for Python `minor` from its inputs."""
    return (
        f"{_MADE_BY.format(locker=locker, minor=minor)}"
        f" Edit {lock_source(lock).name}, then run make requirements.\n"
        f"# labcoat-inputs: {inputs_digest(lock)}\n"
    )


def inputs_digest(lock: Path) -> str:
    """Return the digest of the input of `lock` and of every file that it includes.

    Raise LabcoatError if one cannot be read.
    """
    parts = (
        f"{file.name}\n{read_requirements(file)}\n" for file in included_files(lock_source(lock))
    )
    return files.text_digest("".join(parts).encode())


def has_header(text: str) -> bool:
    """Whether the text of a lock has the digest of its inputs: labcoat wrote it."""
    return _INPUTS.search(text) is not None


def is_fresh(lock: Path) -> bool:
    """Whether `lock` was compiled from its present inputs; a lock without an input always is."""
    if not lock_source(lock).exists():
        return True
    found = _INPUTS.search(read_requirements(lock)) if lock.exists() else None
    return found is not None and found[1] == inputs_digest(lock)


def locked_python(lock: Path) -> str:
    """Return the minor version of Python that `lock` was compiled for; empty if it does not say."""
    found = _MINOR.search(read_requirements(lock))
    return found[1] if found else ""
