"""How labcoat calls pip."""

from pathlib import Path

from labcoat.core.project import Project
from labcoat.toolchain import tool_env
from labcoat.toolchain.wheel_options import wheel_options


def pip_install_command(project: Project, python: Path | str) -> list[str | Path]:
    """Return the command of labcoat's own pip that installs locks for the interpreter `python`."""
    command: list[str | Path] = [tool_env.tool_environment() / "bin" / "python", "-Im", "pip"]
    command += ["--python", python, "install", "--require-hashes", "--no-deps"]
    return [*command, "--progress-bar=off", *wheel_options(project)]
