"""No isolation: the user's own Python. labcoat names what differs from the lock, nothing more."""

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labcoat.core import process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.core.settings import time_limit
from labcoat.inventory import inventory
from labcoat.inventory.inventory import Inventory
from labcoat.levels import sources
from labcoat.levels.level import Level, LevelState
from labcoat.levels.pip_command import pip_install_command
from labcoat.locking import index_comments, requirements_file
from labcoat.locking.requirement_lines import same_version
from labcoat.sources.sources_file import sources_path
from labcoat.toolchain import index_environment, interpreters

if TYPE_CHECKING:
    from labcoat.system.records import SystemSurvey

# What UserPython has, from the Python itself: the helper may run on another one.
_DESCRIBE = (
    "import json, site, sys, sysconfig; print(json.dumps([sys.prefix != sys.base_prefix,"
    " sysconfig.get_path('stdlib'), site.getusersitepackages(), site.getsitepackages()]))"
)
_SECONDS = 20  # a program that takes longer to print this is broken


class UserPython(Record):
    """The user's own Python, and where it keeps its library and its packages."""

    executable: str
    is_virtual: bool
    library: str
    user_site: str
    system_sites: tuple[str, ...]

    def site_directories(self) -> list[str]:
        """Return where it finds packages: PYTHONPATH, the user's directory, site-packages."""
        named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        has_user_site = not os.environ.get("PYTHONNOUSERSITE") and not self.is_virtual
        folders = [*named, *([self.user_site] if has_user_site else []), *self.system_sites]
        return [path for path in folders if path and Path(path).is_dir()]


def find_user_python(project: Project) -> UserPython:
    """Return the Python that LABCOAT_PYTHON names, else the one that labcoat runs on.

    If that is an environment of labcoat's own, as pipx makes it, it is the Python on PATH. Raise
    LabcoatError if it is not a Python that starts.
    """
    found = interpreters.named_interpreter(project)
    if found is None and sys.prefix != sys.base_prefix:
        return _describe_python(shutil.which("python3") or sys.executable)
    if found is None or found == interpreters.own_interpreter():
        return _describe_python(sys.executable)  # labcoat itself runs without site
    return _describe_python(interpreters.named_program(project))


@functools.cache
def _describe_python(program: str) -> UserPython:
    try:
        done = subprocess.run(
            [program, "-Ic", _DESCRIBE],
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
        is_virtual, library, user_site, sites = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        raise LabcoatError(
            f"cannot use Python `{program}`: it does not start", "Set LABCOAT_PYTHON to another one"
        ) from None
    return UserPython(program, is_virtual, library, user_site, tuple(sites))


class NoneLevel(Level):
    """The user's own Python, with whatever is installed for it."""

    is_isolated = False
    recreate_command = "make user-install"

    def prepare(self, project: Project) -> None:
        """Warn about locked packages that are missing or at another version; install nothing."""
        if differences := _list_differences(project):
            python = find_user_python(project)
            hint = "The results may differ: leave out IN=none to use the locked packages"
            if not _explain_unsuitable(python):
                hint += ", or run `make user-install` to install them here"
            terminal.print_warning(
                f"the packages of `{python.executable}` differ from the lock:"
                f" {terminal.join_some(differences)}",
                hint,
            )

    def run_command(self, project: Project, argv: Sequence[str]) -> int:
        """Become `argv` with the user's own PATH; does not return.

        Raise LabcoatError if there is no such program.
        """
        self.prepare(project)
        sys.stdout.flush()
        process.exec_program(argv, os.environ, "on the path")

    def python_program(self, project: Project) -> str:
        """Return the path of the user's Python: PATH may have no `python`, or another one."""
        return find_user_python(project).executable

    def open_shell(self, project: Project) -> int:
        """Become the user's shell; does not return."""
        return self.run_command(project, [os.environ.get("SHELL") or "/bin/sh"])

    def remove(self, project: Project) -> None:
        """Do nothing: labcoat created nothing."""

    def read_inventory(self, project: Project) -> Inventory | None:
        """Return all files that this Python finds, in all its directories of packages.

        Of distributions with the same name the first counts, as for an import.
        """
        python = find_user_python(project)
        return inventory.read_inventory(Path(python.executable), "", python.site_directories())

    def survey_system(self, project: Project) -> "SystemSurvey | None":
        """Return what this Python's packages need of this machine."""
        from labcoat.system.survey import survey_environment

        python = find_user_python(project)
        program = Path(python.executable)
        sites = [Path(site) for site in python.site_directories()]
        return survey_environment(program.parent.parent, sites, program)

    def read_identity(self, project: Project) -> str:
        """Return the interpreter's path."""
        return find_user_python(project).executable

    def read_state(self, project: Project) -> LevelState:
        """Return fresh or other, with the locked packages that differ; unknown without a lock."""
        if not project.requirements.exists():
            return LevelState("unknown", f"{project.requirements.name} does not exist")
        if differences := _list_differences(project):
            return LevelState("other", terminal.join_some(differences))
        return LevelState("fresh", find_user_python(project).executable)


def install_for_user(project: Project) -> int:
    """Install the lock with pip's --user, verified against its hashes. Return exit status 0.

    Raise LabcoatError as root, in a virtual environment, and if the system manages this Python
    (PEP 668).
    """
    python = find_user_python(project)
    if error := _explain_unsuitable(python):
        raise error
    command = [*pip_install_command(project, python.executable), "--user"]
    outcome = process.run_process(
        [*command, "-r", project.requirements],
        index_environment.routed_environment(
            index_comments.installed_indexes(project, [project.requirements])
        ),
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
    if listed := sources.list_sources(project, [project.requirements]):
        names = terminal.join_some([f"`{each.name}`" for each in listed])
        terminal.print_warning(
            f"{names} is not installed: it is not a release of a package index",
            f"Run `{python.executable} -m pip install --user --no-deps -r"
            f" {sources_path(project.requirements).name}`",
        )
    return 0


def _explain_unsuitable(python: UserPython) -> LabcoatError | None:
    """Return why nothing can be installed for `python`; None if it can."""
    if python.is_virtual:
        return LabcoatError(
            f"`{python.executable}` is in a virtual environment, which has no user directory",
            "Run `make venv` instead",
        )
    if (Path(python.library) / "EXTERNALLY-MANAGED").exists():
        return LabcoatError(
            f"`{python.executable}` is managed by the operating system, which packages may break",
            "Run `make venv` instead",
        )
    if os.geteuid() == 0:
        return LabcoatError(
            "cannot install packages for the user root",
            "Run `make user-install` as yourself",
        )
    return None


def _list_differences(project: Project) -> list[str]:
    """Describe each locked package that is missing or at another version."""
    if not project.requirements.exists():
        return []
    installed: dict[str, str] = {}
    for folder in reversed(find_user_python(project).site_directories()):
        installed |= inventory.installed_versions(Path(folder))
    markers = interpreters.marker_environment(project) if project.is_set("PYTHON") else {}
    lock = requirements_file.read_requirements(project.requirements)
    pins = requirements_file.select_pins(requirements_file.parse_pins(lock), markers)
    listed = sources.list_sources(project, [project.requirements])
    return [
        *(f"no {each.name} (from {each.place})" for each in listed if each.name not in installed),
        *(
            f"{name} {installed[name]} (locked {pin.version})"
            if name in installed
            else f"no {name} (locked {pin.version})"
            for name, pin in pins.items()
            if not same_version(installed.get(name), pin.version)
        ),
    ]
