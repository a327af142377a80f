"""The command lines of the lockers, pip-tools and uv."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core.project import Project
from labcoat.core.records import Record, field
from labcoat.locking.inputs import LockInput, Prepared
from labcoat.toolchain import interpreters, named_indexes, python_finder, tool_env
from labcoat.toolchain.interpreters import Interpreter
from labcoat.toolchain.named_indexes import NamedIndex
from labcoat.toolchain.wheel_options import wheel_options

Command = list[str | Path]


class LockRequest(Record):
    """What to lock: the file for the locker, and which of the known versions may change.

    `stand_ins` are the versions of packages, by name, that are no part of the lock.
    """

    project: Project
    lock_input: LockInput
    prepared: Prepared
    upgrade: bool = False
    packages: Sequence[str] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def indexes(self) -> tuple[NamedIndex, ...]:
        """The named indexes of the lock. Raise LabcoatError if one is invalid."""
        return named_indexes.lock_indexes(self.lock_input.lock)

    @property
    def minor(self) -> str:
        """The minor version of the project's Python."""
        return interpreters.project_minor(self.project)

    @property
    def source(self) -> Path:
        """The file for the locker, relative to the project, where lockers run."""
        return Path(os.path.relpath(self.prepared.file, self.project.root))

    def restore_names(self, text: str) -> str:
        """Return what a locker wrote with the names of the user's files."""
        return self.prepared.restore_names(text, self.project.root)

    def common_options(self, output: Path) -> Command:
        """Return what both lockers take: what to upgrade, the output, the input."""
        options: Command = ["--upgrade"] if self.upgrade else []
        options += [f"--upgrade-package={name}" for name in self.packages]
        return [*options, "--output-file", output, self.source]


def choose_locker(project: Project) -> tuple[str, Interpreter | None]:
    """Return the locker, LABCOAT_LOCKER where it can be, and the Python that pip-tools runs on.

    uv locks where pip-tools cannot run on the project's Python, which may be old or missing.
    """
    if project["LOCKER"] == "pip-tools":
        found = python_finder.find_project_interpreter(project)
        if found and tool_env.pip_tools_runs_on(found):
            return "pip-tools", found
    return "uv", None


def pip_tools_command(request: LockRequest, interpreter: Interpreter, output: Path) -> Command:
    """Return the command that resolves for this machine, without hashes.

    Versions in `output` are kept, unless the request lets them change. pip-tools resolves for the
    Python that it runs on, so it runs on the project's `interpreter`.
    """
    environment = tool_env.tool_environment(interpreter)
    command: Command = [environment / "bin" / "python", "-Im", "piptools", "compile"]
    command += ["--no-config", "--allow-unsafe", "--strip-extras", "--no-header", "--no-annotate"]
    command += ["--no-emit-options", "--no-emit-index-url", "--no-emit-trusted-host"]
    command += ["--pip-args", shlex.join(wheel_options(request.project))]
    if moment := newest_upload(request.project):
        command += ["--uploaded-prior-to", moment]
    return [*command, *request.common_options(output)]


def uv_command(request: LockRequest, config: Path, output: Path, *extra: str) -> Command:
    """Return the command that resolves for every platform, with hashes.

    `config` is the directory of the pyproject.toml that names the environments to resolve for.
    Versions in `output` are kept where they fit, unless the request lets them change.
    """
    command = [*_uv_compile(request), "--project", config, "--universal", "--generate-hashes"]
    if moment := newest_upload(request.project):
        command += ["--exclude-newer", moment]
    return [*command, *extra, *request.common_options(output)]


def uv_command_here(request: LockRequest, output: Path) -> Command:
    """Return the command with which uv resolves for this machine alone, without hashes."""
    command = [*_uv_compile(request), "--no-annotate"]
    if moment := newest_upload(request.project):
        command += ["--exclude-newer", moment]
    return [*command, *request.common_options(output)]


def uv_command_alone(request: LockRequest, output: Path, *extra: str) -> Command:
    """Return the command that resolves for this machine alone, with hashes and comments."""
    command = [*_uv_compile(request), "--generate-hashes"]
    if moment := newest_upload(request.project):
        command += ["--exclude-newer", moment]
    return [*command, *extra, *request.common_options(output)]


def uv_files_command(request: LockRequest, lock: Path, output: Path) -> Command:
    """Return the command that writes the files of each release in `lock` to a pylock.toml."""
    command = [*_uv_compile(request), "--universal", "--no-deps", "--format", "pylock.toml"]
    return [*command, "--output-file", output, lock]


def _uv_compile(request: LockRequest) -> Command:
    command: Command = [tool_env.uv_program(), "pip", "compile", "--quiet", "--no-header"]
    found = python_finder.find_project_interpreter(request.project)
    # uv resolves for a Python that is not on this machine too.
    interpreter = found or interpreters.own_interpreter()
    command += ["--python", interpreter.executable, "--python-version", request.minor]
    return [*command, *wheel_options(request.project)]


def newest_upload(project: Project) -> str:
    """Return the time before which a release must have been uploaded (ISO 8601); else nothing.

    LABCOAT_AS_OF is that day's end, LABCOAT_COOLDOWN some days ago; the earlier one counts.
    """
    from datetime import UTC, datetime, timedelta

    moments = [f"{project['AS_OF']}T23:59:59Z"] if project["AS_OF"] else []
    if days := int(project["COOLDOWN"]):
        moments.append((datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return min(moments, default="")
