"""Have uv itself export a uv.lock; reading it gives the same."""

from collections.abc import Sequence
from pathlib import Path

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.settings import time_limit
from labcoat.locking.other_locks.model import OtherLock
from labcoat.toolchain import index_config, tool_env


def export_uv_lock(
    lock: OtherLock, folder: Path, parts: Sequence[str], *, with_main: bool
) -> str | None:
    """Return the requirements that uv exports for `parts`; None if it cannot.

    It reads files only: nothing is resolved, and no index is asked.
    """
    groups = [part for part in parts if part in lock.groups and part not in lock.extras]
    extras = [part for part in parts if part in lock.extras]
    alone = not (with_main or extras or not parts)
    words = [
        *(f"--extra={name}" for name in extras),
        *(f"--{'only-' if alone else ''}group={name}" for name in groups),
        *(f"--group={name}" for name in extras if name in lock.groups),
    ]
    command: list[str | Path] = ["export", "--frozen", "--offline", "--quiet", "--no-progress"]
    command += ["--format=requirements.txt", "--no-annotate", "--no-header", "--no-default-groups"]
    try:
        outcome = process.run_process(
            [tool_env.uv_program(), *command, *words],
            index_config.installer_environment(),
            folder,
            show=process.show_none,
            limit=time_limit(),
        )
    except LabcoatError:
        return None
    return outcome.output if outcome.status == 0 else None
