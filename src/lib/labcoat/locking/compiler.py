"""requirements.in → requirements.txt: pinned, with hashes, and free of anybody's index or folders.

A lock's header holds the digest of its inputs, so that "is it fresh?" is answered without a network.
"""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, suggest_name
from labcoat.locking import requirements_file
from labcoat.toolchain import index_config, interpreters, python_finder, tool_env
from labcoat.toolchain.installer_errors import explain_installer_error

_INPUTS = re.compile(r"^# labcoat-inputs: (sha256:[0-9a-f]{64})$", re.MULTILINE)
# Options that say where packages come from. pip takes them cut short (--extra), and a value without a space (-ihttps://…).
_FROM = re.compile(r"(?:^|\s)(--?(?:i|f|t|ex)[a-z-]*)")
_RELEASE = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?==")


def list_locks(project: Project) -> list[Path]:
    """The project's locks, each after those that its input includes. Raises Failure where there is none to make."""
    chosen = dict.fromkeys(
        [
            *project.locks,
            *(path.with_suffix(".txt") for path in sorted(project.root.glob("requirements*.in"))),
        ]
    )
    known = [lock for lock in chosen if lock_source(lock).exists() or lock.exists()]
    if not known:
        raise LabcoatError(
            "There is no requirements.in here.",
            "Create it, with a line for each package that the project uses.",
        )
    if missing := next((lock for lock in project.locks[1:] if lock not in known), None):
        raise project.no_lock_on_top(missing)
    ordered: list[Path] = []

    def add(lock: Path) -> None:
        if lock not in ordered:
            for file in requirements_file.chain(lock_source(lock), missing_ok=True):
                if file in known and file != lock:
                    add(file)
            ordered.append(lock)

    for lock in known:
        add(lock)
    return list(dict.fromkeys(ordered))


def lock_source(lock: Path) -> Path:
    """The file that a person writes and that `lock` is made of."""
    return lock.with_suffix(".in")


def inputs_digest(lock: Path) -> str:
    """The digest over all that determines what is asked for: the input and whatever it includes."""
    parts = (
        f"{file.name}\n{requirements_file.read(file)}\n"
        for file in requirements_file.chain(lock_source(lock))
    )
    return files.text_digest("".join(parts).encode())


def is_fresh(lock: Path) -> bool:
    """Whether `lock` was made of its inputs as they are now; one without an input is somebody's own, and is."""
    if not lock_source(lock).exists():
        return True
    found = _INPUTS.search(requirements_file.read(lock)) if lock.exists() else None
    return found is not None and found[1] == inputs_digest(lock)


def lock_made_for(lock: Path) -> str:
    """The minor version of Python that a lock was made for, as its header says; empty where it does not."""
    found = re.search(
        r"^# Made by labcoat \([^)]*Python (3\.\d+)\)", requirements_file.read(lock), re.MULTILINE
    )
    return found[1] if found else ""


def check_locks(project: Project) -> int:
    """Exit status 0 where every lock is fresh. Raises Failure naming the first that is not."""
    for lock in list_locks(project):
        if not is_fresh(lock):
            state = "is older than its inputs" if lock.exists() else "has not been made"
            raise LabcoatError(f"{lock.name} {state}.", "Run make requirements.")
    return 0


def make_locks(
    project: Project,
    *,
    upgrade: bool = False,
    packages: Sequence[str] = (),
    stamp: Path | None = None,
) -> int:
    """Make every lock that is not fresh; with `upgrade` all of them anew, with `packages` letting these move. Exit status 0.

    `stamp` is the file that make looks at: it is touched when all is fresh. Raises Failure where nothing has one of `packages`.
    """
    files.state_folder(project.state)
    with files.file_lock(project.state / "lock.flock"):
        if packages:
            _refuse_unknown(project, packages)
        for lock in list_locks(project):
            if lock_source(lock).exists() and (upgrade or packages or not is_fresh(lock)):
                compile_lock(project, lock, upgrade=upgrade, packages=packages)
        if stamp:
            _tell_make(project, stamp)
            stamp.touch()
    return 0


