"""Compare `labcoat check` with git, and listing a build context with the docker SDK, on a large and
on an ordinary repository; and time it on real sources.
"""

import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from pathlib import Path

from side_by_side import INCLUDE, PYTHON, Demand, Program, compare, environment

from labcoat.toolchain import tool_env

LABCOAT = [PYTHON, "-I", "-S", "-B", INCLUDE.parent / "labcoat"]  # as start.sh does
TRACKED, IN_VENV, ORDINARY = 100_000, 20_000, 300
ROUNDS = 5
MOST_REAL = 0.3  # seconds
STATUS, CHECK = "large: git status --ignored", "large: labcoat check"
SDK, CONTEXT = "large: the docker SDK's exclude_paths", "large: labcoat context --files"
START, SMALL = "ordinary: python3 -c pass", "ordinary: labcoat check"
IGNORE = (
    "**/.venv",
    "**/venv",
    "**/__pycache__",
    "**/*.pyc",
    "**/.git",
    "**/.env",
    "**/*.log",
    "build",
    "data",
    "docs/_build",
)
LIST = """\
import sys
sys.path.append(sys.argv[1])
from docker.utils.build import exclude_paths
patterns = open(".dockerignore").read().splitlines()
sys.stdout.write("\\0".join(sorted(exclude_paths(".", patterns))))
"""


def fill(root: Path, names: Iterable[str]) -> None:
    """Write small files."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")


def repository(root: Path, tracked: int, in_venv: int) -> Path:
    """Create a repository with so many tracked files, and an ignored virtual environment."""
    root.mkdir(exist_ok=True)
    fill(root, (f"src/p{at // 1000}/q{at // 50 % 20}/module_{at}.py" for at in range(tracked)))
    (root / "Dockerfile").write_text(f"FROM python@sha256:{'a' * 64}\nCOPY . /app\nUSER 1000\n")
    (root / ".dockerignore").write_text("\n".join(IGNORE) + "\n")
    (root / ".gitignore").write_text("\n".join(IGNORE).replace("**/", "") + "\n")
    (root / "requirements.txt").write_text(f"numpy==2.0.0 --hash=sha256:{'b' * 64}\n")
    identity = ["-c", "user.name=b", "-c", "user.email=b@b", "-c", "gc.auto=0"]
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        [*identity, "commit", "-q", "-m", "all"],
        ["repack", "-a", "-d", "-q"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True, env=environment())
    (root / ".venv").mkdir()
    (root / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    fill(
        root / ".venv/lib/python3.11/site-packages",
        (f"p{at // 100}/m{at}.py" for at in range(in_venv)),
    )
    return root


def real_repository(root: Path) -> Path:
    """Create a repository of Python's standard library, with its tests and data."""
    library = Path(sysconfig.get_path("stdlib"))
    left_out = shutil.ignore_patterns("__pycache__", "site-packages", "*.pyc", "*.so", "*.a")
    shutil.copytree(library, root / "lib", ignore=left_out)
    return repository(root, 0, 2_000)


def processor_time(root: Path, *, forget: bool) -> float:
    """Return the median processor time of checks of `root`, in seconds, git's included."""
    taken = []
    with tempfile.TemporaryDirectory(prefix="labcoat-cache-") as cache:
        env = {**environment(), "LABCOAT_CACHE": cache}
        for _ in range(ROUNDS + 1):
            if forget:
                shutil.rmtree(Path(cache) / "check", ignore_errors=True)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([*LABCOAT, "check"], cwd=root, env=env, capture_output=True, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken.append(sum(after[:2]) - sum(before[:2]))
    return statistics.median(taken[1:])  # the first one compiles labcoat


def report_real(root: Path) -> bool:
    """Print the processor time of checks of real sources, and return whether it is small enough."""
    first, later = (processor_time(root, forget=forget) for forget in (True, False))
    count = sum(1 for path in (root / "lib").rglob("*") if path.is_file())
    print(f"real: {count} files, processor time: first check {first:.2f} s, later {later:.2f} s")
    print(f"{'met' if later <= MOST_REAL else 'missed'}: later checks at most {MOST_REAL} s")
    return later <= MOST_REAL


def main() -> int:
    """Create the repositories and time the programs on them."""
    packages = next((tool_env.tool_environment() / "lib").glob("python3*/site-packages"))
    with tempfile.TemporaryDirectory(prefix="labcoat-check-") as name:
        tracked = int(sys.argv[1]) if sys.argv[1:] else TRACKED
        print(f"creating a repository of {tracked} files", file=sys.stderr)
        large = repository(Path(name) / "large", tracked, IN_VENV)
        small = repository(Path(name) / "ordinary", ORDINARY, 2_000)
        programs = [
            Program(STATUS, ["git", "status", "--porcelain", "--ignored"], large),
            Program(CHECK, [*LABCOAT, "check"], large),
            Program(SDK, [PYTHON, "-c", LIST, packages], large, rounds=3),
            Program(CONTEXT, [*LABCOAT, "context", "--files", "-z"], large),
            Program(START, [PYTHON, "-c", "pass"], small),
            Program(SMALL, [*LABCOAT, "check"], small),
        ]
        demands = [Demand(CHECK, STATUS, at_most=3), Demand(SDK, CONTEXT, at_least=5)]
        real = report_real(real_repository(Path(name) / "real"))
        return max(compare(programs, demands, ROUNDS), int(not real))


if __name__ == "__main__":
    sys.exit(main())
