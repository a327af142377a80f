"""Run all tests in parallel.

Run `python tests/run.py EXAMPLE_PYTHON`, or `python tests/run.py --fast`. The toolkit's tests run
on this Python, the example's on EXAMPLE_PYTHON, which has TensorFlow; both run at once. `--fast`
leaves out the example and what needs Docker or a package index.
PYTEST_ADDOPTS adds to pytest's options; with it they run one after the other.
SHUFFLE may be several seeds, with a run for each.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

REPOSITORY = Path(__file__).parents[1]
FAST = "not (docker or network or index)"
NO_TESTS = 5  # pytest's exit status where the options choose none
NOWHERE = "unix:///nowhere"  # a test that reaches for an engine though it has no mark is to fail


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def options(chosen: str, workers: int) -> list[str]:
    """Options that come before those in `chosen`, which is PYTEST_ADDOPTS."""
    parallel = ["-n", str(workers), "--dist", "loadgroup", "--no-loadscope-reorder"]
    return ["--durations=20", *([] if "no:xdist" in chosen else parallel)]


def start_pytest(
    python: str, workers: int, *words: str, output: IO[bytes] | None = None, **env: str
) -> subprocess.Popen[bytes]:
    """Start pytest on `python`, with `output` for what it prints."""
    chosen = os.environ.get("PYTEST_ADDOPTS", "")
    addopts = " ".join([*options(chosen, workers), chosen])
    environ = {**os.environ, "PYTEST_ADDOPTS": addopts, **env}
    # With it each of thousands of processes compiles what it imports, and TensorFlow is imported.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.Popen(
        [python, "-m", "pytest", *words],
        cwd=REPOSITORY,
        env=environ,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    )


def run_once(words: list[str], seed: str) -> int:
    """Run what `words` say, in the order of `seed`; the worse of the two exit statuses."""
    cores = processors()
    order = {"SHUFFLE": seed}
    if words == ["--fast"]:
        fast = ["tests", "-m", FAST]
        return start_pytest(sys.executable, cores, *fast, DOCKER_HOST=NOWHERE, **order).wait()
    # A test of the toolkit waits for the engine or an index for a third of its time.
    more = cores + (cores + 1) // 2
    example = ["-c", "pyproject.toml", "-p", "tests.support.plugin", "examples/catsdogs/tests"]
    if os.environ.get("PYTEST_ADDOPTS"):  # such as --pdb, which needs the terminal
        statuses = [
            start_pytest(sys.executable, more, "tests", **order).wait(),
            start_pytest(words[0], cores, *example, **order).wait(),
        ]
    else:
        statuses = run_both(
            [sys.executable, more, "tests"], [words[0], max(1, cores // 2), *example], order
        )
    return max((status for status in statuses if status != NO_TESTS), default=NO_TESTS)


def run_both(first: list[Any], second: list[Any], order: dict[str, str]) -> list[int]:
    """Run pytest twice at once: the example computes while the toolkit waits. Print one, then the
    other; return their exit statuses.
    """
    with tempfile.TemporaryFile() as output:
        other = start_pytest(*second, output=output, **order)
        try:
            return [start_pytest(*first, **order).wait(), other.wait()]
        finally:
            output.seek(0)
            shutil.copyfileobj(output, sys.stdout.buffer)
            sys.stdout.flush()


def main(words: list[str]) -> int:
    """Run the tests once, or once for each seed in SHUFFLE; the worst exit status."""
    statuses = []
    for seed in os.environ.get("SHUFFLE", "").split() or [""]:
        start = time.monotonic()
        statuses.append(run_once(words, seed))
        order = f" (SHUFFLE={seed}: exit status {statuses[-1]})" if seed else ""
        print(f"tests: {time.monotonic() - start:.0f} s{order}", file=sys.stderr)
    return max(statuses)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # pytest, which had it too, has said what it did until then
        sys.exit(130)
