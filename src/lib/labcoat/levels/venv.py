"""The virtual environment: exactly the locks, or unchanged.

An environment's scripts contain its path, so it is recreated in place. The old one is moved aside
and comes back if anything fails. If labcoat is killed, the next run finds an environment without
labcoat.json and starts again.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, check_environment_path
from labcoat.core.records import replace
from labcoat.inventory import inventory, shared_files
from labcoat.inventory.inventory import Inventory
from labcoat.levels import (
    byte_code,
    drift,
    foreign,
    metadata,
    python_variables,
    shell_rc,
    sources,
    venv_install,
    venv_metadata,
)
from labcoat.levels.level import Level, LevelState
from labcoat.levels.venv_metadata import (
    EnvironmentMetadata,
    digest_locks,
    expected_metadata,
    find_site_packages,
    has_site_packages,
    is_usable,
    read_environment_metadata,
)
from labcoat.locking import requirements_file
from labcoat.locking.inputs import lock_source
from labcoat.toolchain import interpreters, own_install, python_finder

_PACKAGES_LINK = "labcoat.packages"  # make compares its time


class VenvLevel(Level):
    """The virtual environment in LABCOAT_VENV."""

    recreate_command = "make venv AGAIN=1"

    def prepare(
        self,
        project: Project,
        *,
        stamp: Path | None = None,
        recreate: bool = False,
        discard_drift: bool = False,
    ) -> None:
        """Make the environment hold exactly the locks, and touch `stamp`, the file make compares.

        Unlocked packages stay and are named; with `discard_drift` they are removed and named. With
        `recreate` the environment is recreated even if it is up to date, without the packages in
        uv's cache that the last proof found edited.

        Raise LabcoatError if that fails, or if recreating it would discard unlocked packages; the
        environment is unchanged then.
        """
        check_environment_path(project.venv, "LABCOAT_VENV")
        try:
            self._prepare(project, stamp, recreate=recreate, discard_drift=discard_drift)
        except OSError as error:
            # Who may only read the project can use an environment that is up to date.
            expected = expected_metadata(project, _installable_locks(project))
            is_usable = files.is_read_only(error) and self._is_current(project, expected)
            changes = self._describe_drift(project, expected)
            if recreate or not is_usable or (changes and discard_drift):
                raise
            if changes:
                _keep_drift(project, changes, is_current=True, for_make=stamp is not None)

    def _is_current(self, project: Project, expected: EnvironmentMetadata) -> bool:
        return read_environment_metadata(project.venv) == expected and is_usable(project.venv)

    def _describe_drift(self, project: Project, expected: EnvironmentMetadata) -> str:
        site = find_site_packages(project.venv)
        own = sources.source_versions(
            project, [lock for lock in project.locks if lock.exists()], site
        )
        versions = {**self.recorded_pins(project), **own}, {**expected.pins, **own}
        return drift.describe_drift(site, *versions) if _has_content(project) else ""

    def _prepare(
        self, project: Project, stamp: Path | None, *, recreate: bool, discard_drift: bool
    ) -> None:
        locks = _installable_locks(project)
        files.state_folder(project.state)
        with files.file_lock(project.state / "venv.flock"):
            expected = expected_metadata(project, locks)
            is_current = self._is_current(project, expected)
            changes = self._describe_drift(project, expected)
            if changes and not recreate and _is_foreign(project):
                own_install.refuse_inside(project.venv, "venv")
                raise foreign.foreign_environment(project["VENV"], "venv", changes)
            if changes and not (recreate or discard_drift):
                _keep_drift(project, changes, is_current=is_current, for_make=stamp is not None)
                return
            if recreate:
                venv_install.clear_edited_packages(project)
            if recreate or changes or not is_current:
                own_install.refuse_inside(project.venv, "venv")
                interpreter = python_finder.project_interpreter(project)
                if _has_content(project):
                    site = find_site_packages(project.venv)
                    own = sources.source_versions(project, locks, site)
                    versions = {**self.recorded_pins(project), **own}, {**expected.pins, **own}
                    drift.announce_discarded(site, *versions)
                venv_install.replace_environment(project, locks, interpreter, expected)
                names = ", ".join(lock.name for lock in locks)
                terminal.print_progress(
                    f"{project['VENV']} holds {names} (Python {interpreter.version})"
                )
                site_packages = find_site_packages(project.venv)
                shared_files.warn_of_shared_files(site_packages)
                byte_code.remove_abandoned(project)
                from labcoat.imports import lacking, undeclared, unimportable  # slow; only here

                source, venv = _describe_source(locks[0]), project["VENV"]
                minor = interpreter.minor
                imported = lacking.warn_of_lacking(project.root, site_packages, venv, source)
                undeclared.warn_of_undeclared(site_packages, minor, venv, source)
                unimportable.warn_of_unimportable(imported, site_packages, minor, venv, source)
                undeclared.warn_of_missing_peers(site_packages, venv, source)
            else:
                # A run that was killed after it had finished the environment may have left this.
                files.remove_path(files.backup_path(project.venv.resolve()))
            if stamp:
                _update_stamp(project.venv, stamp)

    def run_command(self, project: Project, argv: Sequence[str]) -> int:
        """Become `argv` in the environment; does not return.

        Raise LabcoatError if there is no environment or no such program.
        """
        check_environment_path(project.venv, "LABCOAT_VENV")
        if not is_usable(project.venv):
            raise LabcoatError(f"no virtual environment in `{project['VENV']}`", "Run `make venv`")
        env = python_variables.program_variables(project, project.venv, os.environ)
        env |= {
            "VIRTUAL_ENV": str(project.venv),
            "PATH": f"{project.venv / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}",
        }
        sys.stdout.flush()
        process.exec_program(argv, env, f"in {project['VENV']} or on the path")

    def open_shell(self, project: Project) -> int:
        """Become the user's shell in the environment; does not return."""
        folder = shell_rc.shell_folder(project, "venv")
        variables = {"VIRTUAL_ENV": str(project.venv)}
        return self.run_command(
            project, shell_rc.shell_command(folder, project.venv / "bin", variables)
        )

    def remove(self, project: Project) -> None:
        """Remove the environment if labcoat created it for this project, and name it."""
        foreign.remove_environment(project, "VENV", read_environment_metadata)
        byte_code.remove_abandoned(project)

    def read_inventory(self, project: Project) -> Inventory | None:
        """Return all files of the environment; None if it does not exist.

        Nothing of the environment is run.
        """
        if not _has_traces(project.venv):
            return None
        from labcoat.inventory.code_paths.environment import read_environment  # slow

        found = read_environment(
            project.venv,
            project.root.resolve(),
            interpreters.project_minor(project),
            own={metadata.NAME: venv_metadata.is_own_metadata},
            links={_PACKAGES_LINK: "{site}"},
            stamps=project.state.name,
        )
        compiled = byte_code.remove_byte_code(project, project.venv)
        return replace(found, findings=(*found.findings, *compiled))

    def read_state(self, project: Project) -> LevelState:
        """Return fresh, stale, missing or changed, by names and versions alone."""
        found = read_environment_metadata(project.venv)
        if not (project.venv / "pyvenv.cfg").exists():
            return LevelState("missing", "run make venv")
        if found is None:
            return LevelState("stale", "labcoat did not create or did not finish it")
        if reason := _describe_staleness(project, found):
            return LevelState("stale", reason)
        site = find_site_packages(project.venv)
        own = sources.source_versions(
            project, [lock for lock in project.locks if lock.exists()], site
        )
        installed = inventory.installed_versions(site)
        if changes := inventory.describe_changes(installed, {**found.pins, **own}):
            return LevelState("changed", changes)
        names = ", ".join(lock.name for lock in project.locks if lock.exists())
        return LevelState("fresh", f"Python {found.python}, {names}")

    def lock_files(self, project: Project) -> Sequence[Path]:
        """Return the lock and those for development, which go on top of it."""
        return project.locks

    def site_packages(self, project: Project) -> Path | None:
        """Return the environment's site-packages; None if it has none."""
        if not (project.venv / "pyvenv.cfg").exists() or not has_site_packages(project.venv):
            return None
        return find_site_packages(project.venv)

    def recorded_pins(self, project: Project) -> Mapping[str, str]:
        """Return the names and versions it was created from; empty if labcoat did not create it."""
        found = read_environment_metadata(project.venv)
        return found.pins if found else {}


