"""Run a module of labcoat's as a program on a level, with the variables of a proof's commands."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core import process
from labcoat.core.project import Project
from labcoat.levels.registry import get_level
from labcoat.proof import run_environment

LABCOAT = Path(__file__).parents[1]
NO_LIBRARY = 3  # the exit status of a program that misses a library


def run_words(level: str) -> list[str]:
    """Return the words of `labcoat run` on `level`, without its command."""
    return [sys.executable, "-IS", str(LABCOAT), "run", "--in", level]


def run_on_level(
    project: Project, level: str, program: Path, words: Sequence[str] = ()
) -> tuple[int, str]:
    """Run the text of `program` with the level's Python; return its exit status and output.

    What it writes to standard error is discarded.
    """
    python = get_level(level).python_program(project)
    command = [*run_words(level), "--", python, "-c", program.read_text("utf-8"), *words]
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    environ: Mapping[str, str] = run_environment.run_variables(os.environ)
    with process.popen(
        command, cwd=project.root, env=environ, stdin=null, stdout=pipe, stderr=null, text=True
    ) as child:
        output, _ = child.communicate()
    return child.returncode, output
