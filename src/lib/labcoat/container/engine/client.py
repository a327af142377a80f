"""The container engine: the command that builds, and the SDK's client that runs and reads."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

if TYPE_CHECKING:
    from docker import DockerClient

# The first podman whose cache tells two RUNs with other mounts apart, and mounts a stage that is in it (seen: 4.3 not, 5.4).
_PODMAN_CACHES = 5
_SETTINGS_REPRODUCE = (
    23  # the first Docker that takes SOURCE_DATE_EPOCH for the times in an image's settings
)
PODMAN = "podman"  # its generation
HOST_NETWORK = ("--network=host", "--net=host", "--network host", "--net host")
# sudo(8): what its options take as the next word, and what else may stand before the program.
_SUDO_VALUE = re.compile(
    r"-\w*[CDghpRrtTUu]|--(?:close-from|chdir|chroot|command-timeout|group|host|other-user|prompt|role|type|user)"
)
_SUDO_WORD = re.compile(r"-|\w+=|(?:.*/)?sudo$")


def docker_command(project: Project) -> tuple[str, ...]:
    """The words that call the engine: LABCOAT_DOCKER, one path or a command line. Raises Failure where there is none."""
    chosen = project["DOCKER"]
    words = (chosen,) if shutil.which(chosen) else project.words("DOCKER")
    if not words or not shutil.which(words[0]):
        raise LabcoatError(
            f"There is no command {words[0] if words else chosen!r}.",
            "Install Docker (docs.docker.com/engine/install), or name another engine: LABCOAT_DOCKER=podman.",
        )
    return words


def is_podman(project: Project) -> bool:
    """Whether the engine is podman, which answers to most of docker's words."""
    return _program(docker_command(project)).startswith("podman")


def _program(words: Sequence[str]) -> str:
    """The name of the program that `words` call; sudo before it is passed over, with its options and variables."""
    rest = iter(words)
    for word in rest:
        if _SUDO_VALUE.fullmatch(word):
            next(rest, "")
        elif not _SUDO_WORD.match(word):
            return word.rpartition("/")[2]
    return ""


def docker_flags(project: Project) -> tuple[str, ...]:
    """What the person adds to every build. Raises Failure where a quote is not closed."""
    return project.words("DOCKER_FLAGS")


def project_docker_flags(project: Project, epoch: int, lock: str) -> tuple[str, ...]:
    """What the engine has to be told at every build from a lock of the digest `lock`.

    Podman: to take all of docker's instructions, which time files have, and that another lock is another build, for its cache
    does not look at what a RUN has mounted.
    """
    if not is_podman(project):
        return ()
    number = re.search(r"\d+", engine_version(project))
    old = ("--no-cache",) if not number or int(number[0]) < _PODMAN_CACHES else ()
    return ("--format=docker", f"--timestamp={epoch}", f"--build-arg=LOCKED={lock}", *old)


def tidy_engine_output(project: Project, folder: str) -> dict[str, str]:
    """Variables that have docker's builder leave in `folder` what it does not take away when it is ended.

    None for podman, which keeps its cache where it has its temporary files.
    """
    return {} if is_podman(project) else {"TMPDIR": folder}


def host_network(project: Project) -> bool:
    """Whether the person asked for the network of this machine."""
    given = " ".join(docker_flags(project))
    return any(form in given for form in HOST_NETWORK)


def call_docker(project: Project, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the engine's command with `words`. Raises Failure where the engine is stopped."""
    return _begun(project, *words)()


def _begun(project: Project, *words: str) -> Callable[[], "subprocess.CompletedProcess[str]"]:
    """The same, begun now and not waited for before what is returned is called."""
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        [*docker_command(project), *words], stdout=pipe, stderr=pipe, text=True
    )

    def ended() -> "subprocess.CompletedProcess[str]":
        with child, process.terminate_on_exit(child):
            out, error = child.communicate()
        if child.returncode and (failure := is_engine_stopped(error)):
            raise failure
        return subprocess.CompletedProcess(child.args, child.returncode, out, error)

    return ended


def query_docker(project: Project, *words: str) -> str | None:
    """What the engine's command answers to `words`; None where it refuses. Raises Failure where it is stopped."""
    done = call_docker(project, *words)
    return None if done.returncode else done.stdout.strip()


def inspect_image(
    project: Project, image: str, form: str, setting: str = "LABCOAT_IMAGE"
) -> str | None:
    """What the engine says of `image`, in docker's `form`; None where there is none. Raises Failure where it is no name."""
    done = call_docker(project, "image", "inspect", "--format", form, image)
    if failure := is_misnamed_engine(image, done.stderr, setting):
        raise failure
    return None if done.returncode else done.stdout.strip()


