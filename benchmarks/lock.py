"""Compare locking the inputs of the tensorflow lock, all caches warm: labcoat with pip-tools and
with uv, bare pip-compile without hashes, and bare uv with hashes for every platform.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from side_by_side import INCLUDE, PYTHON, Demand, Program, compare, project, uv

from labcoat.toolchain import tool_env

DEFAULT, FAST = "labcoat lock, with pip-tools", "labcoat lock, with uv"
PIP_COMPILE, UV = "pip-compile", "uv pip compile --universal --generate-hashes"
ROUNDS, ROUNDS_OF_PIP_TOOLS = 9, 3


def main() -> int:
    """Warm the caches, and time the four. None has a lock to keep versions from."""
    with tempfile.TemporaryDirectory(prefix="labcoat-lock-") as name:
        work = Path(name)
        (work / "lib").symlink_to(INCLUDE.parent)

        def program(title: str, folder: str, words: list[str | Path], rounds: int = 0) -> Program:
            made = project(work / folder)

            def remove_lock() -> None:
                (made / "requirements.txt").unlink(missing_ok=True)
                shutil.rmtree(made / ".labcoat", ignore_errors=True)

            return Program(title, words, made, remove_lock, rounds)

        labcoat: list[str | Path] = [PYTHON, INCLUDE.with_name("labcoat"), "lock"]
        tools = tool_env.tool_environment() / "bin" / "python"
        by_pip_tools: list[str | Path] = [tools, "-Im", "piptools", "compile", "--quiet"]
        by_pip_tools += ["--strip-extras", "--allow-unsafe", "requirements.in"]
        by_uv: list[str | Path] = [uv(), "pip", "compile", "--quiet", "--universal"]
        by_uv += ["--generate-hashes", "--python", PYTHON, "requirements.in"]
        by_uv += ["--output-file", "requirements.txt"]
        programs = [
            program(FAST, "fast", ["env", "LABCOAT_LOCKER=uv", *labcoat]),
            program(UV, "uv", by_uv),
            program(DEFAULT, "default", labcoat, ROUNDS_OF_PIP_TOOLS),
            program(PIP_COMPILE, "pip-compile", by_pip_tools, ROUNDS_OF_PIP_TOOLS),
        ]
        print("warming the caches: each once", file=sys.stderr)
        compare(programs, [], 1)
        demands = [
            Demand(DEFAULT, PIP_COMPILE, at_most=1.5),
            Demand(FAST, UV, at_most=1.2),
        ]
        return compare(programs, demands, ROUNDS)


if __name__ == "__main__":
    sys.exit(main())