def _has_content(project: Project) -> bool:
    return has_site_packages(project.venv) and not venv_install.was_interrupted(project)


def _describe_source(lock: Path) -> str:
    """Return what to edit for another package in `lock`; another program may have written it."""
    source = lock_source(lock)
    return source.name if source.exists() else f"what `{lock.name}` is made from"


def _is_foreign(project: Project) -> bool:
    return read_environment_metadata(project.venv) is None


def _has_traces(venv: Path) -> bool:
    """Return whether `venv` is an environment, or was one before a part of it was removed."""
    names = ("pyvenv.cfg", metadata.NAME, "bin/python")
    return any(os.path.lexists(venv / name) for name in names) or has_site_packages(venv)


def _describe_staleness(project: Project, found: EnvironmentMetadata) -> str:
    """Return why an environment created from `found` is not up to date; empty if it is."""
    minor = interpreters.project_minor(project)
    if not has_site_packages(project.venv):
        return "its packages are missing"
    if not is_usable(project.venv):
        return "its interpreter is missing"
    if found.locks != digest_locks([lock for lock in project.locks if lock.exists()]):
        return f"{' or '.join(lock.name for lock in project.locks)} has changed"
    if found.python != minor:
        return f"it has Python {found.python}, the project uses {minor}"
    if found.place != str(project.venv):
        return "its directory was moved"
    return ""


