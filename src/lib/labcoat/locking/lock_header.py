"""The header of a lock: what it was compiled from, for which Python, by which locker.

    # Made by labcoat (uv, Python 3.12). Edit requirements.in, then run make requirements.
    # labcoat-inputs: sha256:…
    # labcoat-lock: 2 sha256:…
    # No wheel for macOS x86-64: tensorflow 2.21.0
    # Without labcoat, this command is the nearest:
    #
    #    pip-compile --allow-unsafe --generate-hashes … requirements.in

The first digest answers "is this lock up to date?" without a network, the second "is it as labcoat
wrote it?". The number before it is the format; locks without that line are of the first format.
Renovate reads the command (pip-compile manager, extractHeaderCommand).
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from labcoat.core import files
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.locking import sources_beside
from labcoat.locking.index_comments import MARK
from labcoat.locking.inputs import LockInput, find_input, inputs_digest, lock_source
from labcoat.locking.requirements_file import read_requirements, requirement_names
from labcoat.toolchain import interpreters

__all__ = [
    "find_lost",
    "format_header",
    "has_header",
    "inputs_digest",
    "is_edited",
    "is_for_other_python",
    "is_fresh",
    "lock_format",
    "lock_source",
    "lock_state",
    "locked_python",
]

FORMAT = 2
_NAMING = frozenset({".python-version", "runtime.txt"})
LockState = Literal["fresh", "stale", "edited", "foreign", "missing"]

_MADE_BY = "# Made by labcoat ({locker}, Python {minor})."
_MINOR = lazy_pattern(r"^# Made by labcoat \([^)]*Python (3\.\d+)\)", re.MULTILINE)
_INPUTS = lazy_pattern(r"^# labcoat-inputs: (sha256:[0-9a-f]{64})$", re.MULTILINE)
_LOCK = lazy_pattern(r"^# labcoat-lock: (\d+) (sha256:[0-9a-f]{64})$", re.MULTILINE)
_COMMANDS = {
    "pip-tools": "pip-compile --allow-unsafe --generate-hashes --no-emit-index-url --strip-extras",
    "uv": "uv pip compile --universal --generate-hashes",
}


def format_header(
    lock: Path,
    locker: str,
    minor: str,
    body: str,
    missing: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return the header of `lock`, whose text is `body`, compiled by `locker` for Python `minor`.

    `missing` are the releases without a wheel, by the name of a platform.
    """
    lock_input = find_input(lock)
    return "".join(
        f"{line}\n"
        for line in (
            f"{_MADE_BY.format(locker=locker, minor=minor)}"
            f" Edit {lock_input.source.name}, then run make requirements.",
            f"# labcoat-inputs: {lock_input.digest()}",
            f"# labcoat-lock: {FORMAT} {body_digest(body)}",
            *(
                f"# No wheel for {platform}: {', '.join(releases)}"
                for platform, releases in (missing or {}).items()
            ),
            "# Without labcoat, this command is the nearest:",
            "#",
            f"#    {_compile_command(lock_input, locker)}",
            "#",
        )
    )


def _compile_command(lock_input: LockInput, locker: str) -> str:
    """Return the command that compiles an input without labcoat, as far as one can."""
    declared = lock_input.declared
    extras = [each for each in lock_input.parts if declared and each in declared.extras]
    groups = [each for each in lock_input.parts if each not in extras]
    words = [
        f"--output-file={lock_input.lock.name}",
        *(f"--extra={name}" for name in extras),
        *(f"--group={name}" for name in groups),
        lock_input.source.name,
    ]
    return f"{_COMMANDS['uv' if groups else locker]} {shlex.join(words)}"


def body_digest(text: str) -> str:
    """Return the digest of what a lock says: its lines without comments and indentation.

    Comments that name the index of a package count.
    """
    lines = (line.strip() for line in text.splitlines())
    said = "\n".join(line for line in lines if line and (line[0] != "#" or line.startswith(MARK)))
    return files.text_digest(said.encode())


def has_header(text: str) -> bool:
    """Whether the text of a lock has the digest of its inputs: labcoat wrote it."""
    return _INPUTS.search(text) is not None


def find_lost(before: str, after: str) -> list[str]:
    """Return the packages that a lock's file of the user's, `before`, has and `after` has not.

    There are none in a file that labcoat wrote.
    """
    if has_header(before):
        return []
    return sorted(requirement_names(before) - requirement_names(after))


def lock_format(text: str) -> int:
    """Return the format of a lock: 2, 1 for locks of earlier versions, 0 for others' files."""
    found = _LOCK.search(text)
    return int(found[1]) if found else int(has_header(text))


def is_edited(text: str) -> bool:
    """Whether the text of a lock differs from what labcoat wrote.

    A lock of the first format has no digest of itself; conflict markers show in any.
    """
    found = _LOCK.search(text)
    if found and int(found[1]) == FORMAT:
        return found[2] != body_digest(text)
    return has_header(text) and re.search(r"^(<{7}|={7}|>{7})( |$)", text, re.MULTILINE) is not None


def lock_state(lock: Path) -> LockState:
    """Return whether `lock` is up to date; a lock without an input always is.

    It is stale if its inputs have changed since, edited if something else wrote to it, and foreign
    if it has no header: another program compiled it.
    """
    lock_input = find_input(lock)
    if not lock_input.exists:
        return "fresh"
    if not lock.exists():
        return "missing"
    text = read_requirements(lock)
    if is_edited(text):
        return "edited"
    found = _INPUTS.search(text)
    if not found:
        return "foreign"
    if found[1] != lock_input.digest():
        return "stale"
    return sources_beside.sources_state(lock_input)


def is_fresh(lock: Path) -> bool:
    """Whether `lock` is what labcoat compiled from its present inputs; true without an input."""
    return lock_state(lock) == "fresh"


def is_for_other_python(project: Project, lock: Path) -> bool:
    """Whether `lock` was compiled for another Python than the one that a file of the project names.

    Its markers are those of that Python alone. Without such a file each machine may have its own,
    which changes no lock; nor does LABCOAT_PYTHON, or a lock of the first format.
    """
    if not lock.exists() or not find_input(lock).exists:
        return False
    if lock_format(read_requirements(lock)) < FORMAT:
        return False
    choice = interpreters.choose_project_python(project)
    return choice.source in _NAMING and locked_python(lock) not in {"", choice.minor}


def locked_python(lock: Path) -> str:
    """Return the minor version of Python that `lock` was compiled for; empty if it does not say."""
    found = _MINOR.search(read_requirements(lock))
    return found[1] if found else ""
