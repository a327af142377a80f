"""Errors on standard error, in colour on a terminal.

Colour follows NO_COLOR (https://no-color.org) and FORCE_COLOR; otherwise only terminals get it.
"""

import os
import sys
from collections.abc import Iterable
from typing import TextIO

RED, CYAN = "31", "36"  # SGR codes


def print_error(message: str, hint: str = "") -> None:
    """Write `error: message` and, if there is one, `hint: hint` to standard error."""
    print(f"{_coloured('error:', RED, sys.stderr)} {message}", file=sys.stderr)
    if hint:
        print(f"{_coloured('hint:', CYAN, sys.stderr)} {hint}", file=sys.stderr)


def print_notes(lines: Iterable[str]) -> None:
    """Write lines to standard error at once, before a long task."""
    print(*lines, sep="\n", file=sys.stderr, flush=True)


def _coloured(text: str, colour: str, stream: TextIO) -> str:
    return f"\033[{colour}m{text}\033[0m" if _uses_colour(stream) else text


def _uses_colour(stream: TextIO) -> bool:
    """Return whether to write colours to `stream`. NO_COLOR wins over FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
