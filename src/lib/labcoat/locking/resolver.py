"""Resolve an input to a lock for every platform.

pip-tools resolves for this machine alone. uv then adds hashes, markers and the packages of other
platforms, with the versions that pip-tools chose; with uv as the locker, it resolves by itself.
Neither builds anything to do so, except for the packages in LABCOAT_NO_BINARY.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core import process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.records import Record, field, replace
from labcoat.core.settings import time_limit
from labcoat.locking import (
    index_comments,
    lockers,
    platforms,
    requirements_file,
    uv_environments,
)
from labcoat.locking.lock_text import fold_lock, merge_pins, without_annotation
from labcoat.locking.lockers import Command, LockRequest
from labcoat.locking.patch_releases import (
    PatchSplit,
    constrain_here,
    find_splits,
    moved_here,
    print_older,
)
from labcoat.locking.platforms import ReleaseFiles
from labcoat.locking.pylock_files import read_files
from labcoat.locking.requirements_file import Pin
from labcoat.sources import stand_ins
from labcoat.toolchain import index_environment
from labcoat.toolchain.interpreters import Interpreter

# Seconds after which pip-tools gets uv's versions: where the newest releases of two packages
# contradict each other, it can try thousands of others.
_PATIENCE = 60


class Resolution(Record):
    """The text of a lock without its header, and what other platforms lack.

    `missing` are the releases without a wheel, by platform name.
    """

    text: str
    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)


def resolve_lock(request: LockRequest, seed: str, folder: Path) -> Resolution:
    """Return the lock of a request; `folder` is an empty directory for temporary files.

    Versions in `seed`, the text of a lock, are kept where they still fit. Raise LabcoatError if
    there is no solution, if no index answers, or if a package has no wheel for this machine.
    """
    run = _Run(request, folder)
    locker, _ = lockers.choose_locker(request.project)
    pins = run.resolve_here(seed) if locker == "pip-tools" else {}
    text = run.resolve_everywhere(seed, pins)
    files = run.list_files(text)
    lacking = _lacking_here(text, files, request.minor)
    if lacking and not pins:
        # uv takes any wheel for this kind of platform, also one that needs a newer C library.
        pins = run.resolve_here(seed)
        text = run.resolve_everywhere(seed, pins)
        files = run.list_files(text)
        lacking = _lacking_here(text, files, request.minor)
    if lacking:
        from labcoat.locking import causes  # imports packaging, which only errors need

        raise causes.explain_missing_wheels(lacking, causes.FailedLock.of(request))
    missing = platforms.missing_wheels(requirements_file.parse_pins(text), files, request.minor)
    here = platforms.this_machine()
    for platform in platforms.PLATFORMS:
        is_other = (
            run.only_here and platform.system == here.system and platform.machine != here.machine
        )
        if platform.system in run.unsolved or is_other:
            missing.setdefault(platform.name, ["no solution"])
    return Resolution(index_comments.add_comments(text, request.indexes), missing)


class _Run(Record):
    """One locking, and the files that the lockers write.

    `unsolved` are the operating systems for which there is no solution, by `sys.platform`. With
    `only_here`, there is none for this system's other processors: many an old release has wheels
    for Linux on x86-64 and not on arm64.
    """

    request: LockRequest
    folder: Path
    unsolved: list[str] = field(default_factory=list)
    only_here: list[str] = field(default_factory=list)

    def resolve_here(self, seed: str) -> dict[str, str]:
        """Return the version of each package that this machine needs."""
        output = self.folder / "here.txt"
        output.write_text(seed, encoding="utf-8")
        _, interpreter = lockers.choose_locker(self.request.project)
        if interpreter is None:
            self._run(lockers.uv_command_here(self.request, output))
        elif not self._has_solved(interpreter, output):
            terminal.print_progress("looking for versions with uv, which pip-tools then keeps")
            output.write_text(seed, encoding="utf-8")
            self._run(lockers.uv_command_here(self.request, output))
            request = replace(self.request, upgrade=False, packages=())
            self._run(lockers.pip_tools_command(request, interpreter, output))
        pins = requirements_file.pinned_versions(output.read_text(encoding="utf-8"))
        left_out = self.request.stand_ins
        return {name: version for name, version in pins.items() if name not in left_out}

    def resolve_everywhere(self, seed: str, pins: Mapping[str, str]) -> str:
        """Return the lock for every platform, with `pins` on this machine."""
        request = replace(self.request, upgrade=False) if pins else self.request
        text = self._run_uv(request, merge_pins(seed, pins, upgrade=request.upgrade))
        if splits := find_splits(text, request.minor):
            joined = self._join_splits(request, seed, pins, splits)
            text, pins = joined if joined else (text, pins)
        if moved_here(text, pins, request.minor):
            return self._constrain_here(request, text, pins)
        return text

    def _constrain_here(self, request: LockRequest, text: str, pins: Mapping[str, str]) -> str:
        """Return the lock with `pins` on this machine; `text` where it is not for all of a Python.

        A release may need a later patch release than the first of this machine's Python.
        """
        constraints = self.folder / "pins.txt"
        constraints.write_text(constrain_here(pins), encoding="utf-8")
        attempt = replace(self, unsolved=list(self.unsolved), only_here=list(self.only_here))
        try:
            found = attempt._run_uv(request, "", "--constraint", str(constraints))
        except LabcoatError:
            for name, version in moved_here(text, pins, request.minor).items():
                print_older(name, version or "left out", pins[name], f"Python {request.minor}")
            return text
        self.unsolved[:], self.only_here[:] = attempt.unsolved, attempt.only_here
        return without_annotation(found, f"-c {constraints}")

    def _join_splits(
        self,
        request: LockRequest,
        seed: str,
        pins: Mapping[str, str],
        splits: Mapping[str, PatchSplit],
    ) -> tuple[str, Mapping[str, str]] | None:
        """Return a lock, and pins, that are the same for every patch release of Python.

        An environment and an image with another patch release are equal then. None if there is no
        such lock.
        """
        path = self.folder / "patch-releases.txt"
        path.write_text("".join(f"{name}=={each.old}\n" for name, each in splits.items()))
        joined = {name: splits[name].old if name in splits else pins[name] for name in pins}
        attempt = replace(self, unsolved=list(self.unsolved), only_here=list(self.only_here))
        try:
            merged = merge_pins(seed, joined, upgrade=request.upgrade)
            text = attempt._run_uv(request, merged, "--constraint", str(path))
        except LabcoatError:
            return None
        if attempt.unsolved != self.unsolved or attempt.only_here != self.only_here:
            return None
        for name, each in splits.items():
            print_older(name, each.old, each.new, each.python)
        return without_annotation(text, f"-c {path}"), joined

    def list_files(self, text: str) -> dict[tuple[str, str], ReleaseFiles]:
        """Return the files of each release in a lock, by name and version."""
        lock, output = self.folder / "files.txt", self.folder / "pylock.toml"
        lock.write_text(text, encoding="utf-8")
        command = lockers.uv_files_command(self.request, lock, output)
        # uv has just read the index and remembers what it said; a cache that forgets is rare.
        if self._start([*command, "--offline"]).status:
            self._run(command)
        return read_files(output.read_text(encoding="utf-8"))

    def _run_uv(self, request: LockRequest, seed: str, *options: str) -> str:
        """Return uv's lock; an operating system that makes it fail is left out, and noted."""
        output = self.folder / "everywhere.txt"
        config = self.folder / "uv"
        variables = uv_environments.uv_variables(self.folder)
        while True:
            systems = tuple(each for each in platforms.SYSTEMS if each not in self.unsolved)
            output.write_text(seed, encoding="utf-8")
            uv_environments.write_configuration(
                config, request.minor, systems, only_here=bool(self.only_here)
            )
            outcome = self._start(lockers.uv_command(request, config, output, *options), variables)
            if not outcome.status:
                text = request.restore_names(output.read_text(encoding="utf-8"))
                if self.only_here:
                    text = text.replace(
                        f"{uv_environments.machine_marker()} and sys_platform", "sys_platform"
                    )
                text = fold_lock(text, request.minor, systems)
                return stand_ins.remove_stand_ins(text, request.stand_ins)
            if not self.only_here and uv_environments.fails_elsewhere(
                outcome.output, request.minor, systems
            ):
                self.only_here.append(platforms.this_machine().machine)
                continue
            failed = uv_environments.failed_systems(outcome.output, request.minor, systems)
            if not failed:
                alone = self._solve_alone(request, seed, *options) if len(systems) == 1 else None
                if alone is None:
                    raise self._explain(outcome)
                return alone
            self.unsolved.extend(failed)

    def _solve_alone(self, request: LockRequest, seed: str, *options: str) -> str | None:
        """Return uv's lock for this machine alone; None if it has no solution either.

        The wheels of one release may need different packages: those of opencv-python have what
        their own Python needs. For several platforms, uv reads just one of them.
        """
        output = self.folder / "alone.txt"
        output.write_text(seed, encoding="utf-8")
        if self._start(lockers.uv_command_alone(request, output, *options)).status:
            return None
        if not self.only_here:
            self.only_here.append(platforms.this_machine().machine)
        text = request.restore_names(output.read_text(encoding="utf-8"))
        return stand_ins.remove_stand_ins(text, request.stand_ins)

    def _run(self, command: Command) -> None:
        outcome = self._start(command)
        if outcome.status:
            raise self._explain(outcome)

    def _explain(self, outcome: process.ProcessResult) -> LabcoatError:
        from labcoat.locking import causes  # imports packaging, which only errors need

        output = self.request.restore_names(outcome.output)
        return causes.explain_locking_failure(output, causes.FailedLock.of(self.request))

    def _has_solved(self, interpreter: Interpreter, output: Path) -> bool:
        """Run pip-tools, and return whether it has a solution within a time."""
        command = lockers.pip_tools_command(self.request, interpreter, output)
        limit = time_limit()
        if limit <= _PATIENCE:
            self._run(command)
            return True
        try:
            outcome = self._start(command, limit=_PATIENCE)
        except process.TimeoutReachedError:
            return False
        if outcome.status:
            raise self._explain(outcome)
        return True

    def _start(
        self,
        command: Command,
        variables: Mapping[str, str | None] | None = None,
        limit: int | None = None,
    ) -> process.ProcessResult:
        routed = index_environment.routed_environment(self.request.indexes)
        # A program that is killed leaves its files, which go with the folder.
        env: dict[str, str | None] = {**routed, "TMPDIR": str(self.folder), **(variables or {})}
        return process.run_process(
            command,
            {name: value for name, value in env.items() if value is not None},
            self.request.project.root,
            show=process.show_none,
            limit=limit or time_limit(),
        )


def _lacking_here(
    text: str, files: Mapping[tuple[str, str], ReleaseFiles], minor: str
) -> Sequence[str]:
    here = platforms.this_machine()
    pins: list[Pin] = requirements_file.parse_pins(text)
    return platforms.missing_wheels(pins, files, minor, [here]).get(here.name, [])


def new_folder(state: Path) -> Path:
    """Return a new directory for one locking, and remove those of runs that were killed.

    A locker may outlive a killed labcoat: it goes on in a directory that no other run reads. The
    caller holds the lock that lets one run at a time do this.
    """
    import tempfile

    for left in state.glob("locking*"):
        shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix="locking-", dir=state))
