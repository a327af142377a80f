"""Whether a lock is older than the file that its tool locks, by that tool's own digest."""

from pathlib import Path


def check_current(record: Path, folder: Path) -> None:
    """Raise LabcoatError if the lock `record` is older than what the project declares."""
