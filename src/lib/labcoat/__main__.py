"""Start labcoat: `python3 -m labcoat`, or like the make include `python3 path/to/labcoat`."""

import sys

if sys.version_info < (3, 11):
    # Syntax that older Pythons can read.
    sys.stderr.write(
        "error: labcoat needs Python 3.11 or newer, and this is %d.%d\n" % sys.version_info[:2]
        + "hint: Set LABCOAT_PYTHON to a newer one, such as LABCOAT_PYTHON=python3.12\n"
    )
    sys.exit(2)

if not __package__:
    # Started as a directory: Python puts the package itself on the path, where its modules would
    # shadow others.
    sys.path[0] = __file__.rpartition("/labcoat/")[0] or "."

from labcoat.cli import main

if __name__ == "__main__":
    sys.exit(main())
