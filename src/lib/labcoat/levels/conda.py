"""The conda environment: Python and non-Python packages from conda-forge, the lock through pip.

environment.yml is written from the lock; what users add to it stays.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project import Project, check_environment_path
from labcoat.core.reading import read_inside
from labcoat.core.records import Record, as_dict, replace
from labcoat.inventory import inventory, shared_files
from labcoat.inventory.code_paths.conda import read_conda_environment
from labcoat.inventory.inventory import Inventory
from labcoat.levels import (
    byte_code,
    conda_program,
    drift,
    environment_yml,
    foreign,
    metadata,
    python_variables,
    shell_rc,
    sources,
)
from labcoat.levels.level import Level, LevelState
from labcoat.locking import requirements_file
from labcoat.toolchain import interpreters, own_install


class CondaMetadata(Record):
    """What a finished environment was created from; the field names are labcoat.json's keys.

    `file` and `lock` are digests of environment.yml and the lock, `place` is the path it was
    created at, `pins` are the names and versions in the lock.
    """

    file: str
    lock: str
    place: str
    pins: Mapping[str, str]

    def __post_init__(self) -> None:
        """Raise TypeError for values of other types: the file is in an environment."""
        metadata.check_types(self)


class CondaLevel(Level):
    """The conda environment in LABCOAT_CONDA_ENV."""

    recreate_command = "make conda AGAIN=1"

    def prepare(self, project: Project, *, recreate: bool = False) -> None:
        """Write environment.yml and create the environment from it, unless it is up to date.

        With `recreate` it is recreated even then. Raise LabcoatError if that fails.
        """
        folder = environment_path(project)
        check_environment_path(folder, "LABCOAT_CONDA_ENV")
        try:
            self._prepare(project, folder, recreate=recreate)
        except OSError as error:
            # Who may only read the project can use an environment that is up to date.
            if recreate or not files.is_read_only(error) or not _is_current(project, folder):
                raise

    def _prepare(self, project: Project, folder: Path, *, recreate: bool) -> None:
        environment_yml.write_environment_yml(project)
        expected = _expected_metadata(project)
        with files.file_lock(files.state_folder(project.state) / "conda.flock"):
            if not recreate and _is_current(project, folder):
                return
            own_install.refuse_inside(folder, "conda")
            if _read_metadata(folder) is None:
                is_kept = recreate or self._is_locked(project, expected)
                foreign.check_conda_folder(project, folder, recreate=is_kept)
            program = conda_program.find_conda_program(project)
            terminal.print_progress(f"creating {project['CONDA_ENV']} with {Path(program).name}")
            # Where it is a link to a larger disk, the environment is created there.
            with (
                foreign.note_creation(project, folder),
                files.swap_directory(folder.resolve(), lambda one: bool(_read_metadata(one))),
            ):
                conda_program.create_environment(project, program, folder.resolve())
                python = folder.resolve() / "bin" / "python"
                packages = self.site_packages(project) or folder
                sources.install_sources(project, self.lock_files(project), python, packages)
                metadata.write_metadata(folder, as_dict(expected))
        terminal.print_progress(f"{project['CONDA_ENV']} holds {project.requirements.name} (conda)")
        if site := self.site_packages(project):
            shared_files.warn_of_shared_files(site)
        byte_code.remove_abandoned(project)

    def _is_locked(self, project: Project, expected: CondaMetadata) -> bool:
        """Whether the lock has every Python package of an environment, as after `make freeze`."""
        site = self.site_packages(project)
        if site is None or not inventory.installed_versions(site).keys() - inventory.INSTALLERS:
            return False
        return not drift.describe_drift(site, {}, expected.pins)

    def run_command(self, project: Project, argv: Sequence[str]) -> int:
        """Become `argv` in the activated environment; does not return.

        Raise LabcoatError if there is no environment or no such program.
        """
        folder = environment_path(project)
        if not _has_python(folder):
            raise LabcoatError(
                f"no conda environment in `{project['CONDA_ENV']}`", "Run `make conda`"
            )
        path = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        if not shutil.which(argv[0], path=path):
            raise process.program_not_found(argv[0], f"in {folder.name} or on the path")
        program = conda_program.find_conda_program(project)
        # conda, unlike the others, shows a program's output only when it has ended.
        flags = ["--no-capture-output"] if Path(program).name == "conda" else []
        sys.stdout.flush()
        process.exec_program(
            [program, "run", *flags, "-p", str(folder), *argv],
            # The user's own packages would come before the environment's.
            python_variables.program_variables(project, folder, os.environ)
            | {"PYTHONNOUSERSITE": "1"},
            "on the path",
        )

    def open_shell(self, project: Project) -> int:
        """Become the user's shell in the environment; does not return."""
        folder = shell_rc.shell_folder(project, "conda")
        environment = environment_path(project)
        command = shell_rc.shell_command(
            folder, environment / "bin", {"CONDA_PREFIX": str(environment)}
        )
        return self.run_command(project, command)

    def remove(self, project: Project) -> None:
        """Remove the environment if labcoat created it, but not environment.yml: users edit it."""
        foreign.remove_environment(project, "CONDA_ENV", _read_metadata)
        byte_code.remove_abandoned(project)

    def read_inventory(self, project: Project) -> Inventory | None:
        """Return all files of the environment; None if it does not exist.

        Nothing of the environment is run.
        """
        folder = environment_path(project)
        names = ("conda-meta", metadata.NAME, "bin/python")
        if not any(os.path.lexists(folder / name) for name in names):
            return None
        found = read_conda_environment(
            folder,
            project.root.resolve(),
            interpreters.project_minor(project),
            own={metadata.NAME: _is_own_metadata},
        )
        compiled = byte_code.remove_byte_code(project, folder)
        return replace(found, findings=(*found.findings, *compiled))

    def read_state(self, project: Project) -> LevelState:
        """Return fresh, stale, missing or changed, by names and versions alone."""
        folder = environment_path(project)
        if not (folder / "conda-meta").is_dir():
            return LevelState("missing", "run make conda")
        if not _has_python(folder):
            return LevelState("stale", "its interpreter is missing")
        found = _read_metadata(folder)
        if found is None:
            return LevelState("stale", "labcoat did not create it, or was interrupted")
        if reason := _describe_staleness(project, found):
            return LevelState("stale", reason)
        site = self.site_packages(project)
        own = sources.source_versions(project, self.lock_files(project), site)
        installed = inventory.installed_versions(site or folder)
        changes = inventory.describe_changes(
            installed, {**found.pins, **own}, self.preinstalled_packages(project)
        )
        return (
            LevelState("changed", changes)
            if changes
            else LevelState("fresh", project["REQUIREMENTS"])
        )

    def site_packages(self, project: Project) -> Path | None:
        """Return the environment's site-packages; None if it has none."""
        return next(iter(environment_path(project).glob("lib/python*/site-packages")), None)

    def preinstalled_packages(self, project: Project) -> frozenset[str]:
        """Return what conda installed, if labcoat created the environment.

        In an environment that the user created, conda's packages are what the user asked for.
        """
        folder = environment_path(project)
        return frozenset(_list_conda_distributions(folder) if _read_metadata(folder) else ())

    def recorded_pins(self, project: Project) -> Mapping[str, str]:
        """Return the names and versions it was created from; empty if labcoat did not create it."""
        found = _read_metadata(environment_path(project))
        return found.pins if found else {}


