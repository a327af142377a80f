"""A program in a container: the project and its data at their own paths, the person's own user, output as it comes."""

import contextlib
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from labcoat.container.engine import client, stdin_stream, stdout_stream
from labcoat.container.engine.csv_option import csv_option
from labcoat.container.engine.run_config import RunConfig
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

OWNER = "org.labcoat.project"  # on each container: the folder it works for
# (what the engine says, what happened, what to do); {0} is the first group.
_NO_START = (
    (
        r"could not select device driver|nvidia-container-cli|unknown or invalid runtime name: nvidia",
        "The engine can give no GPU to a container.",
        "Install NVIDIA's driver and Container Toolkit, or leave out GPU.",
    ),
    (
        r"([Rr]ange of CPUs is from [\d.]+ to [\d.]+)",
        "The container did not start: {0}.",
        "Correct LABCOAT_CPUS.",
    ),
    (
        r"([Mm]inimum memory limit allowed is \w+)",
        "The container did not start: {0}.",
        "Correct LABCOAT_MEMORY.",
    ),
    (
        r"[Bb]ind for [\d.]+:(\d+) failed|listen tcp4? [\d.]+:(?:\d+).*address already in use",
        "A port of LABCOAT_PORTS is taken on this machine.",
        "End what listens there, or take another: LABCOAT_PORTS=8889:8888.",
    ),
)
_NOT_FOUND = 127  # what shells report
_GRACE = 10  # seconds from being asked to end to being ended, docker's own


def run_container(client: "DockerClient", image: str, argv: Sequence[str], where: RunConfig) -> int:
    """Run `argv` in a new container of `image`; its exit status. Standard input, interrupts and terminations are passed on.

    `argv` is the program and its arguments; what the image would start by itself is not. Raises Failure where the container
    does not start.
    """
    from docker.errors import APIError

    since = int(time.time())
    try:
        # A first process of docker's own heeds signals and reaps what is left. Some engines come without it.
        return _run(client, image, argv, _settings(where) | {"init": True}, since)
    except APIError as error:
        if "docker-init" not in str(error.explanation):
            raise _no_start(image, argv, str(error.explanation)) from None
    try:
        return _run(client, image, argv, _settings(where), since)
    except APIError as error:
        raise _no_start(image, argv, str(error.explanation)) from None


def _run(
    client: "DockerClient", image: str, argv: Sequence[str], settings: Mapping[str, Any], since: int
) -> int:
    from docker.errors import APIError

    piped = stdin_stream.has_stdin()
    container = client.containers.create(
        image, list(argv[1:]), entrypoint=[argv[0]], stdin_open=piped, **settings
    )
    try:
        output = client.api.attach(container.id, stdout=True, stderr=True, stream=True, demux=True)
        connection = stdin_stream.connect_stdin(client, container) if piped else None
        container.start()
        if connection:
            stdin_stream.forward_stdin(connection)
        with _signals_passed(container):
            started = stdout_stream.forward_stdout(output, argv[0])
            status = _exit_status(client, container, since)
            if not started and status == _NOT_FOUND:
                raise _no_program(image, argv)
            return status
    finally:
        # It removes itself when it ends; this is for when it did not start, or labcoat is interrupted first.
        with contextlib.suppress(APIError):
            container.remove(force=True)


def attached(project: Project, image: str, argv: Sequence[str], where: RunConfig) -> list[str]:
    """The command that runs `argv` in `image` at the person's terminal, or on their streams."""
    words = [
        *client.docker_command(project),
        "run",
        "--rm",
        "--interactive",
        *(["--tty"] if sys.stdin.isatty() else []),
    ]
    words += ["--user", where.user, "--workdir", str(where.root)]
    for name, value in where.environ.items():
        words += ["--env", f"{name}={value}"]
    for path in (where.root, *where.data):
        read_only = [] if path == where.root else ["readonly"]
        words += [
            "--mount",
            csv_option("type=bind", f"source={path}", f"target={path}", *read_only),
        ]
    words += [*where.limits.words(), *(["--userns", where.users] if where.users else [])]
    words += ["--network", where.network] if where.network else []
    return [*words, "--entrypoint", argv[0], image, *argv[1:]]


def _settings(where: RunConfig) -> dict[str, Any]:
    from docker.types import Mount

    mounts = [Mount(str(where.root), str(where.root), type="bind")]
    mounts += [Mount(str(path), str(path), type="bind", read_only=True) for path in where.data]
    return {
        "mounts": mounts,
        "user": where.user,
        "working_dir": str(where.root),
        "environment": dict(where.environ),
        "network_mode": where.network,
        "labels": {OWNER: str(where.root)},
        "auto_remove": True,
        "userns_mode": where.users,
    } | where.limits.settings()


def _no_start(image: str, argv: Sequence[str], said: str) -> LabcoatError:
    if argv and argv[0] in said and ("not found" in said or "no such file" in said):
        return _no_program(image, argv)
    for pattern, what, todo in _NO_START:
        if found := re.search(pattern, said):
            return LabcoatError(what.format(*found.groups()), todo)
    return LabcoatError(
        f"The container did not start: {said.splitlines()[0]}", "See to the engine's log."
    )


def _no_program(image: str, argv: Sequence[str]) -> LabcoatError:
    todo = "Correct its name, or add its package to requirements.in."
    return LabcoatError(f"The image {image} has no program {argv[0]}.", todo, status=_NOT_FOUND)


def _exit_status(client: "DockerClient", container: "Container", since: int) -> int:
    """Wait until the container has ended and is gone; its exit status.

    Asked of the engine's events, which stay: a container that removes itself may be gone before one can wait for it.
    """
    status = 0
    wanted = {"container": container.id, "event": ["oom", "die", "destroy"]}
    for event in client.events(since=since, filters=wanted, decode=True):
        if event["Action"] == "destroy":
            break
        if event["Action"] == "oom":
            print(
                "labcoat: a program ran out of the memory that its container has (LABCOAT_MEMORY)",
                file=sys.stderr,
            )
            continue
        status = int(event["Actor"]["Attributes"].get("exitCode", 1))
    return status


@contextlib.contextmanager
def _signals_passed(container: "Container") -> Iterator[None]:
    """Send the container what labcoat is sent; the second time, end it."""
    sent: list[int] = []

    def send(number: int, _frame: FrameType | None) -> None:
        # In a thread: the handler may stand in the middle of the connection that it would have to use.
        threading.Thread(
            target=_send, args=(container, signal.SIGKILL if sent else number), daemon=True
        ).start()
        sent.append(number)

    before = {
        number: signal.signal(number, send)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _send(container: "Container", number: int) -> None:
    """Send a signal. A termination that is not heeded in time becomes a kill, as with `docker stop`."""
    from docker.errors import APIError

    with contextlib.suppress(APIError):  # it has ended by itself
        container.kill(signal=number)
        if number != signal.SIGINT:
            time.sleep(_GRACE)
            container.kill()
