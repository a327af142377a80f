"""What labcoat writes to a terminal: errors with hints, warnings, progress, colour, safe text.

Colour follows NO_COLOR (https://no-color.org) and FORCE_COLOR; otherwise only terminals get it.
"""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from labcoat.core.patterns import lazy_pattern

RED, GREEN, YELLOW, CYAN, BOLD = "31", "32", "33", "36", "1"

# Controls, lone bytes of names that are not UTF-8, and marks that turn the writing direction.
_UNSAFE = lazy_pattern(
    "[\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)


def uses_colour(stream: TextIO | None) -> bool:
    """Whether to write colours to `stream`.

    NO_COLOR wins over FORCE_COLOR, and both over isatty.
    `stream` is None where the program was started with it closed.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(text: str, colour: str, stream: TextIO | None) -> str:
    """`text` in `colour` (an SGR code such as RED) where `stream` shows colours, else `text`."""
    return f"\033[{colour}m{text}\033[0m" if uses_colour(stream) else text


def print_error(message: str, hint: str = "") -> None:
    """Write `error: message` and, if there is one, `hint: hint` to standard error."""
    _print_labelled("error:", RED, message)
    print_hint(hint)


def print_warning(message: str, hint: str = "") -> None:
    """Write `warning: message` and, if there is one, `hint: hint` to standard error."""
    _print_labelled("warning:", YELLOW, message)
    print_hint(hint)


def print_hint(hint: str) -> None:
    """Write `hint: hint` to standard error; nothing for an empty one."""
    if hint:
        _print_labelled("hint:", CYAN, hint)


def _print_labelled(label: str, colour: str, text: str) -> None:
    print(
        f"{coloured(label, colour, sys.stderr)} {escape_lines(name_targets(text))}", file=sys.stderr
    )


def print_progress(message: str) -> None:
    """Write `labcoat: message`, which says what labcoat is doing, to standard error."""
    print(f"labcoat: {escape_lines(name_targets(message))}", file=sys.stderr)


def name_targets(text: str, own: str | None = None) -> str:
    """Return `text` with `make labcoat-NAME` for each target in `own`, which the project defines.

    `own` is LABCOAT_OWN, unless it is given: as make passes it, else of the Makefile here. One that
    does not include labcoat yet will have its own targets there.
    """
    if "make " not in text:
        return text
    passed = os.environ.get("LABCOAT_OWN") if own is None else own
    names = (_read_own() if passed is None else passed).split()
    if not names:
        return text
    return re.sub(rf"\bmake ({'|'.join(map(re.escape, names))})(?![\w-])", r"make labcoat-\1", text)


def _read_own() -> str:
    from labcoat.core.makefiles import read_makefile  # few messages need it

    try:
        makefile = read_makefile(Path.cwd())
    except (OSError, ValueError):
        return ""
    rules = (
        [] if makefile.has_labcoat else [name for name, recipe in makefile.rules.items() if recipe]
    )
    return " ".join([makefile.settings.get("LABCOAT_OWN", ""), *rules])


def join_some(items: Sequence[str], most: int = 5) -> str:
    """The first `most` of `items` and the number of the rest: `a, b, c and 4 more`."""
    shown = ", ".join(items[:most])
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown


def escape_control(text: str) -> str:
    """`text` with every character that could act on a terminal written as a number."""
    return _UNSAFE.sub(_escape, text)


def escape_lines(text: str) -> str:
    """`text` as `escape_control` writes it, but for line breaks and tabs."""
    return "\n".join("\t".join(map(escape_control, line.split("\t"))) for line in text.split("\n"))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # the byte that a surrogate stands for (PEP 383)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
