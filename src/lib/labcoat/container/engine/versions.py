"""The engine's version, and what follows from it for reproducible images."""

import re
from collections.abc import Callable

from labcoat.container.engine import client
from labcoat.core.project import Project

# The first Docker that uses SOURCE_DATE_EPOCH for the times in an image's settings.
_REPRODUCIBLE_SETTINGS = 23
PODMAN = "podman"  # its layer format


def engine_version(project: Project) -> str:
    """Return the engine's version, for example `26.1.5` or `podman 5.4.2`."""
    return start_engine_version(project)()


def start_engine_version(project: Project) -> Callable[[], str]:
    """Ask the engine for its version; return a function that waits for the answer."""
    wait = client.start_docker(project, "version", "--format", "{{.Server.Version}}")

    def version() -> str:
        done = wait()
        number = "" if done.returncode else done.stdout.strip()
        return f"{PODMAN} {number}" if client.is_podman(project) else number

    return version


def layer_format(version: str) -> str:
    """Return the name that all engines share which write identical layers for identical files.

    `version` is a value of `engine_version`.
    """
    kind, _, number = version.rpartition(" ")
    return kind or ("docker before 23" if _is_old_docker(number) else "docker")


def unstable_settings(version: str) -> str:
    """Return what this engine writes differently into the settings of each image; "" if nothing."""
    kind, _, number = version.rpartition(" ")
    if kind:
        return "the ids of its containers"
    return "the time of the build" if _is_old_docker(number) else ""


def _is_old_docker(number: str) -> bool:
    major = re.match(r"\d+", number)
    return major is not None and int(major[0]) < _REPRODUCIBLE_SETTINGS
