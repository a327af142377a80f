"""What every level of isolation can be asked."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, suggest_name
from labcoat.inventory.inventory import Inventory

# Name, as in IN=…, and the module that is that level; each is a Rung.
_MODULES = {"none": "none", "venv": "venv", "conda": "conda", "docker": "docker"}


@dataclass(frozen=True)
class LevelState:
    """How a level of isolation stands to the lock: fresh, stale, missing, changed (by hand) or other; and a word on it."""

    kind: str
    about: str


class Level(Protocol):
    """A module in this folder. A new level is one more, and a line in the table above."""

    ISOLATED: bool
    """Whether it holds the lock and nothing else; a person's own Python does not."""

    AGAIN: str
    """What makes it anew where it is not what it should be."""

    SCAFFOLD: bool
    """Whether a project needs files of its own for it, which labcoat writes where they are missing: a Dockerfile."""

    def address(self, project: Project) -> str:
        """The address to listen at in it, so that this machine and nobody else reaches it."""

    def make(self, project: Project) -> None:
        """Make it hold exactly the lock; nothing where it does. Raises Failure, and leaves what was there."""

    def run(self, project: Project, argv: Sequence[str]) -> int:
        """Run `argv` in it, in the project's folder; the program's exit status. Raises Failure where it is not there."""

    def shell(self, project: Project) -> int:
        """Open a shell in it; the shell's exit status. Raises Failure where it is not there."""

    def remove(self, project: Project) -> None:
        """Remove what `make` made, and nothing else."""

    def locks(self, project: Project) -> Sequence[Path]:
        """The locks that it holds."""

    def contents(self, project: Project) -> Inventory | None:
        """What it holds, file by file; None where it has not been made.

        Raises Failure, status 2, where it is broken; Unavailable where what it needs is not there.
        """

    def packages(self, project: Project) -> Path | None:
        """The folder of packages that a person may change by hand; None where there is none."""

    def brought(self, project: Project) -> frozenset[str]:
        """The distributions that it came with by itself, which are no part of what a project asks for."""

    def made_of(self, project: Project) -> Mapping[str, str]:
        """The names and versions that its locks pinned as labcoat made it; nothing where labcoat did not."""

    def state(self, project: Project) -> LevelState:
        """How it stands to the lock, by names and versions alone. Raises Unavailable where what it needs is not there."""

    def identity(self, project: Project) -> str:
        """What names this one and no other, such as an image's id; empty where there is no such thing."""


def level_names() -> tuple[str, ...]:
    """What IN may be."""
    return tuple(_MODULES)


def all_levels() -> list[Level]:
    """All levels."""
    return [get_level(name) for name in _MODULES]


def get_level(name: str) -> Level:
    """The level called `name`. Raises Failure where there is none."""
    if name not in _MODULES:
        raise LabcoatError(
            f"There is no level of isolation called {name!r}.",
            suggest_name(name, _MODULES, f"IN is one of: {', '.join(_MODULES)}."),
            status=2,
        )
    module: Level = importlib.import_module(f"labcoat.levels.{_MODULES[name]}")
    return module
