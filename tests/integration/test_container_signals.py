"""Signals end a program in a container at once, as at home, with and without docker's init."""

import contextlib
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from labcoat.container.engine import run
from labcoat.container.engine.run_config import RunConfig
from labcoat.core.errors import LabcoatError
from labcoat.toolchain import tool_env

_SOCKET = "/var/run/docker.sock"
ENDS = {
    "interrupted": (["sleep", "25"], signal.SIGINT, 130),
    "terminated": (["sleep", "25"], signal.SIGTERM, 143),
    "handled": (["sh", "-c", "trap 'exit 7' TERM; sleep 20 & wait"], signal.SIGTERM, 7),
}


@pytest.mark.docker
@pytest.mark.parametrize(("argv", "number", "status"), ENDS.values(), ids=ENDS.keys())
def test_signal_without_an_init_process(  # noqa: PLR0917
    argv: list[str],
    number: int,
    status: int,
    tmp_path: Path,
    base_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first program of a container never gets a signal that it does not handle."""
    tool_env.use_tools()
    import docker

    run_with = run._run

    def run_without_init(*args: Any, init: bool) -> int:
        if init:
            raise docker.errors.APIError("failed", explanation="exec: docker-init: not found")
        return run_with(*args, init=init)

    monkeypatch.setattr(run, "_run", run_without_init)
    monkeypatch.setattr("sys.stdin", None)  # pytest's has no descriptor
    config = RunConfig(root=tmp_path, user="0:0", environ={}, data=(), network="host")
    client = docker.from_env()
    mine = {"label": f"{run.OWNER}={tmp_path}", "status": "running"}

    def send_when_running() -> None:
        while not client.containers.list(filters=mine):
            time.sleep(0.1)
        time.sleep(1)
        os.kill(os.getpid(), number)

    threading.Thread(target=send_when_running, daemon=True).start()
    before = time.monotonic()
    assert run.run_container(client, base_image, argv, config) == status
    assert time.monotonic() - before < 20


@pytest.mark.docker
def test_engine_that_goes_away_is_named(
    tmp_path: Path, base_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known of the program then: it may still run."""
    tool_env.use_tools()
    import docker

    engine = docker.from_env()
    if os.environ.get("DOCKER_HOST") or not Path(_SOCKET).is_socket():
        pytest.skip("the engine has no socket here")
    proxy = _Proxy(tmp_path / "engine.sock", _SOCKET)
    monkeypatch.setattr("sys.stdin", None)
    config = RunConfig(root=tmp_path, user="0:0", environ={}, data=(), network="host")
    mine = {"label": f"{run.OWNER}={tmp_path}"}

    def close_when_running() -> None:
        while not engine.containers.list(filters=mine):
            time.sleep(0.1)
        proxy.close()

    threading.Thread(target=close_when_running, daemon=True).start()
    client = docker.DockerClient(base_url=f"unix://{proxy.path}")
    try:
        with pytest.raises(LabcoatError, match="the connection to the container engine ended"):
            run.run_container(client, base_image, ["sleep", "60"], config)
    finally:
        for container in engine.containers.list(filters=mine):
            container.remove(force=True)


class _Proxy:
    """Passes connections to a socket on, until it closes all of them at once."""

    def __init__(self, path: Path, target: str) -> None:
        self.path, self.target = path, target
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.opened: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours = self.listener.accept()[0]
                theirs = socket.socket(socket.AF_UNIX)
                theirs.connect(self.target)
                self.opened += [ours, theirs]
                for pair in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.path.unlink()
        for one in [self.listener, *self.opened]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
