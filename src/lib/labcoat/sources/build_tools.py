"""What builds need: locked with hashes, and installed in environments of their own.

Both lockers and installers share them, so that a package is built with the same tools everywhere.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import files, process
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project import Project
from labcoat.core.settings import time_limit
from labcoat.toolchain import (
    index_environment,
    interpreters,
    named_indexes,
    python_finder,
    tool_env,
)
from labcoat.toolchain.installer_errors import explain_installer_error
from labcoat.toolchain.interpreters import Interpreter
from labcoat.toolchain.wheel_options import wheel_options


def lock_build_tools(
    project: Project, requires: Sequence[str], before: str, *, upgrade: bool = False
) -> str:
    """Return the lock of the build requirements `requires`: pins with hashes.

    Versions in `before`, the lock that there is, are kept where they fit, unless `upgrade`. Raise
    LabcoatError if there is no solution.
    """
    wanted = list(dict.fromkeys(requires))
    if not wanted:
        return ""
    interpreter = project_python(project)
    if named_indexes.lock_indexes(project.requirements):
        before = re.sub(r" \\\n +--hash=\S+", "", before)  # which may be those of another index
    with tempfile.TemporaryDirectory(prefix="labcoat-build-") as name:
        source, output = Path(name) / "build.in", Path(name) / "build.txt"
        source.write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
        output.write_text("" if upgrade else before, encoding="utf-8")
        command: list[str | Path] = [tool_env.uv_program(), "pip", "compile", "--quiet"]
        command += ["--no-header", "--no-annotate", "--universal", "--generate-hashes"]
        command += ["--python", interpreter.executable, "--python-version"]
        command += [interpreters.project_minor(project), *wheel_options(project)]
        outcome = _run(project, [*command, "--output-file", output, source], Path(name))
        if outcome.status:
            raise explain_installer_error(
                outcome.output,
                f"cannot lock what the builds need ({', '.join(wanted)})",
                project.state / "build.log",
            )
        return output.read_text(encoding="utf-8")


def project_python(project: Project) -> Interpreter:
    """Return the Python that builds the project's packages: the project's own.

    Raise LabcoatError if this machine does not have it: no other one can build for it.
    """
    return python_finder.project_interpreter(project)


def build_environment(project: Project, lock: str) -> Path:
    """Return the Python of an environment that has exactly the build tools in `lock`.

    It is kept in the cache. Raise LabcoatError if it cannot be created.
    """
    interpreter = project_python(project)
    key = tools_key(interpreter, lock)
    folder = builds_folder() / f"env-{key[:32]}"
    with files.file_lock(folder.with_suffix(".lock")):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _create(project, interpreter, lock, folder)
            (folder / "ready").touch()
    return folder / "bin" / "python"


def tools_key(interpreter: Interpreter, lock: str) -> str:
    """Return what identifies build tools: the pins with hashes, and the Python they run on."""
    lines = sorted(line.strip() for line in lock.splitlines() if not line.startswith("#"))
    said = "\n".join([str(interpreter.executable), interpreter.version, *lines])
    return hashlib.sha256(said.encode()).hexdigest()


def builds_folder() -> Path:
    """Return the directory of build environments and of built wheels, in the cache."""
    folder = cache_folder() / "builds"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabcoatError(
            f"cannot write to the cache directory {folder.parent}: {error.strerror}",
            "Free some space there, or set LABCOAT_CACHE to another directory",
        ) from None
    return folder


def locked_tool_names(lock: str) -> set[str]:
    """Return the names of the packages in a lock of build tools."""
    lines = (line for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#")))
    return {normalize_name(line.partition("==")[0]) for line in lines}


def _create(project: Project, interpreter: Interpreter, lock: str, folder: Path) -> None:
    uv = tool_env.uv_program()
    create: list[str | Path] = [uv, "venv", "--quiet", "--no-project", "--python"]
    outcome = _run(project, [*create, interpreter.executable, folder], folder.parent)
    if not outcome.status and lock.strip():
        file = folder / "build.txt"
        file.write_text(lock, encoding="utf-8")
        install: list[str | Path] = [uv, "pip", "sync", "--quiet", "--require-hashes"]
        install += [*wheel_options(project), "--python", folder / "bin" / "python", file]
        outcome = _run(project, [*install, "--offline"], folder.parent)
        if outcome.status:
            outcome = _run(project, install, folder.parent)
    if outcome.status:
        shutil.rmtree(folder, ignore_errors=True)
        raise explain_installer_error(
            outcome.output, "cannot install what the builds need", project.state / "build.log"
        )


def _index_environment(project: Project) -> dict[str, str]:
    """Return the environment with which uv takes each package from its one index."""
    return index_environment.routed_environment(named_indexes.lock_indexes(project.requirements))


def _run(project: Project, command: Sequence[str | Path], folder: Path) -> process.ProcessResult:
    env = _index_environment(project)
    return process.run_process(command, env, folder, show=process.show_none, limit=time_limit())
