"""Create a virtual environment and install locks in it, with uv or pip."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.records import as_dict, replace
from labcoat.core.settings import time_limit
from labcoat.core.terminal import escape_control
from labcoat.levels import metadata, pip_shim, sources
from labcoat.levels.pip_command import pip_install_command
from labcoat.levels.venv_metadata import (
    EnvironmentMetadata,
    find_site_packages,
    read_environment_metadata,
)
from labcoat.locking import download_sizes, index_comments, requirements_file
from labcoat.toolchain import index_config, index_environment, interpreters, tool_env
from labcoat.toolchain.interpreters import Interpreter
from labcoat.toolchain.wheel_options import wheel_options

# uv installs the rest of the wheel and ends with status 0.
_LEFT_OUT = lazy_pattern(r"Skipping unsafe file name: (.*)")


def replace_environment(
    project: Project,
    locks: Sequence[Path],
    interpreter: Interpreter,
    expected: EnvironmentMetadata,
) -> None:
    """Create the environment with `locks` in it; if that fails, restore the one before.

    Raise LabcoatError if it fails, or if the directory is not a virtual environment.
    """
    # Where .venv is a link to a larger disk, the environment is created there.
    with (
        _claim_directory(project),
        files.swap_directory(
            project.venv.resolve(), lambda venv: read_environment_metadata(venv) is not None
        ),
    ):
        _install_locks(project, locks, interpreter)
        tool = str(_find_pip(interpreter) / "bin" / "python")
        metadata.write_metadata(project.venv, as_dict(replace(expected, tool=tool)))


def _find_pip(interpreter: Interpreter) -> Path:
    """Return the tools environment whose pip serves the environment of `interpreter`.

    An old Python gets a pip that runs on it, unless the index cannot be reached.
    """
    try:
        return tool_env.pip_environment(interpreter)
    except LabcoatError:
        return tool_env.tool_environment()


def was_interrupted(project: Project) -> bool:
    """Return whether a killed run left the environment half created, with no user's packages."""
    return _has_note(project) and read_environment_metadata(project.venv) is None


@contextlib.contextmanager
def _claim_directory(project: Project) -> Iterator[None]:
    """Note that labcoat is creating the environment, until it is done.

    A killed run may leave a directory that does not look like an environment yet; the note tells it
    from a directory of the user's. Raise LabcoatError if the directory is the user's.
    """
    venv = project.venv
    if (
        not _has_note(project)
        and venv.exists()
        and not (venv / "pyvenv.cfg").exists()
        and any(venv.iterdir())
    ):
        raise LabcoatError(
            f"`{project['VENV']}` exists but is not a virtual environment",
            "Remove it, or set LABCOAT_VENV to another directory",
        )
    note = _note_path(project)
    files.write_file(note, str(venv))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def _note_path(project: Project) -> Path:
    return project.state / "venv.making"


def _has_note(project: Project) -> bool:
    note = _note_path(project)
    return note.exists() and note.read_text(encoding="utf-8") == str(project.venv)


def _install_locks(project: Project, locks: Sequence[Path], interpreter: Interpreter) -> None:
    env = _index_environment(project, locks)
    command: list[str | Path] = [tool_env.uv_program(), "venv", "--quiet", "--no-project"]
    command += ["--python", interpreter.executable, project.venv.resolve()]
    outcome = process.run_process(command, env, project.root, show=process.show_none)
    if outcome.status == 0:
        _remove_additions(find_site_packages(project.venv))
        install = _INSTALLERS[project["INSTALLER"]](project, locks)
        # If uv's cache has everything, no index is contacted: it may be down or slow.
        is_cached = (
            project["INSTALLER"] == "uv"
            and not process.run_process(
                [*install, "--offline"], env, project.root, show=process.show_none
            ).status
        )
        if not is_cached:
            _announce_download(project, locks)
            noted = {**env, "RUST_LOG": "uv_extract=warn"}
            outcome = process.run_process(
                install, noted, project.root, show=_is_news, limit=time_limit()
            )
            if outcome.status == 0 and (left_out := _LEFT_OUT.search(outcome.output)):
                raise _refuse_wheel(project, locks, left_out[1])
    if outcome.status:
        from labcoat.locking.causes import explain_install_failure  # slow; only errors need it

        raise explain_install_failure(
            outcome.output, project, locks, f"cannot create `{project['VENV']}`", "venv.log"
        )
    site = find_site_packages(project.venv)
    sources.install_sources(project, locks, project.venv.resolve() / "bin" / "python", site)
    pip_shim.write_pip_shim(project.venv / "bin", site)
    # Python would create it at the first import and change the time that make compares.
    (site / "__pycache__").mkdir(exist_ok=True)


