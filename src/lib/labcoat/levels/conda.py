"""The conda environment: Python and what pip cannot give from conda-forge, and the lock's packages through pip, with hashes.

environment.yml is written from the lock. What a person has added to it stays.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory import inventory
from labcoat.inventory.inventory import Inventory
from labcoat.levels import environment_yml, shell_rc
from labcoat.levels.level import LevelState
from labcoat.locking import requirements_file
from labcoat.toolchain import index_config, interpreters, own_install
from labcoat.toolchain.installer_errors import explain_installer_error

ISOLATED = True
AGAIN = "make conda AGAIN=1"
SCAFFOLD = False
_PROGRAMS = ("micromamba", "mamba", "conda")


@dataclass(frozen=True)
class CondaMetadata:
    """What a finished environment was made of: the digests of its environment.yml and lock, its place, and the lock's pins."""

    file: str
    lock: str
    place: str
    pins: Mapping[str, str]


def make(project: Project, *, again: bool = False) -> None:
    """Write environment.yml and make the environment of it; where it is that already, nothing, unless `again`. Raises Failure."""
    environment_yml.write_environment_yml(project)
    folder, wanted = prefix(project), _wanted(project)
    with files.file_lock(files.state_folder(project.state) / "conda.flock"):
        if not again and _mark(folder) == wanted and (folder / "bin" / "python").exists():
            return
        if folder.exists() and not (folder / "conda-meta").exists() and any(folder.iterdir()):
            raise LabcoatError(
                f"{folder.name} is there and is no conda environment.",
                "Move it away, or set LABCOAT_CONDA_ENV.",
            )
        own_install.refuse_inside(folder, "conda")
        chosen = program(project)
        print(f"making {folder.name} with {Path(chosen).name}", file=sys.stderr)
        with files.swap_directory(folder, lambda one: _mark(one) is not None):
            _fill(project, chosen, folder)
            files.write_file(folder / "labcoat.json", json.dumps(asdict(wanted), indent=1) + "\n")
    print(f"{folder.name} holds {project.requirements.name} (conda)", file=sys.stderr)


def run(project: Project, argv: Sequence[str]) -> int:
    """Become `argv` in the activated environment; does not return. Raises Failure where there is no environment."""
    folder = prefix(project)
    if not (folder / "bin" / "python").exists():
        raise LabcoatError(f"There is no conda environment in {folder.name}.", "Run make conda.")
    if not shutil.which(
        argv[0], path=f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    ):
        raise process.program_not_found(argv[0], f"in {folder.name} or on the path")
    chosen = program(project)
    # conda alone keeps a program's words to itself until it ends.
    flags = ["--no-capture-output"] if Path(chosen).name == "conda" else []
    sys.stdout.flush()
    process.exec_program(
        [chosen, "run", *flags, "-p", str(folder), *argv], os.environ, "on the path"
    )


def shell(project: Project) -> int:
    """Become the person's shell in the environment; does not return."""
    folder = files.state_folder(project.state) / "shell" / "conda"
    return run(
        project,
        shell_rc.shell_command(
            folder, prefix(project) / "bin", {"CONDA_PREFIX": str(prefix(project))}
        ),
    )


def address(project: Project) -> str:  # noqa: ARG001
    """The loopback of this machine."""
    return "127.0.0.1"


def remove(project: Project) -> None:
    """Remove the environment, if labcoat made it. environment.yml stays: a person may have written in it."""
    folder = prefix(project)
    for one in (folder, files.backup_path(folder)):
        if _mark(one) is not None:
            files.remove_path(one)


def locks(project: Project) -> Sequence[Path]:
    """The lock alone."""
    return (project.requirements,)


def contents(project: Project) -> Inventory | None:
    """What the environment holds. Raises Failure, status 2, where its interpreter is gone."""
    folder = prefix(project)
    if not (folder / "conda-meta").is_dir():
        return None
    if not (folder / "bin" / "python").exists():
        raise LabcoatError(
            f"The interpreter of {folder.name} is gone.", "Run make conda.", status=2
        )
    return inventory.read_inventory(folder / "bin" / "python", folder)


def packages(project: Project) -> Path | None:
    """The environment's site-packages."""
    return next(iter(prefix(project).glob("lib/python*/site-packages")), None)


def brought(project: Project) -> frozenset[str]:
    """What conda itself installed, where labcoat made the environment; in one made by hand, that is what somebody asked for."""
    folder = prefix(project)
    return frozenset(_by_conda(folder)) if _mark(folder) else frozenset()


def made_of(project: Project) -> Mapping[str, str]:
    """What its lock pinned as it was made; nothing where labcoat did not make it."""
    mark = _mark(prefix(project))
    return mark.pins if mark else {}


