"""Compare an up-to-date `make venv` with `make` in an empty Makefile, and with `make venv` of
Makefile.venv.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from side_by_side import INCLUDE, Demand, Program, compare, environment, uv

OTHER = "Makefile.venv==2023.4.17"
LABCOAT, EMPTY, THEIRS = "labcoat: make venv", "an empty Makefile: make", "Makefile.venv: make venv"
ROUNDS = 100


def project(folder: Path, makefile: str) -> Path:
    """Create a project with one small package in `folder`."""
    folder.mkdir()
    (folder / "Makefile").write_text(makefile)
    (folder / "requirements.in").write_text("six\n")
    (folder / "requirements.txt").write_text("six\n")
    return folder


def main() -> int:
    """Create the three projects, and time them when there is nothing left to do."""
    env = environment()
    with tempfile.TemporaryDirectory(prefix="labcoat-noop-") as name:
        work = Path(name)
        fetch: list[str | Path] = [
            uv(),
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--python",
            sys.executable,
            "--target",
            work / "other",
            OTHER,
        ]
        subprocess.run(fetch, env=env, check=True)
        (work / "lib").symlink_to(INCLUDE.parent)
        ours = project(work / "labcoat", "include ../lib/include.python.mk\n")
        theirs = project(work / "theirs", "include ../other/Makefile_venv/Makefile.venv\n")
        empty = project(work / "empty", "all:\n")
        for folder in (ours, theirs):
            print(f"make venv in {folder.name}", file=sys.stderr)
            subprocess.run(["make", "venv"], cwd=folder, env=env, capture_output=True, check=True)
        programs = [
            Program(EMPTY, ["make"], empty),
            Program(LABCOAT, ["make", "venv"], ours),
            Program(THEIRS, ["make", "venv"], theirs),
        ]
        demands = [Demand(LABCOAT, EMPTY, at_most=10), Demand(LABCOAT, THEIRS, at_most=0.1)]
        return compare(programs, demands, ROUNDS)


if __name__ == "__main__":
    sys.exit(main())
