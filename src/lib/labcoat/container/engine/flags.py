"""The flags of every `docker build`: the user's, and those that podman needs."""

import re

from labcoat.container.engine import client
from labcoat.container.engine.versions import engine_version
from labcoat.core.project import Project

HOST_NETWORK = ("--network=host", "--net=host", "--network host", "--net host")
# The first podman whose cache distinguishes RUNs with different mounts and can mount a cached
# stage, and has networks for each: 4.3 does not, 5.4 does.
_CACHING_PODMAN = 5


def docker_flags(project: Project) -> tuple[str, ...]:
    """Return LABCOAT_DOCKER_FLAGS as words. Raise LabcoatError if a quote is not closed."""
    return project.words("DOCKER_FLAGS")


def podman_flags(project: Project, epoch: int, lock: str) -> tuple[str, ...]:
    """Return the flags that podman needs for a reproducible build; none for docker.

    They select docker's image format, set file times to `epoch` (seconds since 1970), and pass the
    digest `lock`, because podman's cache ignores the files that a RUN mounts.
    """
    if not client.is_podman(project):
        return ()
    uncached = _is_early_podman(project)
    return (
        "--format=docker",
        f"--timestamp={epoch}",
        f"--build-arg=LOCKED={lock}",
        *(("--no-cache",) if uncached else ()),
    )


def adapt_dockerfile(project: Project, text: bytes) -> bytes:
    """Return the `text` of labcoat's Dockerfile without what the engine does not know.

    podman 4.3 refuses `RUN --network=none`: there, scripts of Debian packages have a network.
    """
    if client.is_podman(project) and _is_early_podman(project):
        return text.replace(b"\nRUN --network=none ", b"\nRUN ")
    return text


def _is_early_podman(project: Project) -> bool:
    major = re.search(r"\d+", engine_version(project))
    return not major or int(major[0]) < _CACHING_PODMAN


def builder_tmpdir(project: Project, folder: str) -> dict[str, str]:
    """Return variables that make docker's builder keep its temporary files in `folder`.

    An interrupted builder leaves them behind. Empty for podman, whose cache is in TMPDIR.
    """
    return {} if client.is_podman(project) else {"TMPDIR": folder}


def uses_host_network(project: Project) -> bool:
    """Whether LABCOAT_DOCKER_FLAGS ask for this machine's network."""
    flags = " ".join(docker_flags(project))
    return any(form in flags for form in HOST_NETWORK)
