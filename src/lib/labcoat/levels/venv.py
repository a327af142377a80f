"""The virtual environment: exactly the lock, or as it was before.

It is made anew at its own place, since an environment's scripts hold its path. The old one stands aside meanwhile and comes
back if anything fails; if we are killed, the next run finds no mark of a finished environment and starts again.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory import inventory
from labcoat.inventory.inventory import Inventory
from labcoat.levels import drift, pip_shim, shell_rc
from labcoat.levels.level import LevelState
from labcoat.locking import requirements_file
from labcoat.toolchain import index_config, interpreters, own_install, tool_env
from labcoat.toolchain.installer_errors import explain_installer_error
from labcoat.toolchain.interpreters import Interpreter

ISOLATED = True
AGAIN = "make venv AGAIN=1"
SCAFFOLD = False


@dataclass(frozen=True)
class EnvironmentMetadata:
    """What a finished environment was made of: the digest of its locks, its Python's minor version, installer and place.

    `pins` are the names and versions that the locks pinned, `tool` is the Python whose pip works on it.
    """

    locks: str
    python: str
    installer: str
    place: str
    pins: Mapping[str, str]
    tool: str = field(default="", compare=False)


def make(
    project: Project, stamp: Path | None = None, *, again: bool = False, exact: bool = False
) -> None:
    """Make the environment hold the locks; where it does, only touch `stamp`, the file that make looks at.

    What was changed by hand in it stays and is named; with `exact` it goes, and is named. With `again` it is made anew in any
    case, and past uv's cache for the packages that the last proof found edited.

    Raises Failure, and leaves the environment as it was; so where it has to be made anew and something would be lost.
    """
    locks = _locks(project)
    files.state_folder(project.state)
    with files.file_lock(project.state / "venv.flock"):
        wanted = _wanted(project, locks)
        is_made = _mark(project.venv) == wanted and _works(project.venv)
        is_somebodys = _has_packages(project.venv) and not _is_unfinished(project)
        held = site_packages(project.venv), made_of(project), wanted.pins
        changed = drift.describe_drift(*held) if is_somebodys else ""
        if changed and not (again or exact):
            _leave(project, changed, is_made=is_made, for_make=stamp is not None)
            return
        if again:
            _clean_cache(project)
        if again or changed or not is_made:
            own_install.refuse_inside(project.venv, "venv")
            interpreter = interpreters.project_interpreter(project)
            if is_somebodys:
                drift.announce_discarded(*held)
            # Where a person has put a link to a roomier disk, the environment is made there.
            with (
                _place(project),
                files.swap_directory(project.venv.resolve(), lambda venv: _mark(venv) is not None),
            ):
                _fill(project, locks, interpreter)
                made = replace(wanted, tool=str(tool_env.tool_environment() / "bin" / "python"))
                files.write_file(
                    project.venv / "labcoat.json", json.dumps(asdict(made), indent=1) + "\n"
                )
            print(
                f"{project['VENV']} holds {', '.join(lock.name for lock in locks)} (Python {interpreter.version})",
                file=sys.stderr,
            )
        else:
            files.remove_path(
                files.backup_path(project.venv)
            )  # left by a run that was killed when all but this was done
        if stamp:
            _tell_make(project.venv, stamp)


def run(project: Project, argv: Sequence[str]) -> int:
    """Become `argv` in the environment; does not return. Raises Failure where there is no environment or program."""
    if not _works(project.venv):
        raise LabcoatError(
            f"There is no virtual environment in {project['VENV']}.", "Run make venv."
        )
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONHOME", "__PYVENV_LAUNCHER__"}
    }
    env |= {
        "VIRTUAL_ENV": str(project.venv),
        "PATH": f"{project.venv / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}",
    }
    sys.stdout.flush()
    process.exec_program(argv, env, f"in {project['VENV']} or on the path")


def shell(project: Project) -> int:
    """Become the person's shell in the environment; does not return."""
    folder = files.state_folder(project.state) / "shell" / "venv"
    return run(
        project,
        shell_rc.shell_command(folder, project.venv / "bin", {"VIRTUAL_ENV": str(project.venv)}),
    )


def address(project: Project) -> str:  # noqa: ARG001
    """The loopback of this machine."""
    return "127.0.0.1"


def remove(project: Project) -> None:
    """Remove the environment, if labcoat made it."""
    for folder in (project.venv, files.backup_path(project.venv)):
        if _mark(folder) is not None:
            files.remove_path(folder)


def locks(project: Project) -> Sequence[Path]:
    """The lock, and those for development on top of it."""
    return project.locks


