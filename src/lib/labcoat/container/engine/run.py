"""Run a program in a container: mounts at their own paths, the user's id, streams forwarded."""

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
from labcoat.container.engine.errors import ENGINE_LOG, explain_output
from labcoat.container.engine.run_config import RunConfig
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

OWNER = "org.labcoat.project"  # label of each container: the project's folder
_START_ERRORS = (
    (
        r"could not select device driver|nvidia-container-cli"
        r"|unknown or invalid runtime name: nvidia",
        "the engine cannot give a GPU to a container",
        "Install NVIDIA's driver and Container Toolkit, or run without GPU",
    ),
    (
        r"([Rr]ange of CPUs is from [\d.]+ to [\d.]+)",
        "cannot start the container: {0}",
        "Correct LABCOAT_CPUS",
    ),
    (
        r"([Mm]inimum memory limit allowed is \w+)",
        "cannot start the container: {0}",
        "Correct LABCOAT_MEMORY",
    ),
    (
        r"[Bb]ind for [\d.]+:(\d+) failed|listen tcp4? [\d.]+:(?:\d+).*address already in use",
        "a port in LABCOAT_PORTS is already in use on this machine",
        "Stop the program that listens on it, or choose another: `LABCOAT_PORTS=8889:8888`",
    ),
)
_NOT_FOUND = 127  # the exit statuses that shells report
_NOT_EXECUTABLE = 126
_BY_SIGNAL = 128  # plus the signal
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_MESSAGES = (signal.SIGUSR1, signal.SIGUSR2)  # as schedulers send them before a job's end
_GRACE = 10  # seconds between SIGTERM and SIGKILL, as in `docker stop`


def run_container(
    client: "DockerClient", image: str, argv: Sequence[str], config: RunConfig
) -> int:
    """Run `argv` in a new container of `image` instead of its entrypoint; return its exit status.

    Standard input and signals are forwarded. Raise LabcoatError if the container does not start.
    """
    from docker.errors import APIError

    since = int(time.time())
    with _explain_lost_engine():
        try:
            # Docker's init process forwards signals and reaps orphans. Some engines lack it.
            options = _sdk_options(config) | {"init": True}
            return _run(client, image, argv, options, since, init=True)
        except APIError as error:
            if "docker-init" not in str(error.explanation):
                raise explain_start_error(image, argv, str(error.explanation)) from None
        try:
            return _run(client, image, argv, _sdk_options(config), since, init=False)
        except APIError as error:
            raise explain_start_error(image, argv, str(error.explanation)) from None


@contextlib.contextmanager
def _explain_lost_engine() -> Iterator[None]:
    """Raise LabcoatError if the connection to the engine ends within the block."""
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (RequestException, HTTPError, ConnectionResetError):
        raise LabcoatError(
            "the connection to the container engine ended before the program did",
            "Check the engine with `docker info`; `docker ps` shows containers that still run",
        ) from None


def _run(  # noqa: PLR0913 - each is needed
    client: "DockerClient",
    image: str,
    argv: Sequence[str],
    options: Mapping[str, Any],
    since: int,
    *,
    init: bool,
) -> int:
    from requests.exceptions import RequestException

    has_stdin = stdin_stream.has_stdin()
    container = client.containers.create(
        image, list(argv[1:]), entrypoint=[argv[0]], stdin_open=has_stdin, **options
    )
    try:
        output = client.api.attach(container.id, stdout=True, stderr=True, stream=True, demux=True)
        connection = stdin_stream.connect_stdin(client, container) if has_stdin else None
        container.start()
        if connection:
            stdin_stream.forward_stdin(connection)
        with _forward_signals(container, init=init) as ended_by:
            failure = stdout_stream.forward_stdout(output, argv[0])
            status = _wait_for_exit(client, container, since)
            if failure:
                raise explain_execution_error(image, argv, failure)
            return _BY_SIGNAL + ended_by[0] if ended_by else status
    finally:
        # It removes itself at its end, unless it did not start or labcoat is interrupted first.
        with contextlib.suppress(RequestException):
            container.remove(force=True)


def docker_run_command(
    project: Project, image: str, argv: Sequence[str], config: RunConfig
) -> list[str]:
    """Return the `docker run` command that runs `argv` in `image` on our own streams."""
    words = [
        *client.docker_command(project),
        "run",
        "--rm",
        "--interactive",
        *(["--tty"] if sys.stdin.isatty() else []),
    ]
    words += ["--user", config.user, "--workdir", str(config.root)]
    for name, value in config.environ.items():
        words += ["--env", f"{name}={value}"]
    for path in (config.root, *config.data):
        read_only = [] if path == config.root else ["readonly"]
        words += [
            "--mount",
            csv_option("type=bind", f"source={path}", f"target={path}", *read_only),
        ]
    words += config.limits.docker_options()
    words += ["--userns", config.userns] if config.userns else []
    words += ["--network", config.network] if config.network else []
    return [*words, "--entrypoint", argv[0], image, *argv[1:]]


