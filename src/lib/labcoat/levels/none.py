"""No isolation: the user's own Python. labcoat names what differs from the lock, nothing more."""

import os
import site
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, time_limit
from labcoat.inventory import inventory
from labcoat.inventory.inventory import Inventory
from labcoat.levels.level import Level, LevelState
from labcoat.levels.pip_command import pip_install_command
from labcoat.locking import requirements_file
from labcoat.locking.requirement_lines import same_version
from labcoat.toolchain import index_config


class NoneLevel(Level):
    """The Python that runs labcoat, with whatever is installed for it."""

    is_isolated = False
    recreate_command = "make user-install"

    def prepare(self, project: Project) -> None:
        """Warn about locked packages that are missing or at another version; install nothing."""
        if differences := _list_differences(project):
            terminal.print_warning(
                f"the packages of `{sys.executable}` differ from the lock:"
                f" {terminal.join_some(differences)}",
                "The results may differ: leave out IN=none to use the locked packages, or run"
                " `make user-install` to install them here",
            )

    def run_command(self, project: Project, argv: Sequence[str]) -> int:
        """Become `argv` with the user's own PATH; does not return.

        Raise LabcoatError if there is no such program.
        """
        self.prepare(project)
        sys.stdout.flush()
        process.exec_program(argv, os.environ, "on the path")

    def open_shell(self, project: Project) -> int:
        """Become the user's shell; does not return."""
        return self.run_command(project, [os.environ.get("SHELL") or "/bin/sh"])

    def remove(self, project: Project) -> None:
        """Do nothing: labcoat created nothing."""

    def read_inventory(self, project: Project) -> Inventory | None:  # noqa: ARG002 - of no project
        """Return all files that this Python finds, in all its directories of packages.

        Of distributions with the same name the first counts, as for an import.
        """
        return inventory.read_inventory(Path(sys.executable), "", _site_directories())

    def read_identity(self, project: Project) -> str:  # noqa: ARG002 - of no project
        """Return the interpreter's path."""
        return sys.executable

    def read_state(self, project: Project) -> LevelState:
        """Return fresh or other, with the locked packages that differ; unknown without a lock."""
        if not project.requirements.exists():
            return LevelState("unknown", f"{project.requirements.name} does not exist")
        if differences := _list_differences(project):
            return LevelState("other", terminal.join_some(differences))
        return LevelState("fresh", sys.executable)


def install_for_user(project: Project) -> int:
    """Install the lock with pip's --user, verified against its hashes. Return exit status 0.

    Raise LabcoatError as root, in a virtual environment, and if the system manages this Python
    (PEP 668).
    """
    _refuse_unsuitable_python()
    command = [*pip_install_command(project, sys.executable), "--user"]
    outcome = process.run_process(
        [*command, "-r", project.requirements],
        index_config.installer_environment(),
        project.root,
        limit=time_limit(),
    )
    if outcome.status:
        from labcoat.locking.causes import explain_install_failure  # slow; only errors need it

        raise explain_install_failure(
            outcome.output,
            project,
            [project.requirements],
            f"cannot install `{project.requirements.name}`",
            "user-install.log",
        )
    return 0


def _refuse_unsuitable_python() -> None:
    if sys.prefix != sys.base_prefix:
        raise LabcoatError(
            f"`{sys.executable}` is in a virtual environment, which has no user directory",
            "Run `make venv` instead",
        )
    if (Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").exists():
        raise LabcoatError(
            f"`{sys.executable}` is managed by the operating system, which packages may break",
            "Run `make venv` instead",
        )
    if os.geteuid() == 0:
        raise LabcoatError(
            "cannot install packages for the user root",
            "Run `make user-install` as yourself",
        )


def _site_directories() -> list[str]:
    """Return where this Python finds packages: PYTHONPATH, the user's directory, site-packages."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    has_user_site = not os.environ.get("PYTHONNOUSERSITE") and sys.prefix == sys.base_prefix
    user = [site.getusersitepackages()] if has_user_site else []
    return [
        path for path in [*named, *user, *site.getsitepackages()] if path and Path(path).is_dir()
    ]


def _list_differences(project: Project) -> list[str]:
    """Describe each locked package that is missing or at another version."""
    if not project.requirements.exists():
        return []
    installed: dict[str, str] = {}
    for folder in reversed(_site_directories()):
        installed |= inventory.installed_versions(Path(folder))
    pins = requirements_file.select_pins(
        requirements_file.parse_pins(requirements_file.read_requirements(project.requirements)), {}
    )
    return [
        f"{name} {installed[name]} (locked {pin.version})"
        if name in installed
        else f"no {name} (locked {pin.version})"
        for name, pin in pins.items()
        if not same_version(installed.get(name), pin.version)
    ]
