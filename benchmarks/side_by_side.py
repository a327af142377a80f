"""Time programs side by side: each program once in every round, so that a busy machine slows all of
them equally.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
INCLUDE = REPOSITORY / "src/lib/include.python.mk"
sys.path.insert(0, str(INCLUDE.parent))

# The repository's labcoat, even if another is installed
from labcoat.toolchain import index_config, tool_env  # noqa: E402

PYTHON = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()


@dataclass(frozen=True)
class Program:
    """A program to time: its arguments, its working directory, and a preparation before each
    run.
    """

    name: str
    words: Sequence[str | Path]
    folder: Path
    before: Callable[[], object] = lambda: None
    rounds: int = 0  # the number of rounds to run in; 0 is all


@dataclass(frozen=True)
class Demand:
    """A limit, `at_most` or `at_least`, for the first program's median divided by the second's."""

    first: str
    second: str
    at_most: float | None = None
    at_least: float | None = None

    def line(self, medians: Mapping[str, float]) -> tuple[bool, str]:
        """Return whether the demand is met, and a line with the measurement."""
        ratio = medians[self.first] / medians[self.second]
        met = ratio <= self.at_most if self.at_most is not None else ratio >= (self.at_least or 0)
        asked = (
            f"at most {self.at_most:g}"
            if self.at_most is not None
            else f"at least {self.at_least:g}"
        )
        verdict = "met" if met else "MISSED"
        return met, f"{self.first} / {self.second}: {ratio:.3g} (asked: {asked}) {verdict}"


def environment() -> dict[str, str]:
    """Return the environment of all programs: without the user's settings, except the package
    index, and with this Python as `python3`.
    """
    kept = {
        name: value
        for name, value in index_config.installer_environment().items()
        if not name.startswith(("LABCOAT_", "GIT_", "MAKE"))
    }
    kept |= {"PATH": f"{PYTHON.parent}{os.pathsep}{kept['PATH']}", "LABCOAT_PYTHON": str(PYTHON)}
    return kept | {name: os.environ[name] for name in ("LABCOAT_CACHE",) if name in os.environ}


def uv() -> Path:
    """Return the uv that labcoat uses."""
    return tool_env.uv_program()


def project(folder: Path) -> Path:
    """Create a project with this repository's lock, which includes labcoat from `../lib`."""
    folder.mkdir()
    for name in ("requirements.in", "requirements.txt"):
        shutil.copy(REPOSITORY / name, folder)
    (folder / "Makefile").write_text("include ../lib/include.python.mk\n")
    return folder


def seconds(program: Program, env: Mapping[str, str]) -> float:
    """Return the seconds of one run of `program`. Exit if it fails."""
    program.before()
    words = [str(word) for word in program.words]
    start = time.perf_counter()
    ended = subprocess.run(
        words, cwd=program.folder, env=dict(env), capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - start
    if ended.returncode:
        sys.exit(
            f"{program.name} failed with status {ended.returncode}:\n{ended.stdout}{ended.stderr}"
        )
    return took


def compare(programs: Sequence[Program], demands: Sequence[Demand], rounds: int) -> int:
    """Time `programs`, print medians and demands; return exit status 0 if all are met, else 1."""
    env = environment()
    taken: dict[str, list[float]] = {program.name: [] for program in programs}
    for number in range(rounds):
        for program in programs:
            if number < (program.rounds or rounds):
                taken[program.name].append(seconds(program, env))
        _progress(number + 1, rounds)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    print(f"{'median':>12} {'fastest':>12}  runs  program")
    for name, times in taken.items():
        print(f"{_time(medians[name]):>12} {_time(min(times)):>12}  {len(times):>4}  {name}")
    lines = [demand.line(medians) for demand in demands]
    print("\n".join(line for _, line in lines))
    return 0 if all(met for met, _ in lines) else 1


def _progress(done: int, rounds: int) -> None:
    """Show progress: in place on a terminal, otherwise a line for each of at most ten rounds."""
    if sys.stderr.isatty():
        print(
            f"\rround {done} of {rounds}",
            end="\n" if done == rounds else "",
            file=sys.stderr,
            flush=True,
        )
    elif rounds <= 10:
        print(f"round {done} of {rounds}", file=sys.stderr, flush=True)


def _time(duration: float) -> str:
    return f"{duration:.2f} s" if duration >= 1 else f"{duration * 1000:.2f} ms"
