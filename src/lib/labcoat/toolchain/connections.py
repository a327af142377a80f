"""Connections for urllib that look up the address of each host once.

A locker asks for fifty packages at once. As many look-ups of one name, each for a connection of its
own, are too many for some resolvers: they drop some, and the answer takes five seconds or fails.
"""

import functools
import http.client
import socket
import threading
import urllib.request
from typing import Any

_looking_up = threading.Lock()


@functools.lru_cache(maxsize=64)
def _find_addresses(host: str, port: int) -> tuple[tuple[str, int], ...]:
    """Return the addresses and ports of a host, in the order to try them. Raise OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys((str(each[4][0]), port) for each in found))


def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
    """Do what socket.create_connection does. Raise OSError."""
    with _looking_up:  # a failure is not remembered
        addresses = _find_addresses(*address)
    *others, last = addresses
    for each in others:
        try:
            return socket.create_connection(each, *args, **kwargs)
        except OSError:
            continue
    return socket.create_connection(last, *args, **kwargs)


class _Plain(http.client.HTTPConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._create_connection = connect  # what connect() calls, in Python 3.11 to 3.15


class _Encrypted(http.client.HTTPSConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._create_connection = connect


class PlainHandler(urllib.request.HTTPHandler):
    """Opens http addresses."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Return the answer."""
        return self.do_open(_Plain, req)


class EncryptedHandler(urllib.request.HTTPSHandler):
    """Opens https addresses; its `context` is that of the connections."""

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Return the answer."""
        return self.do_open(_Encrypted, req, context=self._context)  # type: ignore[attr-defined]
