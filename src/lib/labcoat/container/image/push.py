"""The image in a registry, for one platform or several."""

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from labcoat.container.base_images import pins
from labcoat.container.engine import client
from labcoat.container.engine.build_errors import builders, explain_build_error
from labcoat.container.engine.build_progress import BuildProgress
from labcoat.container.engine.image_reference import repository_of
from labcoat.container.image import build
from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

_DIGEST = re.compile(
    r"digest: (sha256:[0-9a-f]{64})|pushing manifest for \S+@(sha256:[0-9a-f]{64})"
)
# (what to look for, what happened, what to do), the first that is found counts; {0} is the registry.
_PLATFORMS = (
    (
        r"[Mm]ulti(?:-|ple )platform.*not supported|not supported for the docker driver",
        "This builder builds for its own platform only.",
        "Make one that can (docker buildx create --use), or leave out LABCOAT_PLATFORMS.",
    ),
    (
        r"is not a docker command|unknown (?:shorthand )?flag",
        "Building for several platforms needs buildx, which is not there.",
        "Install docker's buildx plugin (docs.docker.com/go/buildx), or leave out LABCOAT_PLATFORMS.",
    ),
    (
        r"exec format error|no match for platform|does not provide any platform",
        "Not all of LABCOAT_PLATFORMS can be built here.",
        "Install their emulation (docker run --privileged tonistiigi/binfmt --install all), or leave them out.",
    ),
    (
        r"unknown operating system or architecture|invalid platform|failed to parse platform",
        "LABCOAT_PLATFORMS names a platform that is none.",
        "Write it as in LABCOAT_PLATFORMS=linux/amd64,linux/arm64.",
    ),
)
_REGISTRY = (
    (
        r"denied|unauthorized|no basic auth|authentication required",
        "The registry {0} refuses it.",
        "Log in (docker login {0}) as somebody who may push there, and see to LABCOAT_IMAGE.",
    ),
    (
        r"no such host|connection refused|i/o timeout|network is unreachable",
        "The registry {0} cannot be reached.",
        "See to the network, and to LABCOAT_IMAGE, which begins with the registry's address.",
    ),
    (
        r"HTTP response to HTTPS client",
        "The registry {0} speaks plain HTTP.",
        "Give it a certificate, or name it in insecure-registries of the engine's daemon.json.",
    ),
)


def push_image(project: Project) -> str:
    """Push the image that was built, or build it for LABCOAT_PLATFORMS and push that; its name by digest. Raises Failure."""
    environ = os.environ | {"BUILDKIT_PROGRESS": "plain", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    with tempfile.TemporaryDirectory(prefix="labcoat-") as folder:
        answer, room = Path(folder) / "digest", Path(folder) / "context"
        if project["PLATFORMS"]:
            planned = build.plan_build(project)
            environ |= {**planned.secrets.environ, **client.tidy_engine_output(project, folder)}
            words, given = _platforms(project, planned, room)
        else:
            words, given = _alone(project, answer), None
        outcome = process.run_process(
            [*client.docker_command(project), *words],
            environ,
            project.root,
            show=_show(project),
            given=given,
        )
        if outcome.status:
            raise _explained(project, outcome.output)
        told = answer.read_text(encoding="utf-8").strip() if answer.is_file() else ""
    found = _DIGEST.search(outcome.output)
    digest = told or ((found[1] or found[2]) if found else "")
    # Some builders do not say the digest; then the registry is asked.
    return f"{repository_of(project.image)}@{digest or pins.resolve_digest(project, project.image)}"


def _alone(project: Project, answer: Path) -> list[str | Path]:
    """The words that push what was built; podman writes the digest to the file `answer`, docker says it."""
    return [
        "push",
        *(["--digestfile", str(answer)] if client.is_podman(project) else []),
        project.image,
    ]


def registry_of(image: str) -> str:
    """The host of the registry in an image's name, as docker reads it."""
    first, slash, _ = image.partition("/")
    return (
        first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"
    )


def _platforms(
    project: Project, planned: build.BuildPlan, room: Path
) -> tuple[list[str | Path], build.Given]:
    sent, given = build.build_context(
        project, replace(planned, platforms=tuple(project["PLATFORMS"].split(","))), room
    )
    return [
        "buildx",
        "build",
        *planned.words(),
        "--platform",
        project["PLATFORMS"],
        "--push",
        *sent,
    ], given


def _show(project: Project) -> Callable[[str], bool]:
    return BuildProgress().show if project["PLATFORMS"] else process.show_all


def _explained(project: Project, said: str) -> LabcoatError:
    log = files.state_folder(project.state) / "push.log"
    files.write_file(log, said)
    own = builders(said)
    if failure := client.is_engine_stopped(own) or client.is_misnamed_engine(project.image, own):
        return failure
    if (
        "does not exist locally" in said or "tag does not exist" in said
    ):  # the second is of containerd's store
        return LabcoatError(f"There is no image {project.image}.", "make docker builds it.")
    host = registry_of(project.image)
    for pattern, what, todo in _PLATFORMS if project["PLATFORMS"] else ():
        if re.search(pattern, said):
            return LabcoatError(what, todo)
    if project["PLATFORMS"] and "pushing" not in said:
        return explain_build_error(said, log)  # it was the build that failed
    for pattern, what, todo in _REGISTRY:
        if re.search(pattern, said):
            return LabcoatError(what.format(host), todo.format(host))
    return LabcoatError(f"{project.image} could not be pushed.", f"All that was said is in {log}.")