def environment_path(project: Project) -> Path:
    """Return the environment's directory."""
    return project.root / project["CONDA_ENV"]


def _is_current(project: Project, folder: Path) -> bool:
    return _read_metadata(folder) == _expected_metadata(project) and _has_python(folder)


def _has_python(folder: Path) -> bool:
    return (folder / "bin" / "python").exists()


def _describe_staleness(project: Project, found: CondaMetadata) -> str:
    """Return why an environment created from `found` is not up to date; empty if it is."""
    specification = environment_yml.environment_yml_path(project)
    if found.place != str(environment_path(project)):
        return "its directory was moved"
    if found.lock != _digest_lock(project):
        return f"{project['REQUIREMENTS']} has changed"
    if found.file != _digest_file(specification):
        return f"{specification.name} has changed"
    return ""


def _expected_metadata(project: Project) -> CondaMetadata:
    """Return the metadata of an environment that is up to date."""
    environment = interpreters.marker_environment(project)
    return CondaMetadata(
        _digest_file(environment_yml.environment_yml_path(project)),
        _digest_lock(project),
        str(environment_path(project)),
        requirements_file.locked_versions((project.requirements,), environment),
    )


def _digest_lock(project: Project) -> str:
    """Return the digest of the lock, with its sources if it has some."""
    lock = project.requirements
    data = lock.read_bytes() + sources.digest_input(lock) if lock.exists() else b""
    return files.text_digest(data) if data else _digest_file(lock)


def _digest_file(file: Path) -> str:
    return files.text_digest(file.read_bytes()) if file.exists() else ""


def _list_conda_distributions(folder: Path) -> list[str]:
    """Return the names of the Python distributions that conda installed (PEP 376's INSTALLER)."""
    infos = folder.glob("lib/python*/site-packages/*.dist-info")
    return [
        normalize_name(info.name.partition("-")[0])
        for info in infos
        if read_inside(info, "INSTALLER").strip() == b"conda"
    ]


def _is_own_metadata(data: bytes) -> bool:
    return metadata.parse_metadata(data, CondaMetadata) is not None


def _read_metadata(folder: Path) -> CondaMetadata | None:
    return metadata.read_metadata(folder, CondaMetadata)
