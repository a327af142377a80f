"""Compare `labcoat prove` of the tensorflow environment with `sha256sum` of the same files, and
`labcoat status` with the start of Python.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from side_by_side import INCLUDE, PYTHON, Demand, Program, compare, environment, project

PROVE, SHA256SUM = "labcoat prove --only venv", "sha256sum of the same files"
STATUS, START = "labcoat status, without the image", "python3 -I -c pass"
ROUNDS = 9


def main() -> int:
    """Create the environment, prove it once so that its wheels are known, and time the programs."""
    labcoat: list[str | Path] = [PYTHON, "-I", INCLUDE.parent / "labcoat"]
    with tempfile.TemporaryDirectory(prefix="labcoat-prove-") as name:
        work = Path(name)
        (work / "lib").symlink_to(INCLUDE.parent)
        made = project(work / "project")
        for words in (["make", "venv"], [*labcoat, "prove", "--only", "venv"]):
            print(" ".join(map(str, words[-3:])), file=sys.stderr)
            subprocess.run(words, cwd=made, env=environment(), capture_output=True, check=True)
        packages = next(made.glob(".venv/lib/python*/site-packages"))
        files = [path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc"]
        (made / "names").write_text("\0".join(map(str, files)))
        print(
            f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.0f} MB",
            file=sys.stderr,
        )
        programs = [
            Program(PROVE, [*labcoat, "prove", "--only", "venv"], made),
            Program(SHA256SUM, ["sh", "-c", "xargs -0 sha256sum <names"], made),
            Program(STATUS, ["env", "LABCOAT_DOCKER=no-such-docker", *labcoat, "status"], made),
            Program(START, [PYTHON, "-I", "-c", "pass"], made),
        ]
        return compare(programs, [Demand(PROVE, SHA256SUM, at_most=1)], ROUNDS)


if __name__ == "__main__":
    sys.exit(main())
