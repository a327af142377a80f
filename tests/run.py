"""Run all tests, with a worker for each processor.

Run `python tests/run.py EXAMPLE_PYTHON`, or `python tests/run.py --fast`. The toolkit's tests run
on this Python, the example's on EXAMPLE_PYTHON, which has TensorFlow; both always run. `--fast`
leaves out the example and what needs Docker or a package index.
PYTEST_ADDOPTS adds to pytest's options.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
FAST = "not (docker or network or index)"
NO_TESTS = 5  # pytest's exit status where the options choose none
NOWHERE = "unix:///nowhere"  # a test that reaches for an engine though it has no mark is to fail


def options(chosen: str) -> list[str]:
    """Options that come before those in `chosen`, which is PYTEST_ADDOPTS."""
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parallel = ["-n", str(workers), "--dist", "loadgroup", "--no-loadscope-reorder"]
    return ["--durations=20", *([] if "no:xdist" in chosen else parallel)]


def run_pytest(python: str, *words: str, **env: str) -> int:
    """Run pytest on `python`; its exit status."""
    chosen = os.environ.get("PYTEST_ADDOPTS", "")
    addopts = " ".join([*options(chosen), chosen])
    environ = {**os.environ, "PYTEST_ADDOPTS": addopts, **env}
    return subprocess.run(
        [python, "-m", "pytest", *words], cwd=REPOSITORY, env=environ, check=False
    ).returncode


def main(words: list[str]) -> int:
    """Run what `words` say; the worse of the two exit statuses."""
    start = time.monotonic()
    if words == ["--fast"]:
        statuses = [run_pytest(sys.executable, "tests", "-m", FAST, DOCKER_HOST=NOWHERE)]
    else:
        example = ["-c", "pyproject.toml", "-p", "tests.support.plugin", "examples/catsdogs/tests"]
        statuses = [run_pytest(sys.executable, "tests"), run_pytest(words[0], *example)]
    print(f"tests: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return max((status for status in statuses if status != NO_TESTS), default=NO_TESTS)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # pytest, which had it too, has said what it did until then
        sys.exit(130)
