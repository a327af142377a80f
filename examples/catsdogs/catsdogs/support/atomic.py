"""Files that are there whole or not at all: written aside, then renamed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it becomes `target` when the block ends well, and is
    removed when not.

    What a killed run left behind is never mistaken for the real thing, and the next run writes past
    it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
    try:
        # The name is kept because Keras tells formats apart by it.
        yield room / target.name
        _rename(room / target.name, target)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _rename(made: Path, target: Path) -> None:
    try:
        made.replace(target)
    except OSError:
        # A folder cannot replace a full one: another run was quicker, and made the same.
        if not target.is_dir():
            raise
