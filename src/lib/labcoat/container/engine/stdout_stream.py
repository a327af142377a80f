"""Forward standard output and standard error of the program in a container as they arrive."""

import os
import re
import sys
from collections.abc import Iterable
from typing import TextIO

# What docker's init process prints, in parts, if the program does not exist:
# github.com/krallin/tini, src/tini.c.
_TINI_ERROR = b"[FATAL tini ("
_NO_PROGRAM = r"\[FATAL tini \(\d+\)\] exec {} failed: No such file or directory\n"


def forward_stdout(output: Iterable[tuple[bytes | None, bytes | None]], program: str) -> bool:
    """Write each pair (standard output, standard error) of `output` to our own streams.

    Return False if docker's init process reports that `program` does not exist.
    """
    missing = re.compile(os.fsencode(_NO_PROGRAM.format(re.escape(program))))
    # The beginning of standard error, while it may be an error of the init process; then None.
    start: bytes | None = b""
    for out_chunk, err_chunk in output:
        error = err_chunk
        if start is not None and error:
            start += error
            if missing.fullmatch(start):
                return False
            error, start = (None, start) if _may_be_tini(start) else (start, None)
        _write(out_chunk, sys.stdout)
        _write(error, sys.stderr)
    _write(start, sys.stderr)
    return True


def _may_be_tini(start: bytes) -> bool:
    return _TINI_ERROR.startswith(start) or (start.startswith(_TINI_ERROR) and b"\n" not in start)


def _write(chunk: bytes | None, stream: TextIO) -> None:
    if chunk and stream:  # it may have been closed when Python started
        stream.buffer.write(chunk)
        stream.flush()
