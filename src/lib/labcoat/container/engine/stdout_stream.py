"""Standard output and standard error of the program in a container, handed on as they come."""

import os
import re
import sys
from collections.abc import Iterable
from typing import TextIO

# What docker's own first process says, in parts, of a program that is not there: github.com/krallin/tini, src/tini.c.
_FATAL = b"[FATAL tini ("
_NO_PROGRAM = r"\[FATAL tini \(\d+\)\] exec {} failed: No such file or directory\n"


def forward_stdout(output: Iterable[tuple[bytes | None, bytes | None]], program: str) -> bool:
    """Write what the container says as it comes, each stream to its own; whether its `program` was there to start."""
    missing = re.compile(os.fsencode(_NO_PROGRAM.format(re.escape(program))))
    held: bytes | None = (
        b""  # the first of standard error, as long as it may be docker's own process that says it, in parts
    )
    for said, complained in output:
        error = complained
        if held is not None and error:
            held += error
            if missing.fullmatch(held):
                return False
            error, held = (None, held) if _may_be_dockers(held) else (held, None)
        _write(said, sys.stdout)
        _write(error, sys.stderr)
    _write(held, sys.stderr)
    return True


def _may_be_dockers(said: bytes) -> bool:
    return _FATAL.startswith(said) or (said.startswith(_FATAL) and b"\n" not in said)


def _write(said: bytes | None, stream: TextIO) -> None:
    if said and stream:  # it may have been closed when Python started
        stream.buffer.write(said)
        stream.flush()
