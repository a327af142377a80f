"""Say why a lock cannot be made or installed: ask the index about the packages that were blamed."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.locking import cause_words, index_comments, lockers, requirements_file
from labcoat.locking.cause_places import add_places, requested_versions
from labcoat.locking.locker_output import Fault, is_conflict, parse_faults, parse_parents
from labcoat.locking.lockers import LockRequest
from labcoat.locking.releases import Obstacle, find_obstacle
from labcoat.locking.requirement_lines import RequirementLine, parse_lines
from labcoat.toolchain import (
    index_config,
    index_environment,
    index_router,
    interpreters,
    named_indexes,
    package_index,
    tool_env,
)
from labcoat.toolchain.index_config import IndexAccess
from labcoat.toolchain.installer_errors import (
    explain_installer_error,
    explain_local_error,
    is_network_error,
)
from labcoat.toolchain.named_indexes import NamedIndex
from labcoat.toolchain.package_index import ListedFile

_FAULTS = 8  # how many of the packages that one output blames are looked up
_ROUNDS = 40  # how many packages without a wheel are found, one after the other
_SECONDS = 60  # for all of that


class FailedLock(Record):
    """What failed: the `texts` of which files, for which Python, with what cooldown.

    Releases uploaded after `before` did not count (ISO 8601; empty without a cooldown).
    `input_file` is what the locker read, None where a lock was installed. Lines of an input that
    is `declared` in pyproject.toml and the like have no numbers. `indexes` are the named ones.
    """

    project: Project
    texts: Mapping[Path, str]
    minor: str
    before: str = ""
    input_file: Path | None = None
    declared: Path | None = None
    indexes: tuple[NamedIndex, ...] = ()

    @classmethod
    def of(cls, request: LockRequest) -> "FailedLock":
        """Return what failed when `request` was locked."""
        chosen = request.lock_input
        return cls(
            request.project,
            chosen.texts(),
            request.minor,
            lockers.newest_upload(request.project),
            request.prepared.file,
            chosen.source if chosen.declared is not None else None,
            request.indexes,
        )

    @property
    def built(self) -> frozenset[str]:
        """The packages that may be built from source."""
        return frozenset(map(normalize_name, self.project["NO_BINARY"].split()))

    @property
    def source(self) -> str:
        """The name of the file to edit."""
        return next(iter(self.texts)).name

    def fetch_listing(self, name: str) -> tuple[ListedFile, ...] | None:
        """Return the files that the index of the package `name` has of it; None for none at all.

        Raise LabcoatError if it does not answer.
        """
        return package_index.fetch_listing(name, access=self._access(name))

    def index_name(self, package: str) -> str:
        """Return the name of the index of `package`; empty for the default one."""
        found = named_indexes.find_index(package, self.indexes)
        return found.name if found else ""

    def check_root(self, name: str) -> None:
        """Raise LabcoatError if the address of the package's index leads nowhere."""
        package_index.check_root(access=self._access(name))

    def _access(self, name: str) -> IndexAccess | None:
        found = named_indexes.find_index(name, self.indexes)
        return index_config.named_access(found) if found else None

    def find_line(self, name: str) -> tuple[str, str] | None:
        """Return the place and the text of the first line that asks for `name`."""
        for file, text in self.texts.items():
            for line in parse_lines(text):
                if isinstance(line, RequirementLine) and line.name == name:
                    number = "" if file == self.declared else f":{line.number}"
                    return f"{file.name}{number}", line.body
        return None


def explain_locking_failure(output: str, failed: FailedLock) -> LabcoatError:
    """Return the error that explains the `output` of a locker; write that to lock.log."""
    log = failed.project.state / "lock.log"
    return _explain(output, failed, f"cannot lock `{failed.source}`", log)


def explain_missing_wheels(releases: Sequence[str], failed: FailedLock) -> LabcoatError:
    """Return the error for `releases`, each `name version`, without a wheel for this machine."""
    output = "\n".join(f"{each.replace(' ', '==')} has no usable wheels" for each in releases)
    try:
        found = _ask_index(output, failed)
    except LabcoatError as error:
        return error
    return found or LabcoatError(
        f"no wheel for this machine: {terminal.join_some(releases)}",
        "Ask for another version in the input, or name the package in LABCOAT_NO_BINARY to build"
        " it, which runs its code",
    )


def explain_install_failure(
    output: str, project: Project, locks: Sequence[Path], otherwise: str, log: str
) -> LabcoatError:
    """Return the error that explains why pip or uv cannot install `locks`.

    `otherwise` says what failed, for output that is unknown. Write `output` to the file `log` of
    the project's state.
    """
    texts = {lock: requirements_file.read_requirements(lock) for lock in locks}
    indexes = index_comments.installed_indexes(project, locks)
    minor = interpreters.project_minor(project)
    failed = FailedLock(project, texts, minor, indexes=indexes)
    return _explain(output, failed, otherwise, project.state / log)


def _explain(output: str, failed: FailedLock, otherwise: str, log: Path) -> LabcoatError:
    files.write_log(log, output)
    if error := explain_local_error(output) or index_router.find_failure():
        return _place(error, output, failed)
    try:
        found = _ask_index(output, failed)
    except LabcoatError as error:  # the index itself is what is wrong
        return error
    return found or _place(explain_installer_error(output, otherwise, log), output, failed)


