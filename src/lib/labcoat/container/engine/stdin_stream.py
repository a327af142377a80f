"""Forward standard input to the program in a container, up to its end."""

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

_CHUNK = 1 << 16  # bytes, the capacity of a pipe


def has_stdin() -> bool:
    """Whether standard input is open and neither a terminal nor the null device."""
    if sys.stdin is None:  # closed when Python started
        return False
    status = os.fstat(sys.stdin.fileno())
    null = os.stat(os.devnull)  # noqa: PTH116  # like fstat
    is_null = stat.S_ISCHR(status.st_mode) and status.st_rdev == null.st_rdev
    return not is_null and not sys.stdin.isatty()


def connect_stdin(client: "DockerClient", container: "Container") -> socket.socket:
    """Return a connection to the standard input of a container that has not started yet."""
    attached = client.api.attach_socket(container.id, params={"stdin": 1, "stream": 1})
    # Over a plain connection the SDK returns a read-only file around the socket.
    connection: socket.socket = getattr(attached, "_sock", attached)
    connection.settimeout(None)  # the program may pause between two reads
    return connection


def forward_stdin(connection: socket.socket) -> None:
    """Start to send standard input to `connection` in the background, until either side ends."""
    # A daemon thread, because it may block on a pipe that never closes.
    threading.Thread(target=_copy, args=(sys.stdin.fileno(), connection), daemon=True).start()


def _copy(source: int, connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the program stopped reading, or ended
        with contextlib.suppress(OSError):  # an unreadable source counts as its end
            while chunk := _read_chunk(source):
                connection.sendall(chunk)
        connection.shutdown(socket.SHUT_WR)


def _read_chunk(source: int) -> bytes:
    select.select([source], [], [])  # another process may have made the pipe non-blocking
    return os.read(source, _CHUNK)
