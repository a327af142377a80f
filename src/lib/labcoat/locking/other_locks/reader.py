"""Read any lock of another tool, once for each content."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from labcoat.core import reading
from labcoat.core.errors import LabcoatError, unreadable
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.lock_of_record import lock_tool
from labcoat.locking.other_locks.model import OtherLock
from labcoat.locking.other_locks.tables import damaged

_SHA256 = lazy_pattern("[0-9a-f]{64}")


def read_other_lock(path: Path, folder: Path) -> OtherLock:
    """Return what the lock `path` says about the project in `folder`.

    Raise LabcoatError if it cannot be read, is damaged, or has a format that labcoat does not know.
    """
    return _read_text(path, read_lock_bytes(path), folder)


def read_lock_bytes(path: Path) -> bytes:
    """Return the content of a lock. Raise LabcoatError if it cannot be read."""
    try:
        return reading.read_file(path)
    except OSError as error:
        raise unreadable(path.name, error) from None


@lru_cache(maxsize=8)
def _read_text(path: Path, data: bytes, folder: Path) -> OtherLock:
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise LabcoatError(
            f"cannot read `{path.name}`: it is not UTF-8 text", "Restore it, or lock again"
        ) from None
    if conflict := next((each for each in ("<<<<<<<", ">>>>>>>") if f"\n{each} " in text), ""):
        raise LabcoatError(
            f"`{path.name}` has conflict markers (`{conflict}`)", "Resolve the merge, or lock again"
        )
    found = _find_reader(lock_tool(path.name))(path, text, folder)
    for package in found.packages:
        if not all(map(_SHA256.fullmatch, package.hashes)):
            raise damaged(path, f"a hash of `{package.name}` is not a SHA-256")
    return found


def _find_reader(tool: str) -> Callable[[Path, str, Path], OtherLock]:
    # Most projects have no such lock, and every command comes by here.
    from labcoat.locking.other_locks import pdm, pipenv, poetry, pylock, uv

    return {
        "uv": uv.read_uv_lock,
        "poetry": poetry.read_poetry_lock,
        "pdm": pdm.read_pdm_lock,
        "pipenv": pipenv.read_pipfile_lock,
        "pylock": pylock.read_pylock,
    }[tool]
