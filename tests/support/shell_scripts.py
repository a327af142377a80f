"""Check the shell scripts of the repository with shellcheck: `make lint` runs this.

shellcheck comes from this Python's environment or the PATH. It has no wheel for Linux on ARM:
without it, a line says so, and nothing fails.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = (
    ".ci/run",
    "src/lib/labcoat/scaffold/templates/install-lock.sh",
    "src/lib/labcoat/start.sh",
)


def main() -> int:
    """Return the exit status of shellcheck; 0 without it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    program = shutil.which("shellcheck", path=path)
    if program is None:
        print("shellcheck is not installed: shell scripts are not checked", file=sys.stderr)
        return 0
    return subprocess.run([program, *SCRIPTS], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
