"""The command lines of the lockers, pip-tools and uv."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from labcoat.core.project import Project
from labcoat.toolchain import python_finder, tool_env

Command = list[str | Path]


def locker_command(
    project: Project, source: Path, output: Path, *, upgrade: bool, packages: Sequence[str]
) -> Command:
    """Return the command that compiles `source` to `output` with the project's locker.

    Versions in `output` are kept, unless `upgrade` or `packages` names what may change.
    """
    command = _LOCKERS[project["LOCKER"]](project)
    if upgrade:
        command.append("--upgrade")
    command += [f"--upgrade-package={name}" for name in packages]
    return [*command, "--output-file", output, source]


def _pip_tools_command(project: Project) -> Command:
    # pip-tools resolves for the Python it runs on, so it runs on the project's.
    environment = tool_env.tool_environment(python_finder.project_interpreter(project))
    command: Command = [environment / "bin" / "python", "-Im", "piptools", "compile"]
    command += ["--no-config", "--generate-hashes", "--allow-unsafe", "--strip-extras"]
    command += ["--no-header", "--no-emit-options"]
    if moment := _newest_upload(project):
        command += ["--uploaded-prior-to", moment]
    return command


def _uv_command(project: Project) -> Command:
    interpreter = python_finder.project_interpreter(project)
    command: Command = [tool_env.uv_program(), "pip", "compile", "--universal"]
    command += ["--generate-hashes", "--no-header"]
    command += ["--python", interpreter.executable, "--python-version", interpreter.minor]
    if moment := _newest_upload(project):
        command += ["--exclude-newer", moment]
    return command


def _newest_upload(project: Project) -> str:
    """Return the time before which a release must have been uploaded; empty without a cooldown."""
    days = int(project["COOLDOWN"])
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") if days else ""


_LOCKERS: dict[str, Callable[[Project], Command]] = {
    "pip-tools": _pip_tools_command,
    "uv": _uv_command,
}
