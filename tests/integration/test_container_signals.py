"""Signals end a program in a container at once, as at home, with and without docker's init."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from labcoat.container.engine import run
from labcoat.container.engine.run_config import RunConfig
from labcoat.toolchain import tool_env

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
