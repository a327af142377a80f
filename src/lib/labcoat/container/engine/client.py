"""Call the container engine: docker's or podman's command, and the SDK's client."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from labcoat.container.engine.errors import engine_error
from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project

if TYPE_CHECKING:
    from docker import DockerClient

# sudo(8): its options with a value, and the other words that may precede the program.
_SUDO_VALUE = lazy_pattern(
    r"-\w*[CDghpRrtTUu]|--(?:close-from|chdir|chroot|command-timeout|group|host|other-user|prompt"
    r"|role|type|user)"
)
_SUDO_WORD = lazy_pattern(r"-|\w+=|(?:.*/)?sudo$")


def docker_command(project: Project) -> tuple[str, ...]:
    """Return the words that call the engine, from LABCOAT_DOCKER: one path or a command line.

    Raise LabcoatError if the command does not exist.
    """
    setting = project["DOCKER"]
    words = (setting,) if shutil.which(setting) else project.words("DOCKER")
    if not words or not shutil.which(words[0]):
        raise LabcoatError(
            f"command `{words[0] if words else setting}` not found",
            "Install Docker (docs.docker.com/engine/install), or choose another engine: "
            "`LABCOAT_DOCKER=podman`",
        )
    return words


def is_podman(project: Project) -> bool:
    """Whether the engine is podman, which accepts most of docker's commands."""
    return _program_name(docker_command(project)).startswith("podman")


def _program_name(words: Sequence[str]) -> str:
    """Return the name of the program that `words` call, after sudo with options and variables."""
    rest = iter(words)
    for word in rest:
        if _SUDO_VALUE.fullmatch(word):
            next(rest, "")
        elif not _SUDO_WORD.match(word):
            return word.rpartition("/")[2]
    return ""


def call_docker(project: Project, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the engine's command with `words`. Raise LabcoatError if the engine is unreachable."""
    return start_docker(project, *words)()


def start_docker(project: Project, *words: str) -> Callable[[], "subprocess.CompletedProcess[str]"]:
    """Start the engine's command with `words`; return a function that waits for its result."""
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        [*docker_command(project), *words], stdout=pipe, stderr=pipe, text=True
    )

    def wait() -> "subprocess.CompletedProcess[str]":
        with child, process.terminate_on_exit(child):
            out, error = child.communicate()
        if child.returncode and (failure := engine_error(error)):
            raise failure
        return subprocess.CompletedProcess(child.args, child.returncode, out, error)

    return wait


def query_docker(project: Project, *words: str) -> str | None:
    """Return what the engine's command prints for `words`, stripped; None if it fails.

    Raise LabcoatError if the engine is unreachable.
    """
    done = call_docker(project, *words)
    return None if done.returncode else done.stdout.strip()


def sdk_client(project: Project) -> "DockerClient":
    """Return an SDK client of the engine that docker's command talks to.

    Raise LabcoatError if the engine is unreachable.
    """
    import docker

    from_environment = bool(os.environ.get("DOCKER_HOST"))
    try:
        return (
            docker.from_env()
            if from_environment
            else docker.DockerClient(base_url=_engine_address(project), version="auto")
        )
    except docker.errors.DockerException as error:
        raise engine_error(f"error during connect: {error}") or error from error


def _engine_address(project: Project) -> str:
    """Return the address that the engine listens on; the SDK ignores docker's contexts."""
    return (
        query_docker(project, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        or "unix:///var/run/docker.sock"
    )
