"""Compare creating the environment of the tensorflow lock from a warm cache: `make venv`, uv, and
pip.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from side_by_side import INCLUDE, PYTHON, Demand, Program, compare, project, uv

LABCOAT, UV, PIP = (
    "labcoat: make venv",
    "uv venv, uv pip sync",
    "python -m venv, pip install --require-hashes",
)
ROUNDS, ROUNDS_OF_PIP = 7, 2


def main() -> int:
    """Warm the caches, and time the three. All of them install only wheels, with hashes."""
    with tempfile.TemporaryDirectory(prefix="labcoat-venv-") as name:
        work = Path(name)
        (work / "lib").symlink_to(INCLUDE.parent)

        def program(title: str, folder: str, words: list[str | Path], rounds: int = 0) -> Program:
            made = project(work / folder)
            return Program(
                title,
                words,
                made,
                lambda: shutil.rmtree(made / ".venv", ignore_errors=True),
                rounds,
            )

        by_uv = (
            f"'{uv()}' venv -q --python '{PYTHON}' .venv && '{uv()}' pip sync -q --require-hashes"
        )
        by_uv += " --only-binary=:all: --python .venv/bin/python requirements.txt"
        by_pip = f"'{PYTHON}' -m venv .venv && .venv/bin/pip install -q --require-hashes"
        by_pip += " --only-binary=:all: -r requirements.txt"
        programs = [
            program(LABCOAT, "labcoat", ["make", "venv"]),
            program(UV, "uv", ["sh", "-c", by_uv]),
            program(PIP, "pip", ["sh", "-c", by_pip], ROUNDS_OF_PIP),
        ]
        print("warming the caches: each once", file=sys.stderr)
        compare(programs, [], 1)
        demands = [Demand(LABCOAT, UV, at_most=1.4), Demand(PIP, LABCOAT, at_least=10)]
        return compare(programs, demands, ROUNDS)


if __name__ == "__main__":
    sys.exit(main())
