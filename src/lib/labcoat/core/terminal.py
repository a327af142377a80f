"""Names and texts of a repository made fit for a terminal or a file: nothing in them can act on either."""

import re

# Controls, lone bytes of names that are not UTF-8, and the marks that turn the direction of writing.
_UNFIT = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)


def escape_control(text: str) -> str:
    """The text, with whatever could act on a terminal written as a number."""
    return _UNFIT.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # the byte that it stands for
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
