"""What every level of isolation can be asked."""

import importlib
from collections.abc import Sequence
from typing import Protocol

from labcoat.core.errors import Failure
from labcoat.core.project import Project, nearest

# Name, as in IN=…, and the module that is that rung; each is a Rung.
_MODULES = {"venv": "venv", "docker": "image"}


class Rung(Protocol):
    """A module in this folder. A new rung is one more, and a line in the table above."""

    def make(self, project: Project) -> None:
        """Make it hold exactly the lock; nothing where it does. Raises Failure, and leaves what was there."""

    def run(self, project: Project, argv: Sequence[str]) -> int:
        """Run `argv` in it, in the project's folder; the program's exit status. Raises Failure where it is not there."""

    def shell(self, project: Project) -> int:
        """Open a shell in it; the shell's exit status. Raises Failure where it is not there."""

    def remove(self, project: Project) -> None:
        """Remove what `make` made, and nothing else."""


def every() -> list[Rung]:
    """All rungs."""
    return [named(name) for name in _MODULES]


def named(name: str) -> Rung:
    """The rung called `name`. Raises Failure where there is none."""
    if name not in _MODULES:
        raise Failure(
            f"There is no level of isolation called {name!r}.",
            nearest(name, _MODULES, f"IN is one of: {', '.join(_MODULES)}."),
        )
    module: Rung = importlib.import_module(f"labcoat.rungs.{_MODULES[name]}")
    return module