def _place(error: LabcoatError, output: str, failed: FailedLock) -> LabcoatError:
    texts = failed.texts.values()
    return add_places(error, output, failed.find_line, lambda fault: _locate(failed, fault), texts)


def _ask_index(output: str, failed: FailedLock) -> LabcoatError | None:
    """Return the error for the first package that has no release to install; None without one.

    Raise LabcoatError if the index does not answer.
    """
    if mismatch := cause_words.parse_mismatch(output):
        listed = failed.fetch_listing(mismatch.name) or ()
        locked = _locked_hashes(failed, mismatch.name)
        return cause_words.word_mismatch(mismatch, listed, locked)
    faults = parse_faults(output)
    conflicts = is_conflict(output)
    for fault in faults[:_FAULTS]:
        listed_files = failed.fetch_listing(fault.name)
        if listed_files is None:
            failed.check_root(fault.name)
            index = failed.index_name(fault.name)
            return cause_words.word_unknown(fault.name, *_locate(failed, fault), index)
        obstacle = _find(failed, fault, listed_files)
        if not obstacle or (conflicts and obstacle.kind == "version" and not fault.specifier):
            continue
        if obstacle.has_source and (rows := _find_sources(failed, fault, obstacle)):
            return cause_words.word_sources(rows, failed.project)
        return cause_words.word_obstacle(
            fault.name + _asked(failed, fault),
            obstacle,
            *_locate(failed, fault),
            failed.project,
            failed.index_name(fault.name),
        )
    if faults or not is_network_error(output):
        return None
    # The output blames the network: the index says which part of it.
    package_index.check_root()
    return None


def _find(failed: FailedLock, fault: Fault, listed: tuple[ListedFile, ...]) -> Obstacle | None:
    return find_obstacle(
        fault.name,
        _asked(failed, fault),
        listed,
        failed.minor,
        is_built=fault.name in failed.built or ":all:" in failed.built,
        before=failed.before,
    )


def _asked(failed: FailedLock, fault: Fault) -> str:
    """Return the versions that were asked for: as the output says, or else the input."""
    line = failed.find_line(fault.name)
    return fault.specifier or (requested_versions(line[1]) if line else "")


def _find_sources(failed: FailedLock, fault: Fault, obstacle: Obstacle) -> list[cause_words.Row]:
    """Return all packages of the input that only building from source gives; `fault` is the first.

    Nothing if `fault` is the only one, and has wheels for others.
    """
    found = {fault.name: (fault, obstacle)}
    excluded = [fault.name]
    end = time.monotonic() + _SECONDS
    for _ in range(_ROUNDS):
        if time.monotonic() > end:
            break
        output = _compile_without(failed, excluded)
        # Packages at fault in other ways are left out too: they are named once these are settled.
        more = [each for each in parse_faults(output) if each.name not in excluded][:_FAULTS]
        if not more:
            break
        for each in more:
            excluded.append(each.name)
            try:
                listed = failed.fetch_listing(each.name)
            except LabcoatError:
                continue
            other = _find(failed, each, listed) if listed else None
            if other and other.has_source:
                found[each.name] = each, other
    if len(found) == 1 and obstacle.kind != "source":
        return []
    parents = parse_parents(_compile_without(failed, excluded))
    return [(name, other, *_locate(failed, each, parents)) for name, (each, other) in found.items()]


def _compile_without(failed: FailedLock, excluded: Sequence[str]) -> str:
    """Return what uv prints when it resolves the input for this machine without `excluded`."""
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "excluded.txt"
        names.write_text("".join(f"{name}\n" for name in excluded), encoding="utf-8")
        command: list[str | Path] = [tool_env.uv_program(), "pip", "compile"]
        command += ["--python", interpreters.own_interpreter().executable]
        command += ["--python-version", failed.minor, "--no-header", "--only-binary", ":all:"]
        command += [f"--no-binary={name}" for name in failed.built]
        command += ["--exclude-newer", failed.before] if failed.before else []
        command += ["--excludes", names, failed.input_file or next(iter(failed.texts))]
        env = index_environment.routed_environment(failed.indexes)
        try:
            return process.run_process(
                command, env, failed.project.root, show=process.show_none, limit=_SECONDS
            ).output
        except LabcoatError:  # too slow: what is known already has to do
            return ""


def _locate(
    failed: FailedLock, fault: Fault, parents: dict[str, list[str]] | None = None
) -> tuple[str, str]:
    """Return the line that asks for a package, as `requirements.in:3`, and through which others.

    The latter is empty if the line names the package itself.
    """
    if line := failed.find_line(fault.name):
        return line[0], ""
    chain = [fault.parent] if fault.parent else []
    if chain and not failed.find_line(chain[-1]):
        known = parents or parse_parents(_compile_without(failed, [fault.name]))
        while len(chain) < _FAULTS and not failed.find_line(chain[-1]):
            above = [each for each in known.get(chain[-1], []) if each not in chain]
            if not above or above[0].startswith("-"):
                break
            chain.append(above[0])
    end = failed.find_line(chain[-1]) if chain else None
    where = end[0] if end else failed.source
    return where, ", which is needed by ".join(chain)


def _locked_hashes(failed: FailedLock, name: str) -> frozenset[str]:
    """Return the SHA-256 that the locks have for `name`."""
    return frozenset(
        digest
        for text in failed.texts.values()
        for pin in requirements_file.parse_pins(text)
        if pin.name == name
        for digest in pin.hashes
    )