def _index_environment(project: Project, locks: Sequence[Path]) -> dict[str, str]:
    """Return the environment with which pip and uv take each package from its index."""
    return index_environment.routed_environment(index_comments.installed_indexes(project, locks))


def _announce_download(project: Project, locks: Sequence[Path]) -> None:
    """Say about how much is downloaded, where that takes a while and not all of it is cached."""
    names = requirements_file.locked_versions(locks, interpreters.marker_environment(project))
    found = download_sizes.estimate_download(names)
    if found.megabytes >= download_sizes.LARGE:
        terminal.print_progress(f"installing {len(names)} packages, {found.describe()}")


def _remove_additions(site_packages: Path) -> None:
    """Remove what uv adds to an environment of Python 3.9 or older, and Python's venv does not."""
    for name in ("_virtualenv.py", "_virtualenv.pth"):
        (site_packages / name).unlink(missing_ok=True)


def _refuse_wheel(project: Project, locks: Sequence[Path], path: str) -> LabcoatError:
    """Return the error for a wheel with a file outside of the environment, which uv leaves out.

    pip refuses such a wheel and names it. Nothing of it stays in uv's cache, where the next run
    would take it from without a word.
    """
    from labcoat.locking.causes import explain_install_failure  # slow; only errors need it

    env = _index_environment(project, locks)
    names = requirements_file.locked_versions(locks, interpreters.marker_environment(project))
    clean: list[str | Path] = [tool_env.uv_program(), "cache", "clean", *names]
    process.run_process(clean, env, project.root, show=process.show_none)
    command = [*_pip_command(project, locks), "--force-reinstall"]
    outcome = process.run_process(
        command, env, project.root, show=process.show_none, limit=time_limit()
    )
    if outcome.status:
        otherwise = f"cannot create `{project['VENV']}`"
        return explain_install_failure(outcome.output, project, locks, otherwise, "venv.log")
    return LabcoatError(
        f"a locked wheel has the file `{escape_control(path)}`, outside of the environment",
        "Do not install this package, and report it to the package index",
    )


def clear_edited_packages(project: Project) -> None:
    """Remove the packages that the last proof found edited from uv's cache.

    uv links an environment's files into its cache by default, so that an edit changes both.
    """
    try:
        proof = json.loads((project.state / "proof.json").read_text(encoding="utf-8"))
        found = proof["differences"]
        names = sorted({one["package"] for one in found if one["rung"] == "venv"} - {""})
    except (OSError, ValueError, KeyError, TypeError):
        return
    if names:
        process.run_process(
            [tool_env.uv_program(), "cache", "clean", *names],
            index_config.installer_environment(),
            project.root,
            show=process.show_none,
        )


def _is_news(line: str) -> bool:
    """Return whether to show a line: in a new environment every package is new to uv, and the
    index that pip looks in may be the router's.
    """
    return not line.startswith((" + ", "Looking in indexes: "))


def _uv_command(project: Project, locks: Sequence[Path]) -> list[str | Path]:
    command: list[str | Path] = [tool_env.uv_program(), "pip", "sync", "--require-hashes"]
    command += ["--python", project.venv / "bin" / "python", *wheel_options(project)]
    return [*command, "--allow-empty-requirements", *locks]


def _pip_command(project: Project, locks: Sequence[Path]) -> list[str | Path]:
    return [
        *pip_install_command(project, project.venv / "bin" / "python"),
        # Programs keep byte code outside of the environment (python_variables.py).
        "--no-compile",
        *(word for lock in locks for word in ("-r", lock)),
    ]


_INSTALLERS = {"uv": _uv_command, "pip": _pip_command}
