"""Readers of the output that stop reading, as in `labcoat check | head -1`."""

import os
import signal
import sys

HUNG_UP = 128 + signal.SIGPIPE  # as shells report a program that wrote to a closed pipe


def flush_output() -> None:
    """Write what is still buffered. Raise BrokenPipeError if the reader has gone."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # None if it was closed when Python started
            stream.flush()


def discard_output() -> None:
    """Discard what cannot be written; Python would try again at exit, and complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
