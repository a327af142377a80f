"""How labcoat calls pip."""

from pathlib import Path

from labcoat.core.project import Project
from labcoat.toolchain import installed_pythons, tool_env
from labcoat.toolchain.wheel_options import wheel_options


def pip_install_command(project: Project, python: Path | str) -> list[str | Path]:
    """Return the command of labcoat's own pip that installs locks for the interpreter `python`.

    That runs on `python` itself, so an old one gets a pip that still does.
    """
    interpreter = installed_pythons.ask_interpreter(Path(python))
    folder = tool_env.pip_environment(interpreter) if interpreter else tool_env.tool_environment()
    command: list[str | Path] = [folder / "bin" / "python", "-Im", "pip"]
    command += ["--python", python, "install", "--require-hashes", "--no-deps"]
    return [*command, "--progress-bar=off", *wheel_options(project)]