def _sdk_options(config: RunConfig) -> dict[str, Any]:
    from docker.types import Mount

    mounts = [Mount(str(config.root), str(config.root), type="bind")]
    mounts += [Mount(str(path), str(path), type="bind", read_only=True) for path in config.data]
    return {
        "mounts": mounts,
        "user": config.user,
        "working_dir": str(config.root),
        "environment": dict(config.environ),
        "network_mode": config.network,
        "labels": {OWNER: str(config.root)},
        "auto_remove": True,
        "userns_mode": config.userns,
    } | config.limits.sdk_options()


def explain_start_error(image: str, argv: Sequence[str], explanation: str) -> LabcoatError:
    """Return the error that explains why a container of `image` did not start `argv`."""
    if (
        argv
        and argv[0] in explanation
        and ("not found" in explanation or "no such file" in explanation)
    ):
        return _missing_program_error(image, argv)
    if argv and argv[0] in explanation and "permission denied" in explanation:
        return explain_execution_error(image, argv, "permission denied")
    return explain_output(_START_ERRORS, explanation) or LabcoatError(
        f"cannot start the container: {explanation.splitlines()[0]}", ENGINE_LOG
    )


def explain_execution_error(image: str, argv: Sequence[str], failure: str) -> LabcoatError:
    """Return the error for a program that was found; `failure` is why it was not executed."""
    program = f"`{argv[0]}` in image `{image}`"
    if failure == "permission denied" or failure.endswith(": permission denied"):
        return LabcoatError(
            f"{program} may not be executed",
            f"Run `chmod +x {argv[0]}`, or name its interpreter first",
            status=_NOT_EXECUTABLE,
        )
    if failure == "no such file or directory":
        return LabcoatError(
            f"{program} names an interpreter that the image does not have",
            f"Correct the first line of {argv[0]}, or install what it names",
            status=_NOT_FOUND,
        )
    if failure.endswith("no such file or directory"):
        return _missing_program_error(image, argv)
    return LabcoatError(
        f"{program} cannot be executed: {failure.removeprefix('init: ')}",
        "A script needs an interpreter in its first line, such as `#!/bin/sh`; a compiled program "
        "must be built for the image's processor",
        status=_NOT_EXECUTABLE,
    )


def _missing_program_error(image: str, argv: Sequence[str]) -> LabcoatError:
    return LabcoatError(
        f"image `{image}` has no program `{argv[0]}`",
        "Correct its name, or install it: Python packages in requirements.in, "
        "other programs in the Dockerfile",
        status=_NOT_FOUND,
    )


def _wait_for_exit(client: "DockerClient", container: "Container", since: int) -> int:
    """Wait until the container ended and is removed; return its exit status.

    The engine keeps its events, whereas a container that removes itself may be gone too soon to
    wait for it. `since` is a time before its start, in seconds since 1970. Raise
    ConnectionResetError if the engine ends first.
    """
    status = 0
    filters = {"container": container.id, "event": ["oom", "die", "destroy"]}
    for event in client.events(since=since, filters=filters, decode=True):
        if event["Action"] == "destroy":
            break
        if event["Action"] == "oom":
            terminal.print_warning(
                "a program used more memory than its container may", "Raise LABCOAT_MEMORY"
            )
            continue
        status = int(event["Actor"]["Attributes"].get("exitCode", 1))
    else:
        raise ConnectionResetError  # the engine ends its events only if it ends itself
    return status


@contextlib.contextmanager
def _forward_signals(container: "Container", *, init: bool) -> Iterator[list[int]]:
    """Send the container the signals that labcoat receives; kill it at the second one.

    Without docker's init process the program is the first one of its container, and the kernel
    keeps every signal from it that it does not handle itself: then the container is killed, and the
    signal is in the list that the block gets.
    """
    sent: list[int] = []
    ended_by: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        # In a thread: the handler may have interrupted the connection that it would use.
        threading.Thread(
            target=_send_signal,
            args=(container, signal.SIGKILL if sent else number, None if init else ended_by),
            daemon=True,
        ).start()
        if number not in _MESSAGES:
            sent.append(number)

    # What nohup ignores stays ignored; shells ignore SIGINT and SIGQUIT for each program in the
    # background.
    before = {
        number: signal.signal(number, forward)
        for number in (*_ENDING, *_MESSAGES)
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield ended_by
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _send_signal(container: "Container", number: int, ended_by: list[int] | None) -> None:
    """Send a signal; kill the container if it survives a termination, as `docker stop` does.

    With `ended_by`, kill it at once if its program does not handle the signal, and note that.
    """
    from requests.exceptions import RequestException

    with contextlib.suppress(RequestException):  # it already ended
        if ended_by is not None and number != signal.SIGKILL and not _handles(container, number):
            ended_by.append(number)
            container.kill()
            return
        container.kill(signal=number)
        if number in (signal.SIGTERM, signal.SIGHUP):
            time.sleep(_GRACE)
            container.kill()


def _handles(container: "Container", number: int) -> bool:
    """Whether the container's program has a handler for a signal; true if that is unknown."""
    status, output = container.exec_run(["cat", "/proc/1/status"])
    caught = re.search(rb"^SigCgt:\s*([0-9a-f]+)", output or b"", re.MULTILINE)
    return status != 0 or caught is None or bool(int(caught[1], 16) >> (number - 1) & 1)
