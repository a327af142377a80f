"""`pip` for an environment that holds its locks and nothing else: two small files that start the one labcoat has.

Without them `pip install`, typed where the environment is active, would reach another Python. They are no distribution, so
`pip list` shows what the locks name; `inventory/scan.py` knows them by their digests.
"""

from pathlib import Path

from labcoat.core import files

PROGRAM = """#!/bin/sh
exec "${0%/*}/python" -m pip "$@"
"""
# Also a notebook's %pip comes here: it runs `python -m pip`. Where labcoat's pip is stands in the environment's mark.
MODULE = '''"""Starts labcoat's pip on this environment, which has none of its own."""

import json
import os
import sys

os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
try:
    with open(os.path.join(sys.prefix, "labcoat.json"), encoding="utf-8") as mark:
        tool = json.load(mark)["tool"]
    os.execv(tool, [tool, "-Im", "pip", "--python", sys.executable, *sys.argv[1:]])
except (OSError, ValueError, KeyError):
    sys.exit("labcoat: its pip is no longer in the cache.\\n  Run make venv AGAIN=1, which puts it there.")
'''


def write_pip_shim(programs: Path, site_packages: Path) -> None:
    """Make `pip` work in the environment of these two folders, unless it has one of its own."""
    if (site_packages / "pip").exists():
        return
    files.write_file(site_packages / "pip" / "__main__.py", MODULE)
    for name in ("pip", "pip3"):
        files.write_file(programs / name, PROGRAM)
        (programs / name).chmod(0o755)
