"""`pip` in an environment that holds only its locks: small files that start labcoat's own pip.

Without them, `pip install` in the activated environment would install into another Python. They are
not a distribution, so that `pip list` shows only what is locked. `inventory/scan.py` knows them by
their digests: whoever changes a text here adds its digest there and keeps the earlier ones.
"""

from pathlib import Path

from labcoat.core import files

PROGRAM = """#!/bin/sh
exec "${0%/*}/python" -m pip "$@"
"""
# `python -m pip`, which a notebook's %pip runs too. labcoat.json has the path of labcoat's pip.
MODULE = '''"""Starts labcoat's pip on this environment, which has none of its own."""

import json
import os
import sys

os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
try:
    with open(os.path.join(sys.prefix, "labcoat.json"), encoding="utf-8") as file:
        tool = json.load(file)["tool"]
    os.execv(tool, [tool, "-Im", "pip", "--python", sys.executable, *sys.argv[1:]])
except (OSError, ValueError, KeyError):
    print("error: labcoat's pip is not in its cache", file=sys.stderr)
    sys.exit("hint: Run `make venv AGAIN=1` to restore it")
'''


def write_pip_shim(programs: Path, site_packages: Path) -> None:
    """Make `pip` work in the environment of these two directories, unless it has its own pip."""
    if (site_packages / "pip").exists():
        return
    files.write_file(site_packages / "pip" / "__main__.py", MODULE)
    for name in ("pip", "pip3"):
        files.write_file(programs / name, PROGRAM)
        (programs / name).chmod(0o755)
