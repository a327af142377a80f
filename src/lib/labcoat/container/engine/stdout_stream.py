"""Forward standard output and standard error of the program in a container as they arrive."""

import os
import re
import sys
from collections.abc import Iterable
from typing import TextIO

# What docker's init process prints, in parts, if it cannot execute the program
# (github.com/krallin/tini, src/tini.c), and what runc prints without it.
_BEGINNINGS = (b"[FATAL tini (", b"exec ")
_NOT_EXECUTED = (
    r"(?:(?P<init>\[FATAL tini \(\d+\)\] )exec {0} failed|exec {0}): "
    r"(?P<why>(?i:no such file or directory|permission denied|exec format error))\n"
)


def forward_stdout(output: Iterable[tuple[bytes | None, bytes | None]], program: str) -> str:
    """Write each pair (standard output, standard error) of `output` to our own streams.

    Return why `program` could not be executed, as the system says it ("exec format error"), with
    "init: " before it if docker's init process says so; empty if it was executed.
    """
    failed = re.compile(os.fsencode(_NOT_EXECUTED.format(re.escape(program))))
    # The beginning of standard error, while it may be such an error; then None.
    start: bytes | None = b""
    for out_chunk, err_chunk in output:
        error = err_chunk
        if start is not None and error:
            start += error
            if found := failed.fullmatch(start):
                return ("init: " if found["init"] else "") + found["why"].decode().lower()
            error, start = (None, start) if _may_be_error(start) else (start, None)
        _write(out_chunk, sys.stdout)
        _write(error, sys.stderr)
    _write(start, sys.stderr)
    return ""


def _may_be_error(start: bytes) -> bool:
    return any(
        each.startswith(start) or (start.startswith(each) and b"\n" not in start)
        for each in _BEGINNINGS
    )


def _write(chunk: bytes | None, stream: TextIO) -> None:
    if chunk and stream:  # it may have been closed when Python started
        stream.buffer.write(chunk)
        stream.flush()
