"""`labcoat doctor`: check the tools labcoat needs, and how to install missing ones."""

import os
import re
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.apt.request import read_request
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.core.terminal import join_some
from labcoat.toolchain import installed_pythons, interpreters, python_finder

_GIGABYTE = 1_000_000_000
_ROOM = 5  # gigabytes: an environment with TensorFlow takes two, an image of it two more


class ToolCheck(Record):
    """One thing checked: `about` says what was found, `hint` what to do about a problem."""

    name: str
    about: str
    hint: str = ""
    is_needed: bool = False  # without it, labcoat does not work at all


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Print a line for each check; return 1 if a tool that labcoat needs is missing."""
    checks = list(check_tools(Project.here()))
    for check in checks:
        state = "-" if check.hint else "ok" if check.name else ""
        print(f"{state:<3}{check.name:<10} {check.about}".rstrip())
        if check.hint:
            print(f"{'':<14}{check.hint}")
    return 1 if any(check.hint and check.is_needed for check in checks) else 0


def check_tools(project: Project) -> Iterator[ToolCheck]:
    """Yield all checks, in the order in which problems should be fixed."""
    yield _program("make", ["make", "--version"], "Install GNU Make 3.81 or newer", is_needed=True)
    yield from _python(project)
    yield _inputs(project)
    yield _program(
        "git",
        ["git", "--version"],
        "Install git: `make check` and image labels need it",
        is_needed=True,
    )
    yield _program(
        "git-lfs", ["git-lfs", "version"], "Install git-lfs if you keep big files in git"
    )
    yield _docker(project)
    yield _conda(project)
    yield from _libraries(project)
    yield from _system_packages(project)
    yield _disk("project", project.root)
    yield _disk("cache", cache_folder())
    yield _writable(project.root)


def _program(name: str, words: Sequence[str], hint: str, *, is_needed: bool = False) -> ToolCheck:
    path = shutil.which(words[0])
    output = _ask(words) if path else ""
    version = re.search(r"\d+(\.\d+)+", output)
    if not path or not version:
        return ToolCheck(name, "not found" if not path else "does not answer", hint, is_needed)
    return ToolCheck(name, f"{version[0]}, {path}")


def _ask(words: Sequence[str]) -> str:
    """Return what a program prints on both streams; empty if it fails or takes ten seconds."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr if done.returncode == 0 else ""


def _python(project: Project) -> Iterator[ToolCheck]:
    """Yield labcoat's own Python, the project's, and all of this machine."""
    own = interpreters.own_interpreter()
    yield ToolCheck("python", f"{own.version}, {sys.executable}")
    try:
        choice = interpreters.choose_project_python(project)
        found = python_finder.find_project_interpreter(project)
        if found is None:
            yield ToolCheck(
                "project",
                f"needs Python {choice.minor} ({choice.source}), which this machine does not have",
                python_finder.suggest_sources(choice),
                is_needed=True,
            )
        else:
            about = f"Python {found.version} ({choice.source}), {found.executable}"
            yield ToolCheck("project", about)
    except LabcoatError as error:
        yield ToolCheck("project", error.message, error.hint, is_needed=True)
    for one in installed_pythons.list_installed():
        yield ToolCheck("", f"{one.version}, {one.executable}")


def _inputs(project: Project) -> ToolCheck:
    """Say which files the locks are compiled from."""
    from labcoat.locking import inputs

    try:
        found = inputs.list_inputs(project.root)
        for each in found:
            if each.computed is None:
                each.texts()
            elif not project["RUN_SETUP"] and each.computed.problem:
                raise each.computed.problem
    except LabcoatError as error:
        return ToolCheck("inputs", error.message, error.hint)
    names = list(dict.fromkeys(each.source.name for each in found))
    if not names:
        return ToolCheck("inputs", "none", "List your packages in `requirements.in`")
    return ToolCheck("inputs", f"{', '.join(names)}; they make {_count_locks(len(found))}")


def _count_locks(number: int) -> str:
    return "1 lock" if number == 1 else f"{number} locks"


def _docker(project: Project) -> ToolCheck:
    from labcoat.container.engine import versions

    try:
        kind, _, number = versions.engine_version(project).rpartition(" ")
        if not number:
            return ToolCheck(
                "docker",
                "the Docker engine does not answer",
                "Start Docker Desktop, or run `sudo systemctl start docker`",
            )
        return ToolCheck("docker", f"{kind or 'engine'} {number}")
    except LabcoatError as error:
        return ToolCheck("docker", error.message, error.hint)


def _conda(project: Project) -> ToolCheck:
    from labcoat.levels import conda_program

    try:
        program = conda_program.find_conda_program(project)
    except LabcoatError as error:
        return ToolCheck("conda", error.message, error.hint)
    version = re.search(r"\d+(\.\d+)+", _ask([program, "--version"]))
    return ToolCheck(
        "conda", f"{Path(program).name} {version[0] if version else '(version unknown)'}, {program}"
    )


def _libraries(project: Project) -> Iterator[ToolCheck]:
    """Say which system libraries the packages of each environment on this machine miss."""
    from labcoat.levels.registry import get_level
    from labcoat.system import advice, debian, verdict

    for name in ("venv", "conda"):
        try:
            survey = get_level(name).survey_system(project)
        except (LabcoatError, OSError):
            continue  # `make venv` and the proof name what is wrong with it
        if survey is None or not any(one.objects for one in survey.packages):
            continue
        suite = debian.read_suite(survey.os_release)
        missing = advice.list_required(verdict.find_missing(survey.packages))
        if not missing:
            yield ToolCheck("libraries", f"{name} has all that its packages need")
        for one in missing:
            packages = advice.list_packages([one], suite)
            remedy = advice.describe_remedy(packages, is_image=False) if packages else ""
            hint = remedy.capitalize() or "Install it with this system's package manager"
            about = advice.describe_missing(one, suite)
            yield ToolCheck("libraries", f"{name}: {one.package} needs {about}", hint)


def _system_packages(project: Project) -> Iterator[ToolCheck]:
    """Say which packages of apt.txt this machine lacks, if it is one with dpkg."""
    try:
        request = read_request(project.root)
    except LabcoatError as error:
        yield ToolCheck("apt.txt", error.message, error.hint)
        return
    if request is None or not shutil.which("dpkg-query"):
        return
    form = "${db:Status-Status} ${Package}\n"
    listed = _ask(["dpkg-query", "--show", "--showformat", form]).splitlines()
    installed = {
        name for word, _, name in (each.partition(" ") for each in listed) if word == "installed"
    }
    lacking = [name for name in request.names if name not in installed]
    yield ToolCheck(
        "apt.txt",
        f"not on this machine: {join_some([f'`{name}`' for name in lacking])}"
        if lacking
        else "all of its packages are on this machine, too",
        f"Only the image gets them. Here: `sudo apt install {' '.join(lacking)}`"
        if lacking
        else "",
    )


def _disk(name: str, folder: Path) -> ToolCheck:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free / _GIGABYTE
    hint = "Free some space: an environment with TensorFlow takes 2 GB" if free < _ROOM else ""
    return ToolCheck(name, f"{free:.1f} GB free, {folder}", hint)


def _writable(folder: Path) -> ToolCheck:
    if os.access(folder, os.W_OK):
        return ToolCheck("folder", "is writable")
    return ToolCheck("folder", f"cannot write to {folder}", "Check its permissions", is_needed=True)
