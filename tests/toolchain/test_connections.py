"""Connections of one process: each host is looked up once, and every address of it is tried."""

import socket

import pytest

from labcoat.toolchain import connections
from support.listed_index import ListedIndex


def test_a_host_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that answers is used; a failed look-up is not remembered."""
    served = ListedIndex()
    port = served.server.server_port
    asked = []

    def look_up(host: str, number: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        if len(asked) == 1:
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return [(0, 0, 0, "", (each, number)) for each in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(socket.gaierror):
        connections.connect(("x.example", port), 5)
    monkeypatch.setattr(socket, "create_connection", only_first_address)
    for _ in range(2):
        with connections.connect(("x.example", port), 5) as opened:
            assert opened.getpeername() == ("127.0.0.1", port)
    assert asked == ["x.example"] * 2
    served.stop()


def only_first_address(address: tuple[str, int], timeout: float) -> socket.socket:
    """Connect without a look-up; 127.0.0.2 does not answer."""
    if address[0] == "127.0.0.2":
        raise ConnectionRefusedError
    made = socket.socket()
    made.settimeout(timeout)
    made.connect(address)
    return made