def _refuse_unknown(project: Project, packages: Sequence[str]) -> None:
    """Raises Failure on a name in `packages`, each perhaps with a version, that no lock and no input has."""
    mine = [lock for lock in list_locks(project) if lock_source(lock).exists()]
    listed = {
        file
        for lock in mine
        for file in (lock, *requirements_file.chain(lock_source(lock), missing_ok=True))
        if file.exists()
    }
    known = {
        name for file in listed for name in requirements_file.names(requirements_file.read(file))
    }
    for package in packages:
        if requirements_file.name(package) not in known:
            where = f"Packages are listed in {', '.join(lock.name for lock in mine)}."
            raise LabcoatError(
                f"No lock has the package {package}.", suggest_name(package.lower(), known, where)
            )


def _tell_make(project: Project, stamp: Path) -> None:
    """Write which files the locks were made of, as prerequisites that the include reads, so that make looks at all of them."""
    sources = [lock_source(lock) for lock in list_locks(project) if lock_source(lock).exists()]
    inputs = dict.fromkeys(file for one in sources for file in requirements_file.chain(one))
    names = [os.path.relpath(file, project.root).replace(" ", "\\ ") for file in inputs]
    lines = [f"{stamp}: {' '.join(names)}", *(f"{name}:" for name in names)]
    files.write_file(project.state / "inputs.mk", "\n".join(lines) + "\n")


def compile_lock(
    project: Project,
    lock: Path,
    *,
    upgrade: bool = False,
    packages: Sequence[str] = (),
    seed: str | None = None,
) -> None:
    """Resolve `lock`'s input and put the outcome in its place.

    Versions that the present lock pins (or `seed`, a lock's text, in its stead) are kept where they still fit.
    Raises Failure, and leaves the lock as it was, where there is no solution or no index, where an input says where packages
    come from, and where somebody wrote the lock by hand and its input does not ask for all that it asks for.
    """
    before = requirements_file.read(lock) if lock.exists() else ""
    _refuse(lock, before)
    aside = project.state / "locking"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    output = aside / lock.name
    kept = before if seed is None else seed
    if pins := _seed(kept):
        output.write_text(pins, encoding="utf-8")
    print(f"locking {lock_source(lock).name} → {lock.name} ({project['LOCKER']})", file=sys.stderr)
    try:
        asked = Path(os.path.relpath(lock_source(lock), project.root))
        command = _COMMANDS[project["LOCKER"]](project, asked, output, upgrade, packages)
        outcome = process.run_process(
            command, index_config.installer_environment(), project.root, show=process.show_none
        )
        if outcome.status:
            raise explain_installer_error(
                outcome.output,
                f"{lock_source(lock).name} could not be locked",
                project.state / "lock.log",
            )
        text = _clean(output.read_text(encoding="utf-8"), lock)
        files.write_file(lock, _header(lock, project) + text)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _report(lock, kept, text)


def _refuse(lock: Path, text: str) -> None:
    """Raises Failure where the input of `lock`, whose text is `text`, is no safe thing to make a lock of."""
    inputs = {
        file: requirements_file.read(file) for file in requirements_file.chain(lock_source(lock))
    }
    for file, written in inputs.items():
        if found := next(filter(None, map(_FROM.search, requirements_file.asked(written))), None):
            raise LabcoatError(
                f"{file.name} says where packages come from, with {found[1]}.",
                "Take it out: a lock is for everybody's index, which PIP_INDEX_URL or UV_DEFAULT_INDEX names.",
            )
    if lost := requirements_file.left_behind(text, "\n".join(inputs.values())):
        raise LabcoatError(
            f"{lock.name} asks for what {lock_source(lock).name} does not, and would be replaced: {', '.join(lost)}.",
            f"Add that to {lock_source(lock).name}, as labcoat init does, or take it out of {lock.name} too.",
        )


