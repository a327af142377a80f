"""Write files atomically: to a temporary path first, which is then renamed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to.

    It becomes `target` when the block succeeds, and is removed when it fails. Leftovers of a killed
    run are never mistaken for `target`, and do not disturb the next run.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
    try:
        # The name stays the same because Keras chooses the format by it.
        yield room / target.name
        _rename(room / target.name, target)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _rename(made: Path, target: Path) -> None:
    try:
        made.replace(target)
    except OSError:
        # A folder cannot replace one with files in it: another run has just written the same.
        if not target.is_dir():
            raise
