"""Start labcoat: `python3 -m labcoat`, or like the make include `python3 path/to/labcoat`."""

import sys

if sys.version_info < (3, 11):
    # Syntax that older Pythons can read. LABCOAT_PYTHON may name an older one, for the project.
    import os

    words = ["sh", os.path.join(os.path.dirname(os.path.abspath(__file__)), "find-python.sh")]  # noqa: PTH100, PTH118, PTH120
    words.append("%d.%d" % sys.version_info[:2])
    if "labcoat_python_is_set" in getattr(sys, "_xoptions", ()):
        words.append("--python-is-set")
    os.execv("/bin/sh", words + sys.argv[1:])  # noqa: S606

# The built-in part of `signal`, which takes no time to import.
import _signal  # type: ignore[import-not-found]
import gc
import os
from types import FrameType

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def _leave(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)


# While labcoat is imported and when it ends there is nothing to clean up, and the traceback of an
# import is of no use. start.sh blocks SIGINT until here.
if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _leave)
_signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])

# What commands import is thousands of objects, and no garbage. By default Python looks for some at
# each 700 of them.
gc.set_threshold(200_000, 20, 20)

if not __package__:
    # Started as a directory: Python puts the package itself on the path, where its modules would
    # shadow others. The package may be part of another repository, which gets no byte code.
    sys.path[0] = __file__.rpartition("/labcoat/")[0] or "."
    sys.dont_write_bytecode = True
    from labcoat.core.cache import byte_code_folder

    sys.pycache_prefix = byte_code_folder()
    sys.dont_write_bytecode = sys.pycache_prefix is None


def run() -> None:
    """Run labcoat with the process's arguments, and end with its exit status."""
    from labcoat.cli import main

    status = main()
    # The output is written. Python would now free all objects one by one, which takes a tenth of
    # the time of most commands, or end with a signal that came during an import.
    os._exit(status)


if __name__ == "__main__":
    run()