def image_details(project: Project, image: str) -> dict[str, Any] | None:
    """All that the engine says of `image`; None where there is none. Raises Failure where it is no name."""
    done = call_docker(project, "image", "inspect", image)
    if failure := is_misnamed_engine(image, done.stderr):
        raise failure
    found: list[dict[str, Any]] = [] if done.returncode else json.loads(done.stdout)
    return found[0] if found else None


def engine_version(project: Project) -> str:
    """The engine's version, as `26.1.5`, or `podman 5.4.2`."""
    return engine_version_ahead(project)()


def engine_version_ahead(project: Project) -> Callable[[], str]:
    """The same, asked now; what is returned waits for the answer."""
    ended = _begun(project, "version", "--format", "{{.Server.Version}}")

    def answer() -> str:
        done = ended()
        return (f"{PODMAN} " if is_podman(project) else "") + (
            "" if done.returncode else done.stdout.strip()
        )

    return answer


@dataclass(frozen=True)
class Image:
    """What the engine knows of an image that is here: its id, its names by digest, and its instructions for its children."""

    identity: str
    digests: tuple[str, ...]
    triggers: tuple[str, ...]


def images_ahead(project: Project, names: Iterable[str]) -> Callable[[], dict[str, Image]]:
    """Those of the images `names` that are here, asked now; what is returned waits for the answer."""
    form = "{{.Id}}\n{{json .RepoDigests}}\n{{json .Config}}"  # podman's settings have no OnBuild to name here
    asked = {name: _begun(project, "image", "inspect", "--format", form, name) for name in names}

    def answer() -> dict[str, Image]:
        answers = {name: ended() for name, ended in asked.items()}
        return {
            name: _image(*done.stdout.split("\n")[:3])
            for name, done in answers.items()
            if not done.returncode
        }

    return answer


def _image(identity: str, digests: str, settings: str) -> Image:
    return Image(
        identity, tuple(json.loads(digests) or ()), tuple(json.loads(settings).get("OnBuild") or ())
    )


def generation(version: str) -> str:
    """Engines of one generation write the same layers for the same files. `version` is as the function of that name has it."""
    kind, _, number = version.rpartition(" ")
    return kind or ("docker before 23" if _is_old(number) else "docker")


def never_the_same(version: str) -> str:
    """What an engine writes into an image's settings that is another one each time; empty where there is nothing."""
    kind, _, number = version.rpartition(" ")
    return (
        "the ids of its containers" if kind else "the time of the build" if _is_old(number) else ""
    )


def _is_old(number: str) -> bool:
    major = re.match(r"\d+", number)
    return major is not None and int(major[0]) < _SETTINGS_REPRODUCE


def engine_error_line(said: str) -> str:
    """The last line of what the command `said`, its pointer to the help passed over; empty where it said nothing."""
    lines = [
        line
        for line in said.strip().splitlines()
        if line and not re.match(r"(?:See|Run) 'docker ", line)
    ]
    return lines[-1] if lines else ""


def is_engine_stopped(said: str) -> LabcoatError | None:
    """The failure of an engine that cannot be reached, if that is what the command `said`."""
    if "permission denied" in said and "docker.sock" in said:
        return LabcoatError(
            "You may not use the Docker engine.",
            "Join its group (sudo usermod -aG docker $USER) and log in again.",
        )
    if any(
        sign in said
        for sign in (
            "Cannot connect to the Docker daemon",
            "error during connect",
            "Cannot connect to Podman",
        )
    ):
        return LabcoatError(
            "The Docker engine does not answer.",
            "Start it (sudo systemctl start docker, or Docker Desktop).",
        )
    if found := re.search(r'context "([^"]+)": context not found', said):
        return LabcoatError(
            f"There is no docker context {found[1]}.",
            "Correct DOCKER_CONTEXT: docker context ls shows those there are.",
        )
    return None


def is_misnamed_engine(
    image: str, said: str, setting: str = "LABCOAT_IMAGE"
) -> LabcoatError | None:
    """The failure of an image's name that is none, if that is what the command `said`."""
    if "invalid reference format" not in said and "repository name must be lowercase" not in said:
        return None
    form = "lower-case letters, digits, and . _ - / within, such as team/project"
    return LabcoatError(f"{image} is no name for an image.", f"Correct {setting}: {form}.")


def sdk_client(project: Project) -> "DockerClient":
    """The SDK's client of the engine that the command talks to, docker's. Raises Failure where it cannot be reached."""
    import docker

    from_environment = bool(os.environ.get("DOCKER_HOST"))
    try:
        return (
            docker.from_env()
            if from_environment
            else docker.DockerClient(base_url=_address(project), version="auto")
        )
    except docker.errors.DockerException as error:
        raise is_engine_stopped(f"error during connect: {error}") or error from error


def _address(project: Project) -> str:
    """Where the engine listens. The SDK does not know of docker's contexts."""
    return (
        query_docker(project, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        or "unix:///var/run/docker.sock"
    )
