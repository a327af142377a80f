"""How to add packages to an environment: lines of a list, or another tool's command."""

from collections.abc import Collection, Mapping
from pathlib import Path

from labcoat.core import terminal
from labcoat.core.project_files.lock_of_record import is_lock_name
from labcoat.locking.other_locks import owners

_MOST_SHOWN = 6


def advise_additions(wanted: Mapping[str, Collection[str]]) -> str:
    """Return the hint that adds requirements to each file; empty for none.

    The lock of another tool is not a file to write lines into: its tool adds them.
    """
    lines = [
        f"{terminal.escape_control(file)}{', a line each' * (len(names) > 1)}:"
        f" {terminal.join_some([f'`{each}`' for each in names], _MOST_SHOWN)}"
        for file, names in wanted.items()
        if names and not is_lock_name(file)
    ]
    commands = [
        f"`{owners.add_command(Path(file), sorted(names))}`"
        for file, names in wanted.items()
        if names and is_lock_name(file)
    ]
    hints = [f"Add to {'; to '.join(lines)}"] if lines else []
    return "; ".join([*hints, *(f"Run {command}, then `make venv`" for command in commands)])