def identity(project: Project) -> str:  # noqa: ARG001
    """Nothing names an environment but what it holds."""
    return ""


def state(project: Project) -> LevelState:
    """Fresh, stale (why), missing, or changed by hand."""
    folder = prefix(project)
    if not (folder / "conda-meta").is_dir():
        return LevelState("missing", "make conda makes it")
    if not (folder / "bin" / "python").exists():
        return LevelState("stale", "its interpreter is gone")
    mark = _mark(folder)
    if mark is None:
        return LevelState("stale", "labcoat did not finish it")
    for holds, why in (
        (mark.place == str(folder), "the folder was moved"),
        (mark.lock == _digest(project.requirements), f"{project['REQUIREMENTS']} has changed"),
        (
            mark.file == _digest(environment_yml.environment_yml_path(project)),
            f"{environment_yml.environment_yml_path(project).name} has changed",
        ),
    ):
        if not holds:
            return LevelState("stale", why)
    there = inventory.installed_versions(
        next(iter(folder.glob("lib/python*/site-packages")), folder)
    )
    # What conda itself put there is on top.
    said = inventory.describe_changes(there, mark.pins, brought(project))
    return LevelState("changed", said) if said else LevelState("fresh", project["REQUIREMENTS"])


def prefix(project: Project) -> Path:
    """The environment's folder."""
    return project.root / project["CONDA_ENV"]


def program(project: Project) -> str:
    """The conda program: LABCOAT_CONDA, else the first that is there. Raises Failure where there is none."""
    names = [project["CONDA"]] if project["CONDA"] else _PROGRAMS
    if found := next((path for path in map(shutil.which, names) if path), None):
        return found
    raise LabcoatError(
        f"There is no {', '.join(names)} here.",
        "Install micromamba (mamba.readthedocs.io), or name yours with LABCOAT_CONDA.",
    )


def _fill(project: Project, chosen: str, folder: Path) -> None:
    words = ["create"] if Path(chosen).name == "micromamba" else ["env", "create"]
    env = index_config.installer_environment() | {
        "CONDA_ALWAYS_YES": "true",
        "MAMBA_ALWAYS_YES": "true",
    }
    command: list[str | Path] = [
        chosen,
        *words,
        "-p",
        folder,
        "-f",
        environment_yml.environment_yml_path(project),
    ]
    name = Path(chosen).name
    outcome = _run(project, command, env)
    if crash := process.crash_signal(outcome.status):
        # It happens as such a program ends, all its work done, on a machine that is busy.
        print(f"{name} crashed ({crash}); once more", file=sys.stderr)
        files.remove_path(folder)
        outcome = _run(project, command, env)
        if crash := process.crash_signal(outcome.status):
            raise LabcoatError(
                f"{name} crashed ({crash}), twice.",
                "Update it, or name another with LABCOAT_CONDA.",
            )
    if outcome.status:
        if "Could not solve" in outcome.output or "ResolvePackageNotFound" in outcome.output:
            said = [
                line.strip()
                for line in outcome.output.partition("Could not solve")[2].splitlines()[1:]
                if line.strip()
            ]
            raise LabcoatError(
                f"The conda packages cannot be had together: {'; '.join(said[:3])}.",
                "Correct LABCOAT_CONDA_PACKAGES or environment.yml.",
            )
        raise explain_installer_error(
            outcome.output, f"{folder.name} could not be made", project.state / "conda.log"
        )


def _run(
    project: Project, command: Sequence[str | Path], env: Mapping[str, str]
) -> process.ProcessResult:
    return process.run_process(
        command, env, project.root, show=lambda line: line.startswith(("Downloading", "Installing"))
    )


def _wanted(project: Project) -> CondaMetadata:
    pins = requirements_file.versions(locks(project), interpreters.project_minor(project))
    return CondaMetadata(
        _digest(environment_yml.environment_yml_path(project)),
        _digest(project.requirements),
        str(prefix(project)),
        pins,
    )


def _digest(file: Path) -> str:
    return files.text_digest(file.read_bytes()) if file.exists() else ""


def _by_conda(folder: Path) -> list[str]:
    """The distributions that conda itself installed."""
    infos = folder.glob("lib/python*/site-packages/*.dist-info")
    return [
        requirements_file.normalize(info.name.partition("-")[0])
        for info in infos
        if (info / "INSTALLER").exists()
        and (info / "INSTALLER").read_text(encoding="utf-8").strip() == "conda"
    ]


def _mark(folder: Path) -> CondaMetadata | None:
    try:
        return CondaMetadata(**json.loads((folder / "labcoat.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
