"""Compare `labcoat check` with git, and listing a build context with the docker SDK, on a large and
on an ordinary repository.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from side_by_side import INCLUDE, PYTHON, Demand, Program, compare, environment

from labcoat.toolchain import tool_env

LABCOAT = [PYTHON, INCLUDE.parent / "labcoat"]
TRACKED, IN_VENV, ORDINARY = 100_000, 20_000, 300
ROUNDS = 5
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
    root.mkdir()
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
        return compare(programs, demands, ROUNDS)


if __name__ == "__main__":
    sys.exit(main())
