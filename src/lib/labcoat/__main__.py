"""Start labcoat: as `python3 -m labcoat`, or as `python3 path/to/labcoat`, which is how the make include calls it."""

import sys

if not __package__:
    # Started as a folder: Python put the package itself on the path, where its modules would shadow others.
    sys.path[0] = __file__.rpartition("/labcoat/")[0] or "."

from labcoat.cli import main

if __name__ == "__main__":
    sys.exit(main())