def _installable_locks(project: Project) -> list[Path]:
    """Return the locks to install. Raise LabcoatError if one is missing or has no hashes."""
    own, *on_top = project.locks
    # A variant's environment always holds the variant's lock, not that for development alone.
    if not own.exists() and (project["VARIANT"] or not on_top):
        from labcoat.locking import project_locks  # slow

        raise LabcoatError(
            f"`{own.name}` does not exist",
            project_locks.suggest_variant(project)
            or f"List your packages in `{lock_source(own).name}`, then run `make requirements`",
        )
    if missing := next((lock for lock in on_top if not lock.exists()), None):
        raise project.no_lock_on_top(missing)
    locks = [lock for lock in project.locks if lock.exists()]
    for lock in locks:
        text = requirements_file.read_requirements(lock)
        if without := requirements_file.names_without_hash(text):
            some = f" for {terminal.join_some(without)}" if "--hash=" in text else ""
            raise LabcoatError(
                f"`{lock.name}` has no hashes{some}",
                "List your packages in `requirements.in`, then run `make requirements`",
            )
    return locks


def _keep_drift(project: Project, changes: str, *, is_current: bool, for_make: bool) -> None:
    """Warn about unlocked packages. Raise LabcoatError if the environment must be recreated."""
    hint = "`make freeze` keeps them, `make venv` discards them"
    unlocked = f"packages that are not locked: {changes}"
    if not is_current:
        raise LabcoatError(f"`{project['VENV']}` must be recreated, but it has {unlocked}", hint)
    terminal.print_warning(f"`{project['VENV']}` has {unlocked}", hint if for_make else "")


def _update_stamp(venv: Path, stamp: Path) -> None:
    """Touch `stamp`, and link site-packages, whose time changes with every install, for make."""
    link = venv / _PACKAGES_LINK
    if not link.is_symlink():
        link.symlink_to(find_site_packages(venv).relative_to(venv))
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()
