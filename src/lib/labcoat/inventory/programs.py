"""Digests of programs in bin: which function they start, or their text.

It imports only the standard library and works on Python 3.8: it runs in images too (scan.py).
"""

from __future__ import annotations

import hashlib
import re
import shlex
from typing import Callable, List

# The first line as the kernel reads it (execve(2)): after `#!` one path without white space, then
# the end of the line. More words are arguments, and a carriage return is part of the path. A path
# that is long or has a space is in a line for sh. If the program declares an encoding, uv repeats
# that before it, and writes the path as octal numbers.
_EXEC = rb"\"\$0\" \"\$@\"\n' '''"
_HEAD = re.compile(
    rb"\A#!(?:/bin/sh\n'''exec' (?P<quoted>[^\n]+?) " + _EXEC + rb"|/bin/sh\n# coding: (?P<coding>"
    rb"[\w.-]+)\n'''exec' \"\$\(printf %b(?P<octal>(?: '\\'0[0-3][0-7]{2})+)\)\" " + _EXEC
    + rb"|(?P<plain>/[^\s\0]*))\n", re.ASCII,
)  # fmt: skip
# Source: https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations.
_CODING = re.compile(rb"[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_START = r"(?:# -\*- coding: utf-8 -\*-\n)?(?:import re\n)?import sys\n"
_IMPORT = r"from (?P<module>[\w.]+) import (?P<name>\w+)\n"
_MAIN = r"if __name__ == (?:'__main__'|\"__main__\"):\n"
_ARGV = (
    r"    sys\.argv\[0\] = re\.sub\(r'\(-script\\\.pyw\??\|\\\.exe\)\?\$', '', sys\.argv\[0\]\)\n",
    r"    sys\.argv\[0\] = sys\.argv\[0\]\.removesuffix\('\.exe'\)\n",
    r"    if sys\.argv\[0\]\.endswith\('\.exe'\):\n"
    r"        sys\.argv\[0\] = sys\.argv\[0\]\[:-4\]\n",
    r"    if sys\.argv\[0\]\.endswith\(\"-script\.pyw\"\):\n"
    r"        sys\.argv\[0\] = sys\.argv\[0\]\[:-11\]\n"
    r"    elif sys\.argv\[0\]\.endswith\(\"\.exe\"\):\n"
    r"        sys\.argv\[0\] = sys\.argv\[0\]\[:-4\]\n",
)
_EXIT = r"    sys\.exit\((?P<function>[\w.]+)\(\)\)\n?"
# The programs that pip, uv and conda generate: the import precedes the condition or is inside it.
_IMPORT_WITHIN = r"    from (?P<module2>[\w.]+) import (?P<name2>\w+)\n"
_GENERATED = re.compile(
    f"{_START}\n?(?:{_IMPORT}\n?{_MAIN}|{_MAIN}{_IMPORT_WITHIN})(?:{'|'.join(_ARGV)}){_EXIT}"
)


def entry_point_digest(module: str, function: str) -> str:
    """Return the digest of any program that calls `function` of `module`."""
    return hashlib.sha256(f"entry point {module}:{function}".encode()).hexdigest()


def script_digest(data: bytes, is_own: Callable[[str], bool]) -> str:
    """Return the digest of a program in bin.

    `is_own` tells whether an interpreter's path is the environment's.
    """
    head = _HEAD.match(data)
    if not head or not any(is_own(one) for one in _parse_shebang(head)):
        return hashlib.sha256(data).hexdigest()
    rest = data[head.end() :]
    if head["coding"] and not _declares(rest, head["coding"]):
        return hashlib.sha256(data).hexdigest()
    found = _GENERATED.fullmatch(rest.decode("utf-8", "replace"))
    if not found:
        return hashlib.sha256(b"#!python\n" + rest).hexdigest()
    module, name = (found.group(one) or found.group(one + "2") for one in ("module", "name"))
    function = found.group("function")
    if function.split(".")[0] != name:
        return hashlib.sha256(data).hexdigest()
    return entry_point_digest(module, function)


def _declares(rest: bytes, coding: bytes) -> bool:
    """Whether a program without its first line declares this encoding, in what is its second."""
    found = _CODING.match(rest)
    return found is not None and found[1].lower() == coding.lower()


def _parse_shebang(head: re.Match[bytes]) -> List[str]:
    """Return the interpreter that a program's first lines start; empty if they are unusual.

    Installers quote a path in a line for sh, so that only the path itself may be in the quotes.
    """
    octal = bytes(int(one, 8) for one in re.findall(rb"[0-7]{4}", head["octal"] or b""))
    quoted, plain = (
        (part or b"").decode("utf-8", "surrogateescape")
        for part in (head["quoted"], head["plain"] or octal)
    )
    if plain:
        return [plain]
    try:
        words = shlex.split(quoted)
    except ValueError:
        return []
    forms = (words[0], '"%s"' % words[0], shlex.quote(words[0])) if words else ()
    return [words[0]] if quoted in forms else []
