"""No isolation: the person's own Python as it is. Nothing is installed by force; what differs from the lock is said."""

import os
import site
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory import inventory
from labcoat.inventory.inventory import Inventory
from labcoat.levels.level import LevelState
from labcoat.locking import requirements_file
from labcoat.toolchain import index_config, tool_env
from labcoat.toolchain.installer_errors import explain_installer_error

ISOLATED = False
AGAIN = "make user-install"
SCAFFOLD = False


def make(project: Project) -> None:
    """Say what differs from the lock."""
    if said := _differences(project):
        print(
            f"labcoat: {sys.executable} is not what the lock says: {_listed(said)}", file=sys.stderr
        )


def run(project: Project, argv: Sequence[str]) -> int:
    """Become `argv` with the person's own path and Python; does not return. Raises Failure where there is no such program."""
    make(project)
    sys.stdout.flush()
    process.exec_program(argv, os.environ, "on the path")


def shell(project: Project) -> int:
    """Become the person's shell; does not return."""
    return run(project, [os.environ.get("SHELL") or "/bin/sh"])


def address(project: Project) -> str:  # noqa: ARG001
    """The loopback of this machine."""
    return "127.0.0.1"


def remove(project: Project) -> None:
    """Nothing: nothing was made."""


def locks(project: Project) -> Sequence[Path]:
    """The lock."""
    return (project.requirements,)


def contents(project: Project) -> Inventory | None:  # noqa: ARG001
    """What the person's Python finds, in all its folders of packages; the first of a name counts."""
    return inventory.read_inventory(Path(sys.executable), "", _sites())


def packages(project: Project) -> Path | None:  # noqa: ARG001
    """None: it is not labcoat's to freeze."""
    return None


def brought(project: Project) -> frozenset[str]:  # noqa: ARG001
    """None."""
    return frozenset()


def made_of(project: Project) -> Mapping[str, str]:  # noqa: ARG001
    """Nothing: labcoat did not make it."""
    return {}


def identity(project: Project) -> str:  # noqa: ARG001
    """The interpreter's path."""
    return sys.executable


def state(project: Project) -> LevelState:
    """How much of the lock is there."""
    if not project.requirements.exists():
        return LevelState("unknown", f"there is no {project.requirements.name}")
    differ = _differences(project)
    return LevelState("other", _listed(differ)) if differ else LevelState("fresh", sys.executable)


def install(project: Project) -> int:
    """Install the lock into the person's own folder (pip's --user), held to its hashes. Exit status 0.

    Raises Failure as root, in a virtual environment, and where the system manages this Python (PEP 668).
    """
    _refuse()
    command: list[str | Path] = [
        tool_env.tool_environment() / "bin" / "python",
        "-Im",
        "pip",
        "--python",
        sys.executable,
        "install",
    ]
    command += [
        "--user",
        "--require-hashes",
        "--no-deps",
        "--only-binary=:all:",
        "--progress-bar=off",
    ]
    command += [f"--no-binary={name}" for name in project["NO_BINARY"].split()]
    outcome = process.run_process(
        [*command, "-r", project.requirements], index_config.installer_environment(), project.root
    )
    if outcome.status:
        raise explain_installer_error(
            outcome.output, "The lock could not be installed", project.state / "user-install.log"
        )
    return 0


def _refuse() -> None:
    if sys.prefix != sys.base_prefix:
        raise LabcoatError(
            "This Python is a virtual environment's, which has no folder of a user.",
            "make venv is what you want.",
        )
    if (Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").exists():
        raise LabcoatError(
            f"{sys.executable} is managed by your system, which may break if packages are added.",
            "make venv is what you want.",
        )
    if os.geteuid() == 0:
        raise LabcoatError(
            "As root, packages would be installed for the whole machine's administrator.",
            "Do it as yourself.",
        )


def _sites() -> list[str]:
    """The folders in which the person's Python looks for packages, PYTHONPATH and the user's own among them."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    own = (
        []
        if os.environ.get("PYTHONNOUSERSITE") or sys.prefix != sys.base_prefix
        else [site.getusersitepackages()]
    )
    return [
        path for path in [*named, *own, *site.getsitepackages()] if path and Path(path).is_dir()
    ]


def _differences(project: Project) -> list[str]:
    """Each locked package that is not there or at another version, in words."""
    if not project.requirements.exists():
        return []
    there: dict[str, str] = {}
    for folder in reversed(_sites()):
        there |= inventory.installed_versions(Path(folder))
    pins = requirements_file.applying(
        requirements_file.locked(requirements_file.read(project.requirements)), {}
    )
    return [
        f"{name} {there[name]} (locked {pin.version})"
        if name in there
        else f"no {name} (locked {pin.version})"
        for name, pin in pins.items()
        if there.get(name) != pin.version
    ]


def _listed(said: Sequence[str]) -> str:
    return ", ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")
