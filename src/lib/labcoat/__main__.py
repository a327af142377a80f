"""Start labcoat: as `python3 -m labcoat`, or as `python3 path/to/labcoat`, which is how the make include calls it."""

import sys

if sys.version_info < (3, 11):
    # In words that older Pythons can read.
    sys.stderr.write(
        "labcoat: This is Python %d.%d; labcoat needs 3.11 or newer.\n" % sys.version_info[:2]
        + "  Set LABCOAT_PYTHON to a newer one, for instance LABCOAT_PYTHON=python3.12.\n"
    )
    sys.exit(2)

if not __package__:
    # Started as a folder: Python put the package itself on the path, where its modules would shadow others.
    sys.path[0] = __file__.rpartition("/labcoat/")[0] or "."

from labcoat.cli import main

if __name__ == "__main__":
    sys.exit(main())
