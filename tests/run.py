"""Run all tests in parallel.

Run `python tests/run.py EXAMPLE_PYTHON`, or `python tests/run.py --fast`. The toolkit's tests run
on this Python, the example's on EXAMPLE_PYTHON, which has TensorFlow; both always run. `--fast`
leaves out the example and what needs Docker or a package index, and keeps its files in memory.
PYTEST_ADDOPTS adds to pytest's options. SHUFFLE may be several seeds, with a run for each.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
FAST = "not (docker or network or index)"
# Not in `.venv`, where pytest's byte code would be a difference for `make prove`.
BYTE_CODE = str(REPOSITORY / ".labcoat/byte-code-of-tests")
NO_TESTS = 5  # pytest's exit status where the options choose none
MEMORY = Path("/dev/shm")  # noqa: S108
ROOM = 2 << 30  # bytes; thousands of small repositories take a quarter of it
NOWHERE = "unix:///nowhere"  # a test that reaches for an engine though it has no mark is to fail


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def in_memory() -> Iterator[dict[str, str]]:
    """TMPDIR in memory, where a program may run and there is room; nothing if TMPDIR is set.

    Tests that write thousands of small files take a fifth less time there.
    """
    if "TMPDIR" in os.environ or not has_memory():
        yield {}
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="tests-") as folder:
        yield {"TMPDIR": folder}


def has_memory() -> bool:
    """Whether a folder in memory can be written to, is large enough and lets programs run."""
    if not os.access(MEMORY, os.W_OK):
        return False
    facts = os.statvfs(MEMORY)
    return facts.f_bavail * facts.f_frsize >= ROOM and not facts.f_flag & os.ST_NOEXEC


def options(chosen: str, workers: int) -> list[str]:
    """Options that come before those in `chosen`, which is PYTEST_ADDOPTS."""
    parallel = ["-n", str(workers), "--dist", "loadgroup", "--no-loadscope-reorder"]
    return ["--durations=20", *([] if "no:xdist" in chosen else parallel)]


def run_pytest(python: str, workers: int, *words: str, **env: str) -> int:
    """Run pytest on `python`; its exit status."""
    chosen = os.environ.get("PYTEST_ADDOPTS", "")
    addopts = " ".join([*options(chosen, workers), chosen])
    environ = {**os.environ, "PYTEST_ADDOPTS": addopts, **env}
    # With it each of thousands of processes compiles what it imports, and TensorFlow is imported.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [python, "-m", "pytest", *words], cwd=REPOSITORY, env=environ, check=False
    ).returncode


def run_once(words: list[str], seed: str) -> int:
    """Run what `words` say, in the order of `seed`; the worse of the two exit statuses."""
    cores = processors()
    environ = {"SHUFFLE": seed}
    if words == ["--fast"]:
        fast = ["tests", "-m", FAST]
        environ["DOCKER_HOST"] = NOWHERE
        with in_memory() as folder:
            statuses = [run_pytest(sys.executable, cores, *fast, **environ, **folder)]
    else:
        # A test of the toolkit waits for the engine or an index for a third of its time. TensorFlow
        # in one of the example's uses every processor.
        more = cores + (cores + 1) // 2
        example = ["-c", "pyproject.toml", "-p", "tests.support.plugin", "examples/catsdogs/tests"]
        statuses = [
            run_pytest(sys.executable, more, "tests", **environ),
            run_pytest(words[0], cores, *example, **environ, PYTHONPYCACHEPREFIX=BYTE_CODE),
        ]
    return max((status for status in statuses if status != NO_TESTS), default=NO_TESTS)


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
