"""What labcoat works with, as this machine has it: versions, room on disk, and what to do about what is not there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project, cache_folder
from labcoat.toolchain import interpreters

_GIGABYTE = 1_000_000_000
_ROOM = 5  # gigabytes: an environment with TensorFlow is two, an image of it as much again


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `about` says what is there, `todo` what to do where it is not as it should be."""

    name: str
    about: str
    todo: str = ""
    is_needed: bool = False  # without it, labcoat cannot work at all


def make(project: Project) -> int:
    """Print a line for each thing. Exit status 1 where something is missing without which nothing works."""
    found = list(findings(project))
    for one in found:
        print(f"{'-' if one.todo else 'ok':<3}{one.name:<10} {one.about}".rstrip())
        if one.todo:
            print(f"{'':<14}{one.todo}")
    return 1 if any(one.todo and one.is_needed for one in found) else 0


def findings(project: Project) -> Iterator[Finding]:
    """Everything that is looked at, in the order in which a person would mend it."""
    yield _program("make", ["make", "--version"], "Install GNU Make 3.81 or newer.", is_needed=True)
    yield _python(project)
    yield _program(
        "git",
        ["git", "--version"],
        "Install git: labels of images and make check ask it.",
        is_needed=True,
    )
    yield _program(
        "git-lfs", ["git-lfs", "version"], "Install git-lfs, if you keep big files in git."
    )
    yield _docker(project)
    yield _conda(project)
    yield _disk("project", project.root)
    yield _disk("cache", cache_folder())
    yield _writable(project.root)


def _program(name: str, words: Sequence[str], todo: str, *, is_needed: bool = False) -> Finding:
    path = shutil.which(words[0])
    said = _ask(words) if path else ""
    version = re.search(r"\d+(\.\d+)+", said)
    if not path or not version:
        return Finding(name, "not there" if not path else "does not answer", todo, is_needed)
    return Finding(name, f"{version[0]}, {path}")


def _ask(words: Sequence[str]) -> str:
    """What a program says, on either stream; nothing where it fails or takes longer than ten seconds."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr if done.returncode == 0 else ""


def _python(project: Project) -> Finding:
    about = f"{interpreters.own_interpreter().version}, {sys.executable}"
    try:
        wanted = interpreters.project_minor(project)
        if wanted != interpreters.own_interpreter().minor:
            about += f"; the project's is {interpreters.find_interpreter(wanted).version}"
    except LabcoatError as failure:
        return Finding("python", failure.message, failure.hint, is_needed=True)
    return Finding("python", about)


def _docker(project: Project) -> Finding:
    from labcoat.container.engine import client

    try:
        kind, _, number = client.engine_version(project).rpartition(" ")
        if not number:
            return Finding("docker", "does not answer", "Start the engine.")
        return Finding("docker", f"{kind or 'engine'} {number}")
    except LabcoatError as failure:
        return Finding("docker", failure.message, failure.hint)


def _conda(project: Project) -> Finding:
    from labcoat.levels import conda

    try:
        program = conda.program(project)
    except LabcoatError as failure:
        return Finding("conda", failure.message, failure.hint)
    version = re.search(r"\d+(\.\d+)+", _ask([program, "--version"]))
    return Finding(
        "conda", f"{Path(program).name} {version[0] if version else '(version unknown)'}, {program}"
    )


def _disk(name: str, folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free / _GIGABYTE
    todo = "Make room: an environment with TensorFlow takes two gigabytes." if free < _ROOM else ""
    return Finding(name, f"{free:.1f} GB free, {folder}", todo)


def _writable(folder: Path) -> Finding:
    if os.access(folder, os.W_OK):
        return Finding("folder", "can be written")
    return Finding(
        "folder", f"{folder} cannot be written", "See to its permissions.", is_needed=True
    )
