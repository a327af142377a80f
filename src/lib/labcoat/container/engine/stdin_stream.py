"""Standard input, handed on to the program in a container: every byte of it, and its end."""

import contextlib
import os
import select
import socket
import stat
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

_CHUNK = 1 << 16  # bytes, what a pipe holds


def has_stdin() -> bool:
    """Whether there is something to hand on: standard input is open, and neither a terminal nor the null device."""
    if sys.stdin is None:  # it was closed when Python started
        return False
    found = os.fstat(sys.stdin.fileno())
    is_null = stat.S_ISCHR(found.st_mode) and found.st_rdev == os.stat(os.devnull).st_rdev  # noqa: PTH116  # no Path has the handle
    return not is_null and not sys.stdin.isatty()


def connect_stdin(client: "DockerClient", container: "Container") -> socket.socket:
    """The connection to the standard input of a container that has not started yet, and that has one."""
    held = client.api.attach_socket(container.id, params={"stdin": 1, "stream": 1})
    # For a plain connection the SDK gives a file that only reads.
    connection: socket.socket = getattr(held, "_sock", held)
    connection.settimeout(None)  # a program may take its time with what it has before it reads on
    return connection


def forward_stdin(connection: socket.socket) -> None:
    """Begin to send standard input to `connection`. Nobody has to wait: it goes on until either side ends."""
    # A thread that holds no process back: it may stand at a pipe that nobody ever closes.
    threading.Thread(target=_copy, args=(sys.stdin.fileno(), connection), daemon=True).start()


def _copy(source: int, connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the program reads no more, or has ended
        with contextlib.suppress(OSError):  # what cannot be read any further is at its end
            while chunk := _read(source):
                connection.sendall(chunk)
        connection.shutdown(socket.SHUT_WR)


def _read(source: int) -> bytes:
    select.select([source], [], [])  # whoever made the pipe may have set it not to wait
    return os.read(source, _CHUNK)
