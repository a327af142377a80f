"""Readers of what labcoat prints who have seen enough, as in `labcoat check | head -1`."""

import os
import signal
import sys

HUNG_UP = 128 + signal.SIGPIPE  # what shells report of a program that wrote on


def flush_output() -> None:
    """Write what is still kept back. Raises BrokenPipeError where nobody reads it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # it was closed when Python started
            stream.flush()


def discard_output() -> None:
    """Let go of what nobody reads; Python would try once more at its end, and complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
