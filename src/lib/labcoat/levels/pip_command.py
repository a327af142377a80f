"""How labcoat calls pip, and the options that pip and uv share."""

from pathlib import Path

from labcoat.core.project import Project
from labcoat.toolchain import tool_env


def pip_install_command(project: Project, python: Path | str) -> list[str | Path]:
    """Return the command of labcoat's own pip that installs locks for the interpreter `python`."""
    command: list[str | Path] = [tool_env.tool_environment() / "bin" / "python", "-Im", "pip"]
    command += ["--python", python, "install", "--require-hashes", "--no-deps"]
    return [*command, "--progress-bar=off", *wheel_options(project)]


def wheel_options(project: Project) -> list[str]:
    """Return the options that allow wheels only, except for the packages in LABCOAT_NO_BINARY."""
    return [
        "--only-binary=:all:",
        *(f"--no-binary={name}" for name in project["NO_BINARY"].split()),
    ]