def _seed(text: str) -> str:
    """What a locker is to keep of a lock's `text`: its pins, since pip options and other files' names mean nothing to it.

    Hashes of locks that somebody else made may be those of a few files only.
    """
    tool_env.use_tools()
    from packaging.requirements import InvalidRequirement, Requirement

    lines = []
    for pin in requirements_file.locked(text):
        line = f"{pin.name}=={pin.version}" + (f" ; {pin.marker}" if pin.marker else "")
        try:
            Requirement(line)
        except InvalidRequirement:
            continue  # somebody's slip, in a file that is about to be replaced
        hashes = sorted(pin.hashes) if _INPUTS.search(text) else ()
        lines.append(" \\\n    ".join([line, *(f"--hash=sha256:{one}" for one in hashes)]) + "\n")
    return "".join(lines)


def _pip_tools(
    project: Project, source: Path, output: Path, upgrade: bool, packages: Sequence[str]
) -> list[str | Path]:
    # pip-tools resolves for the Python it runs on, so it runs on the project's.
    command: list[str | Path] = [
        tool_env.tool_environment(python_finder.project_interpreter(project)) / "bin" / "python",
        "-Im",
        "piptools",
        "compile",
    ]
    command += [
        "--no-config",
        "--generate-hashes",
        "--allow-unsafe",
        "--strip-extras",
        "--no-header",
        "--no-emit-options",
    ]
    if moment := _cooldown(project):
        command += ["--uploaded-prior-to", moment]
    return command + _moves(upgrade, packages) + ["--output-file", output, source]


def _uv(
    project: Project, source: Path, output: Path, upgrade: bool, packages: Sequence[str]
) -> list[str | Path]:
    interpreter = python_finder.project_interpreter(project)
    command: list[str | Path] = [
        tool_env.uv_program(),
        "pip",
        "compile",
        "--universal",
        "--generate-hashes",
        "--no-header",
    ]
    command += ["--python", interpreter.executable, "--python-version", interpreter.minor]
    if moment := _cooldown(project):
        command += ["--exclude-newer", moment]
    return command + _moves(upgrade, packages) + ["--output-file", output, source]


_COMMANDS = {"pip-tools": _pip_tools, "uv": _uv}


def _moves(upgrade: bool, packages: Sequence[str]) -> list[str | Path]:
    return [
        *(["--upgrade"] if upgrade else []),
        *(f"--upgrade-package={name}" for name in packages),
    ]


def _cooldown(project: Project) -> str:
    """The moment before which a release must have been made, or nothing."""
    days = int(project["COOLDOWN"])
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") if days else ""


def _clean(text: str, lock: Path) -> str:
    """The locker's output, held to what a lock may contain. Raises Failure where a requirement comes from this machine."""
    for line in re.findall(r"^[^\s#].*$", text, re.MULTILINE):
        asked = line.rstrip("\\ ")
        if not _RELEASE.match(asked):
            raise LabcoatError(
                f"{lock.name} would hold what is no release of a package index: {process.redact(asked)}.",
                f"Ask for it by name and version in {lock_source(lock).name}, or keep its folder on the path.",
            )
        if not line.rstrip().endswith("\\"):
            raise LabcoatError(
                f"{asked} has no hash.",
                "Only releases of a package index can be locked; ask for one by its version.",
            )
    return text


def _header(lock: Path, project: Project) -> str:
    return (
        f"# Made by labcoat ({project['LOCKER']}, Python {interpreters.project_minor(project)})."
        f" Edit {lock_source(lock).name}, then run make requirements.\n"
        f"# labcoat-inputs: {inputs_digest(lock)}\n"
    )


def _report(lock: Path, before: str, after: str) -> None:
    """Say what moved, a line each."""
    old, new = requirements_file.pins(before), requirements_file.pins(after)
    for name in sorted(old.keys() | new.keys()):
        if old and old.get(name) != new.get(name):
            print(f"  {name} {old.get(name, '(new)')} → {new.get(name, '(gone)')}", file=sys.stderr)
    print(f"{lock.name}: {len(new)} package{'' if len(new) == 1 else 's'}", file=sys.stderr)