def contents(project: Project) -> Inventory | None:
    """What the environment holds. Raises Failure, status 2, where its interpreter is gone."""
    if not (project.venv / "pyvenv.cfg").exists():
        return None
    interpreter = project.venv / "bin" / "python"
    if not interpreter.exists():
        raise LabcoatError(
            f"The interpreter of {project['VENV']} is gone.", "Run make venv.", status=2
        )
    return inventory.read_inventory(interpreter, project.venv, [str(site_packages(project.venv))])


def packages(project: Project) -> Path | None:
    """The environment's site-packages; None where they are gone."""
    return (
        site_packages(project.venv)
        if (project.venv / "pyvenv.cfg").exists() and _has_packages(project.venv)
        else None
    )


def brought(project: Project) -> frozenset[str]:  # noqa: ARG001
    """None."""
    return frozenset()


def made_of(project: Project) -> Mapping[str, str]:
    """What its locks pinned as it was made; nothing where labcoat did not make it."""
    mark = _mark(project.venv)
    return mark.pins if mark else {}


def identity(project: Project) -> str:  # noqa: ARG001
    """Nothing names an environment but what it holds."""
    return ""


def state(project: Project) -> LevelState:
    """Fresh, stale (why), missing, or changed by hand; by names and versions alone."""
    mark = _mark(project.venv)
    if not (project.venv / "pyvenv.cfg").exists():
        return LevelState("missing", "make venv makes it")
    if mark is None:
        return LevelState("stale", "labcoat did not make it, or did not finish it")
    if not _works(project.venv):
        return LevelState(
            "stale",
            "its interpreter is gone" if _has_packages(project.venv) else "its packages are gone",
        )
    there = [lock for lock in project.locks if lock.exists()]
    for holds, why in (
        (
            mark.locks == _digest(there),
            f"{' or '.join(lock.name for lock in project.locks)} has changed",
        ),
        (
            mark.python == interpreters.project_minor(project),
            f"it is of Python {mark.python}, the project of {interpreters.project_minor(project)}",
        ),
        (mark.place == str(project.venv), "the folder was moved"),
    ):
        if not holds:
            return LevelState("stale", why)
    said = inventory.describe_changes(
        inventory.installed_versions(site_packages(project.venv)), mark.pins
    )
    return (
        LevelState("changed", said)
        if said
        else LevelState("fresh", f"Python {mark.python}, {', '.join(lock.name for lock in there)}")
    )


def site_packages(venv: Path) -> Path:
    """Where the environment's packages are: its only lib/python*/site-packages."""
    return next(iter(sorted(venv.glob("lib/python*/site-packages"))), venv / "lib")


def _locks(project: Project) -> list[Path]:
    """The locks to install. Raises Failure where there is none, one is not there or one has no hashes."""
    own, *on_top = project.locks
    # What development needs on top is no environment by itself where a variant was asked for.
    if not own.exists() and (project["VARIANT"] or not on_top):
        raise LabcoatError(
            f"There is no {own.name}.",
            f"List what the project uses in {own.with_suffix('.in').name}, then run make requirements.",
        )
    if missing := next((lock for lock in on_top if not lock.exists()), None):
        raise project.no_lock_on_top(missing)
    locks = [lock for lock in project.locks if lock.exists()]
    for lock in locks:
        text = requirements_file.read(lock)
        if requirements_file.pins(text) and "--hash=" not in text:
            raise LabcoatError(
                f"{lock.name} has no hashes.",
                "Put what the project asks for in requirements.in and run make requirements.",
            )
    return locks


def _wanted(project: Project, locks: Sequence[Path]) -> EnvironmentMetadata:
    minor = interpreters.project_minor(project)
    return EnvironmentMetadata(
        _digest(locks),
        minor,
        project["INSTALLER"],
        str(project.venv),
        requirements_file.versions(locks, minor),
    )


def _digest(locks: Sequence[Path]) -> str:
    return files.text_digest(
        b"".join(lock.name.encode() + b"\n" + lock.read_bytes() for lock in locks)
    )


def _mark(venv: Path) -> EnvironmentMetadata | None:
    try:
        return EnvironmentMetadata(
            **json.loads((venv / "labcoat.json").read_text(encoding="utf-8"))
        )
    except (OSError, ValueError, TypeError):
        return None


def _works(venv: Path) -> bool:
    """Whether the environment's Python and packages are there: its link may point to an interpreter that is gone."""
    return (venv / "bin" / "python").exists() and _has_packages(venv) and _mark(venv) is not None


def _has_packages(venv: Path) -> bool:
    return any(venv.glob("lib/python*/site-packages"))


def _is_unfinished(project: Project) -> bool:
    """Whether a kill has left it half made, with nothing of anybody's in it."""
    return _is_noted(project) and _mark(project.venv) is None


