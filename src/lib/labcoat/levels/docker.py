"""The image: the lock's packages, the project's files and a user, on a pinned base."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from labcoat.container.engine import client, errors, flags, local_images, versions
from labcoat.container.engine.run_config import RunConfig, make_run_config
from labcoat.container.image.labels import LOCK, STRIP
from labcoat.core import files, process
from labcoat.core.errors import LabcoatError, UnavailableError
from labcoat.core.project import Project
from labcoat.inventory import inventory
from labcoat.inventory.inventory import Inventory
from labcoat.levels.level import LevelState
from labcoat.toolchain import tool_env

ISOLATED = True
AGAIN = "make docker LABCOAT_DOCKER_FLAGS=--no-cache"
SCAFFOLD = True


def make(project: Project) -> None:
    """Build the image from the lock; where nothing changed, nothing is built. Raises Failure, and leaves what was there."""
    answer = versions.start_engine_version(project)

    from labcoat.container.context import preflight  # a third of status's time, needed only here
    from labcoat.container.image import build, image_lock

    planned = build.plan_build(project)
    version = answer()
    for remark in (*preflight.preflight_warnings(planned.context), *_of_the_engine(version)):
        print(f"labcoat: {remark}", file=sys.stderr)
    built = build.build_image(project, planned)
    if departs := image_lock.image_lock_warning(project, planned, version, built.id):
        print(f"labcoat: {departs}", file=sys.stderr)
    print(f"labcoat: image {project.image} {short(built.displayed_id)}", file=sys.stderr)


def _of_the_engine(version: str) -> Iterator[str]:
    if what := versions.unstable_settings(version):
        yield f"this engine ({version}) writes {what} into an image's settings: of two builds only the content can be equal"


def run(project: Project, argv: Sequence[str]) -> int:
    """Run `argv` in the image, in the project's folder as its owner; the exit status."""
    from labcoat.container.engine import run as containers

    tool_env.use_tools()
    check_fresh(project)
    where = _place(project)
    if client.is_podman(project):  # the SDK does not take its --userns=keep-id
        sys.stdout.flush()
        process.exec_program(
            containers.docker_run_command(project, project.image, argv, where),
            os.environ,
            "on the path",
        )
    return containers.run_container(client.sdk_client(project), project.image, argv, where)


def shell(project: Project) -> int:
    """An interactive shell in the image; its exit status."""
    from labcoat.container.engine import run as containers

    check_fresh(project)
    command = containers.docker_run_command(project, project.image, ["/bin/sh"], _place(project))
    sys.stdout.flush()
    process.exec_program(command, os.environ, "on the path")


def address(project: Project) -> str:
    """Any: a container's ports are published on the loopback alone. Where it has this machine's network, the loopback itself."""
    return "127.0.0.1" if flags.uses_host_network(project) else "0.0.0.0"  # noqa: S104


def _place(project: Project) -> RunConfig:
    """Where programs run; where the image is without byte code, what Python makes of it stays in the home between runs."""
    where = make_run_config(project)
    stripped = (
        local_images.inspect_image(
            project, project.image, f'{{{{index .Config.Labels "{STRIP}"}}}}'
        )
        or ""
    )
    kept = (
        {"PYTHONPYCACHEPREFIX": f"{where.environ['HOME']}/.cache/python"}
        if "bytecode" in stripped.split()
        else {}
    )
    return replace(where, environ={**where.environ, **kept})


def remove(project: Project) -> None:
    """Remove the image, if labcoat made it."""
    try:
        if _made_from(project):
            client.call_docker(project, "image", "rm", "--force", project.image)
    except LabcoatError as failure:  # no engine, and so nothing of ours that could be reached
        print(
            f"labcoat: {failure.message} If it holds the image {project.image}, that stays.",
            file=sys.stderr,
        )


def locks(project: Project) -> Sequence[Path]:
    """The lock alone: what development needs on top stays out of an image."""
    return (project.requirements,)


def contents(project: Project) -> Inventory | None:
    """What the image holds, asked of its own Python in a container without a network; nothing is installed for it."""
    if not identity(project):
        return None
    settings = (local_images.image_details(project, project.image) or {}).get("Config") or {}
    environ = dict(line.partition("=")[::2] for line in settings.get("Env") or ())
    prefix = environ.get("VIRTUAL_ENV", "")
    python, *words = inventory.scan_command(f"{prefix}/bin/python" if prefix else "python3", prefix)
    # The command reads from before the start on: of one that ends at once, Docker 20.10's log often has nothing to give.
    done = client.call_docker(
        project,
        "run",
        "--rm",
        "--network=none",
        "--user=0",
        f"--entrypoint={python}",
        project.image,
        *words,
    )
    try:
        stripped = (settings.get("Labels") or {}).get(STRIP, "")
        return replace(Inventory.read(done.stdout), stripped=tuple(stripped.split()))
    except ValueError:
        reason = errors.last_error_line(done.stderr) or "its Python said nothing"
        raise LabcoatError(
            f"The image {project.image} does not say what it holds: {reason}",
            "make docker builds it.",
            status=2,
        ) from None


def packages(project: Project) -> Path | None:  # noqa: ARG001
    """None: an image is not changed, but built anew."""
    return None


def brought(project: Project) -> frozenset[str]:  # noqa: ARG001
    """None."""
    return frozenset()


def made_of(project: Project) -> Mapping[str, str]:  # noqa: ARG001
    """Nothing: nobody changes it by hand."""
    return {}


def identity(project: Project) -> str:
    """The image's id; empty where there is none."""
    try:
        return local_images.inspect_image(project, project.image, "{{.Id}}") or ""
    except LabcoatError as failure:
        raise UnavailableError(failure.message, failure.hint) from None


def state(project: Project) -> LevelState:
    """Fresh, stale or missing, by the lock's digest on its label."""
    identified = identity(project)
    if not identified:
        return LevelState("missing", "make docker builds it")
    lock = project.requirements
    if not lock.is_file() or _made_from(project) != files.text_digest(lock.read_bytes()):
        return LevelState("stale", f"{lock.name} has changed")
    return LevelState("fresh", short(identified))


def check_fresh(project: Project) -> None:
    """Raises Failure unless there is an image and it was made from the lock as it is now."""
    made_from = _made_from(project)
    if made_from is None:
        raise LabcoatError(f"There is no image {project.image}.", "make docker builds it.")
    lock = project.requirements
    if not lock.is_file() or made_from != files.text_digest(lock.read_bytes()):
        raise LabcoatError(
            f"The image {project.image} was not made from {lock.name} as it is now.",
            "make docker builds it anew.",
        )


def _made_from(project: Project) -> str | None:
    """The digest of the lock that the image was made from; empty if labcoat did not make it, None if there is none."""
    label = f'{{{{index .Config.Labels "{LOCK}"}}}}'
    return local_images.inspect_image(project, project.image, label)


def short(identity: str) -> str:
    """An image's id as docker shows it: its first twelve digits."""
    return identity.removeprefix("sha256:")[:12]
