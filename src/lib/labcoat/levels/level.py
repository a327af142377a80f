"""What every level of isolation can do.

A level is a place where the project's programs run: the user's own Python (`none`), a virtual
environment (`venv`), a conda environment (`conda`) or an image (`docker`). Users choose one with
`make … IN=NAME` or `labcoat … --in NAME`.

To add a level:

1. Write a subclass of Level in `levels/NAME.py`. Implement what is abstract, and override a default
   where the level differs from it. mypy reports whatever is missing, in registry.py.
2. Add a function that imports and returns it to `levels/registry.py`, and its name to the table
   there. `labcoat run`, `shell`, `notebook`, `status`, `prove` and `clean` then know the level.
3. Give it a command in `commands/` that calls `prepare`, and a target in `include.python.mk`.
4. Write its tests in `tests/levels/test_NAME.py`, and its page in `docs/`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.inventory.inventory import Inventory
from labcoat.levels import sources
from labcoat.sources.sources_file import LockedSource

if TYPE_CHECKING:
    from labcoat.system.records import SystemSurvey


class LevelState(Record):
    """How a level compares with the lock.

    `kind` is fresh, stale, missing, changed (it has drifted), other or unknown; `about` explains it
    in a few words.
    """

    kind: str
    about: str


class Level(ABC):
    """A level of isolation. Instances hold no state: each method gets the project it is about."""

    is_isolated: bool = True
    """Whether it holds the lock and nothing else; the user's own Python does not."""

    is_editable: bool = True
    """Whether local packages are editable in it; in an image they are built."""

    needs_dockerfile: bool = False
    """Whether it is built from a Dockerfile, which labcoat writes where the project has none."""

    @property
    @abstractmethod
    def recreate_command(self) -> str:
        """The command that recreates it even if it is up to date."""

    @abstractmethod
    def prepare(self, project: Project) -> None:
        """Create or update it so that it holds exactly the lock; do nothing if it does already.

        Raise LabcoatError if that fails; what existed before stays.
        """

    @abstractmethod
    def run_command(self, project: Project, argv: Sequence[str]) -> int:
        """Run `argv` in it, in the project's directory, and return the exit status.

        The process may become `argv` instead of returning. Raise LabcoatError if the level does not
        exist or has no such program.
        """

    @abstractmethod
    def open_shell(self, project: Project) -> int:
        """Open an interactive shell in it and return the shell's exit status, like run_command."""

    @abstractmethod
    def remove(self, project: Project) -> None:
        """Remove what `prepare` created, and nothing else."""

    @abstractmethod
    def read_inventory(self, project: Project) -> Inventory | None:
        """Return all files it holds, by distribution; None if it does not exist.

        Raise LabcoatError with status 2 if it is broken, UnavailableError if what it needs, such as
        a container engine, is missing.
        """

    @abstractmethod
    def read_state(self, project: Project) -> LevelState:
        """Compare it with the lock by names and versions alone, which is quick.

        Raise UnavailableError if what it needs, such as a container engine, is missing.
        """

    def python_program(self, project: Project) -> str:  # noqa: ARG002 - for overrides
        """Return the word that starts its Python in run_command."""
        return "python"

    def listen_address(self, project: Project) -> str:  # noqa: ARG002 - for overrides
        """Return the address a server in it listens at, so that only this machine reaches it."""
        return "127.0.0.1"

    def lock_files(self, project: Project) -> Sequence[Path]:
        """Return the locks that it holds."""
        return (project.requirements,)

    def site_packages(self, project: Project) -> Path | None:  # noqa: ARG002 - for overrides
        """Return the directory of packages that users may change with pip; None without one."""
        return None

    def preinstalled_packages(self, project: Project) -> frozenset[str]:  # noqa: ARG002 - for overrides
        """Return the names of the distributions that come with the level itself."""
        return frozenset()

    def recorded_pins(self, project: Project) -> Mapping[str, str]:  # noqa: ARG002 - for overrides
        """Return the names and versions it was created from; empty if labcoat did not create it."""
        return {}

    def source_differences(
        self, project: Project, listed: Sequence[LockedSource]
    ) -> Mapping[str, str]:
        """Return how the sources `listed` differ from what it has, a reason by name.

        Those that are not installed are left out.
        """
        site = self.site_packages(project)
        return sources.find_moved(project, listed, site) if site else {}

    def survey_system(self, project: Project) -> "SystemSurvey | None":
        """Return what its packages need of its system; None if that is not known.

        Of an environment on this machine nothing is run. Raise LabcoatError with status 2 if it is
        broken, OSError if it cannot be read.
        """
        from labcoat.system.survey import survey_environment

        site = self.site_packages(project)  # PREFIX/lib/python3.12/site-packages
        if site is None:
            return None
        prefix = site.parents[2]
        return survey_environment(prefix, [site], prefix / "bin/python")

    def read_identity(self, project: Project) -> str:  # noqa: ARG002 - for overrides
        """Return what identifies it, such as an image's id; empty if nothing does."""
        return ""
