"""Recognise the errors that docker and podman print, and explain them."""

import os
import re
from collections.abc import Sequence

from labcoat.core.errors import LabcoatError

# Rows of (pattern, message, hint). The fields {0}, {1} are the pattern's groups.
ErrorTable = Sequence[tuple[str, str, str]]
ENGINE_LOG = (
    "Read the engine's log: `journalctl -u docker` on Linux, "
    "the Troubleshoot menu of Docker Desktop elsewhere"
)
IMAGE_NAME_FORM = "use lowercase letters, digits and `. _ - /`, for example `team/project`"
_DAEMON_DOWN = ("Cannot connect to the Docker daemon", "error during connect")
_NO_IMAGE = (
    "No such image",
    "reference does not exist",
    "does not exist locally",
    "tag does not exist",  # containerd's image store
    "image not known",  # podman
)


def last_error_line(output: str) -> str:
    """Return the last line of `output`, without docker's pointer to its help; "" if none."""
    lines = [
        line
        for line in output.strip().splitlines()
        if line and not re.match(r"(?:See|Run) 'docker ", line)
    ]
    return lines[-1] if lines else ""


def engine_error(output: str) -> LabcoatError | None:
    """Return the error if `output` says that the engine cannot be reached, else None."""
    if "permission denied" in output and "docker.sock" in output:
        return LabcoatError(
            "permission denied to use the Docker engine",
            "Join its group (`sudo usermod -aG docker $USER`), then log in again",
        )
    if any(sign in output for sign in _DAEMON_DOWN):
        return LabcoatError(
            "cannot connect to the Docker engine",
            "Correct or unset DOCKER_HOST, or start the engine that it names"
            if os.environ.get("DOCKER_HOST")
            else "Start it: `sudo systemctl start docker`, or open Docker Desktop",
        )
    if "Cannot connect to Podman" in output:
        return LabcoatError(
            "cannot connect to podman",
            "Start it: `podman machine start`, or `systemctl --user start podman.socket`",
        )
    if found := re.search(r'context "([^"]+)": context not found', output):
        return LabcoatError(
            f"docker context `{found[1]}` does not exist",
            "Correct DOCKER_CONTEXT: `docker context ls` lists the existing contexts",
        )
    return None


def image_name_error(
    image: str, output: str, setting: str = "LABCOAT_IMAGE"
) -> LabcoatError | None:
    """Return the error if `output` says that `image`, from `setting`, is not a valid name."""
    if (
        "invalid reference format" not in output
        and "repository name must be lowercase" not in output
    ):
        return None
    return LabcoatError(f"invalid image name `{image}`", f"Correct {setting}: {IMAGE_NAME_FORM}")


def says_no_image(output: str) -> bool:
    """Whether `output` says that an image does not exist on this machine."""
    return any(sign in output for sign in _NO_IMAGE)


def missing_image_error(image: str, own: str) -> LabcoatError:
    """Return the error of an image that does not exist; the project's `own` can be built."""
    hint = "Build it with `make docker`" if image == own else "`docker images` lists what exists"
    return LabcoatError(f"image `{image}` does not exist", hint)


def explain_output(table: ErrorTable, output: str, *values: str) -> LabcoatError | None:
    """Return the error of the first row (pattern, message, hint) that matches `output`, or None.

    `values` fill the message's and the hint's fields; without any, the pattern's groups do.
    """
    for pattern, message, hint in table:
        if found := re.search(pattern, output):
            fields = values or found.groups()
            return LabcoatError(message.format(*fields), hint.format(*fields))
    return None
