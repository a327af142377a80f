"""Compare byte code with its source. Runs as text in an installed Python of the same version.

Standard input is a JSON list of [source, byte code, optimization level]; the output has a line for
each: `ok` if Python would not read the byte code, or if it is what the source compiles to. It works
on Python 3.8. The names of files in code objects are not compared: Python replaces them.
"""

from __future__ import annotations

import importlib.util
import json
import marshal
import os
import resource
import stat
import struct
import sys
import types
import warnings
from typing import Any

MOST = 1 << 26
_MEMORY = 1 << 32
_SECONDS = 500
_ATTRIBUTES = [
    name
    for name in [
        "co_name",
        "co_qualname",
        "co_argcount",
        "co_posonlyargcount",
        "co_kwonlyargcount",
        "co_nlocals",
        "co_stacksize",
        "co_flags",
        "co_firstlineno",
        "co_code",
        "co_names",
        "co_varnames",
        "co_freevars",
        "co_cellvars",
        "co_linetable",
        "co_exceptiontable",
        "co_consts",
    ]
    if hasattr(types.CodeType, name)
]


def read_regular(path: str) -> tuple[bytes, os.stat_result]:
    """Return a regular file and its status. Raise OSError for anything else."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST:
            raise OSError("not a regular file")
        return file.read(MOST), found


def is_same(first: Any, second: Any) -> bool:
    """Return whether two constants are equal in type and value, code in all that runs."""
    waiting = [(first, second)]
    while waiting:
        one, other = waiting.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, types.CodeType):
            waiting += [(getattr(one, name), getattr(other, name)) for name in _ATTRIBUTES]
        elif isinstance(one, tuple):
            if len(one) != len(other):
                return False
            waiting += zip(one, other)
        elif isinstance(one, frozenset):
            if len(one) != len(other):
                return False
            # Their order depends on the process.
            waiting += zip(sorted(one, key=_order), sorted(other, key=_order))
        elif isinstance(one, slice):
            waiting += zip((one.start, one.stop, one.step), (other.start, other.stop, other.step))
        elif isinstance(one, float):
            if struct.pack("d", one) != struct.pack("d", other):
                return False
        elif isinstance(one, complex):
            waiting += [(one.real, other.real), (one.imag, other.imag)]
        elif one != other:
            return False
    return True


def _order(value: Any) -> tuple[str, str]:
    if isinstance(value, frozenset):
        return "frozenset", repr(sorted(map(_order, value)))
    return type(value).__name__, repr(value)


def is_harmless(source: str, compiled: str, level: int) -> bool:
    """Return whether byte code is out of date, so that Python ignores it, or the source's own."""
    data, _ = read_regular(compiled)
    text, status = read_regular(source)
    return judge(data, text, int(status.st_mtime), source, level) != "differs"


def judge(data: bytes, text: bytes, time: int, source: str, level: int) -> str:
    """Return `ok` if byte code is what its source compiles to, `stale` if Python ignores it."""
    if data[:4] != importlib.util.MAGIC_NUMBER or len(data) < 16:
        return "stale"
    flags = int.from_bytes(data[4:8], "little")
    if flags & ~3:
        return "stale"
    if not flags & 1:
        stated = int.from_bytes(data[8:12], "little"), int.from_bytes(data[12:16], "little")
        if stated != (time & 0xFFFFFFFF, len(text) & 0xFFFFFFFF):
            return "stale"
    found = marshal.loads(data[16:])  # noqa: S302 - in a process of its own, and nothing runs it
    expected = compile(text, source, "exec", dont_inherit=True, optimize=level)
    return "ok" if is_same(found, expected) else "differs"


def limit_resources() -> None:
    """Limit the time and the memory of this process, which damaged byte code could use up."""
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def main() -> None:
    """Print a line for each pair in the standard input."""
    limit_resources()
    warnings.simplefilter("ignore")
    for source, compiled, level in json.load(sys.stdin):
        try:
            verdict = "ok" if is_harmless(source, compiled, level) else "differs"
        except Exception:  # noqa: BLE001 - whatever damaged byte code causes
            verdict = "unreadable"
        print(verdict, flush=True)


if __name__ == "__main__":
    main()