def _leave(project: Project, changed: str, *, is_made: bool, for_make: bool) -> None:
    """Say what was changed by hand, where the environment is as it should be but for that. Raises Failure where it is not."""
    if not is_made:
        raise LabcoatError(
            f"{project['VENV']} has to be made anew, and was changed by hand: {changed}.",
            "Keep that (make freeze, or a line in requirements.in), or let it go (make venv, or remove the folder).",
        )
    todo = "; make freeze keeps that, make venv takes it back" if for_make else ""
    print(
        f"labcoat: {project['VENV']} is left as it was changed by hand: {changed}{todo}",
        file=sys.stderr,
    )


def _tell_make(venv: Path, stamp: Path) -> None:
    """Touch `stamp`, and give make a name for site-packages, whose time moves as something is installed or removed."""
    link = venv / "labcoat.packages"
    if not link.is_symlink():
        link.symlink_to(site_packages(venv).relative_to(venv))
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()


@contextlib.contextmanager
def _place(project: Project) -> Iterator[None]:
    """See to it that the environment's folder is labcoat's to replace. Raises Failure where it is something else.

    A kill may leave one that does not look like an environment yet; a note tells it from somebody's folder.
    """
    venv = project.venv
    if (
        not _is_noted(project)
        and venv.exists()
        and not (venv / "pyvenv.cfg").exists()
        and any(venv.iterdir())
    ):
        raise LabcoatError(
            f"{venv.name} is there and is no virtual environment.",
            "Move it away, or choose another folder with LABCOAT_VENV.",
        )
    files.write_file(_note(project), str(venv))
    try:
        yield
    finally:
        _note(project).unlink(missing_ok=True)


def _note(project: Project) -> Path:
    return project.state / "venv.making"


def _is_noted(project: Project) -> bool:
    """Whether labcoat was making this environment, and did not come to the end of it."""
    return _note(project).exists() and _note(project).read_text(encoding="utf-8") == str(
        project.venv
    )


def _fill(project: Project, locks: Sequence[Path], interpreter: Interpreter) -> None:
    env = index_config.installer_environment()
    command: list[str | Path] = [
        tool_env.uv_program(),
        "venv",
        "--quiet",
        "--no-project",
        "--python",
        interpreter.executable,
    ]
    command.append(project.venv.resolve())
    outcome = process.run_process(command, env, project.root, show=process.show_none)
    if outcome.status == 0:
        install = _INSTALLERS[project["INSTALLER"]](project, locks)
        # Where uv's cache has all of it, no index is asked: neither its absence nor its slowness matters.
        is_cached = (
            project["INSTALLER"] == "uv"
            and not process.run_process(
                [*install, "--offline"], env, project.root, show=process.show_none
            ).status
        )
        if not is_cached:
            outcome = process.run_process(install, env, project.root, show=_is_news)
    if outcome.status:
        raise explain_installer_error(
            outcome.output, f"{project['VENV']} could not be made", project.state / "venv.log"
        )
    site = site_packages(project.venv)
    pip_shim.write_pip_shim(project.venv / "bin", site)
    # Python would make it at the first import, and so move the time that make looks at.
    (site / "__pycache__").mkdir(exist_ok=True)


def _clean_cache(project: Project) -> None:
    """Take out of uv's cache what may have been edited there: by default an environment's files are links into it."""
    try:
        proof = json.loads((project.state / "proof.json").read_text(encoding="utf-8"))
        names = sorted(
            {
                one["package"]
                for one in proof["differences"]
                if one["package"] and one["rung"] == "venv"
            }
        )
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
    """Whether a line of uv's is more than one of the packages, which are all new in a new environment."""
    return not line.startswith(" + ")


def _uv(project: Project, locks: Sequence[Path]) -> list[str | Path]:
    command: list[str | Path] = [
        tool_env.uv_program(),
        "pip",
        "sync",
        "--require-hashes",
        "--python",
        project.venv / "bin" / "python",
    ]
    return [*command, *_binary(project), "--allow-empty-requirements", *locks]


def _pip(project: Project, locks: Sequence[Path]) -> list[str | Path]:
    command: list[str | Path] = [
        tool_env.tool_environment() / "bin" / "python",
        "-Im",
        "pip",
        "--python",
        project.venv / "bin" / "python",
        "install",
    ]
    return [
        *command,
        "--require-hashes",
        "--no-deps",
        "--progress-bar=off",
        *_binary(project),
        *(word for lock in locks for word in ("-r", lock)),
    ]


_INSTALLERS = {"uv": _uv, "pip": _pip}


def _binary(project: Project) -> list[str | Path]:
    """Wheels only, but for the packages in LABCOAT_NO_BINARY."""
    return [
        "--only-binary=:all:",
        *(f"--no-binary={name}" for name in project["NO_BINARY"].split()),
    ]
