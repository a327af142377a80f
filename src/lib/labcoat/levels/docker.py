"""The image: the lock's packages, the project's files and a user, on a pinned base image."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from labcoat.apt import apt_lock
from labcoat.container.engine import (
    client,
    errors,
    flags,
    local_images,
    resources,
    versions,
)
from labcoat.container.engine.run_config import RunConfig, make_run_config
from labcoat.container.image.built_images import is_own_build
from labcoat.container.image.labels import LOCK, SOURCES, STRIP, SYSTEM
from labcoat.core import files, process, reading, terminal
from labcoat.core.errors import LabcoatError, UnavailableError
from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.inventory.inventory import Inventory
from labcoat.levels import python_variables, sources
from labcoat.levels.level import Level, LevelState
from labcoat.sources import local_tree
from labcoat.sources.sources_file import LockedSource
from labcoat.toolchain import tool_env

if TYPE_CHECKING:
    from labcoat.system.records import SystemSurvey


class DockerLevel(Level):
    """The image that LABCOAT_IMAGE names, run by the engine in LABCOAT_DOCKER."""

    is_editable = False
    needs_dockerfile = True
    recreate_command = "make docker LABCOAT_DOCKER_FLAGS=--no-cache"

    def prepare(self, project: Project) -> None:
        """Build the image from the lock; if nothing changed, the engine builds nothing.

        Raise LabcoatError if that fails; the image before stays.
        """
        resources.read_resources(project)  # a mistake in how it is run is told before the build
        answer = versions.start_engine_version(project)

        # A third of the time that status takes, and needed only here.
        from labcoat.container.base_images import system_packages
        from labcoat.container.context import preflight
        from labcoat.container.filesystem import image_survey
        from labcoat.container.image import build, image_lock
        from labcoat.levels import image_libraries

        if system_packages.has_request(project):
            system_packages.refresh_lock(project)
        planned = build.plan_build(project)
        version = answer()
        for warning in (
            *preflight.preflight_warnings(planned.context),
            *_engine_warnings(version),
        ):
            terminal.print_warning(warning)
        built = build.build_image(project, planned)
        if drift := image_lock.image_lock_warning(project, planned, version, built.id):
            terminal.print_warning(drift)
        terminal.print_progress(f"image {project.image} {short_image_id(built.displayed_id)}")
        image_libraries.warn_missing(
            project,
            built.id,
            lambda: self.survey_system(project),
            lambda: image_survey.read_system(project, built.id),
        )

    def run_command(self, project: Project, argv: Sequence[str]) -> int:
        """Run `argv` in a container, in the project's directory as its owner; the exit status."""
        from labcoat.container.engine import run as containers

        tool_env.use_tools()
        require_fresh_image(project)
        config = _run_config(project)
        # The SDK does not support podman's --userns=keep-id, nor to give a terminal.
        if client.is_podman(project) or _has_terminal():
            sys.stdout.flush()
            process.exec_program(
                containers.docker_run_command(project, project.image, argv, config),
                os.environ,
                "on the path",
            )
        return containers.run_container(client.sdk_client(project), project.image, argv, config)

    def open_shell(self, project: Project) -> int:
        """Become an interactive shell in a container; does not return."""
        from labcoat.container.engine import run as containers

        require_fresh_image(project)
        command = containers.docker_run_command(
            project, project.image, ["/bin/sh"], _run_config(project)
        )
        sys.stdout.flush()
        process.exec_program(command, os.environ, "on the path")

    def listen_address(self, project: Project) -> str:
        """Return the loopback with --network=host, else any address.

        A container's ports are published on this machine's loopback alone.
        """
        return "127.0.0.1" if flags.uses_host_network(project) else "0.0.0.0"  # noqa: S104

    def remove(self, project: Project) -> None:
        """Remove the image if labcoat built it; without an engine, say that it stays."""
        try:
            if _lock_label(project):
                terminal.print_progress(f"removing image {project.image}")
                client.call_docker(project, "image", "rm", "--force", project.image)
        except LabcoatError as failure:
            terminal.print_warning(f"cannot remove image `{project.image}`: {failure.message}")

    def read_inventory(self, project: Project) -> Inventory | None:
        """Return all files of the image's environment, as the engine exports them; None without it.

        Nothing of the image is run. Findings are the settings, layers and files that neither the
        Dockerfile, the lock nor the base image gives. Raise LabcoatError with status 2 if the
        engine cannot export it.
        """
        if not self.read_identity(project):
            return None
        from labcoat.container.filesystem.image_inventory import read_image_inventory

        details = local_images.image_details(project, project.image) or {}
        read = read_image_inventory(project, details)
        stripped = ((details.get("Config") or {}).get("Labels") or {}).get(STRIP, "")
        return replace(read, stripped=tuple(stripped.split()))

    def survey_system(self, project: Project) -> "SystemSurvey | None":
        """Return what its packages need of the image's system, from the engine's export of it."""
        details = local_images.image_details(project, project.image)
        if details is None:
            return None
        from labcoat.container.filesystem.image_survey import survey_image

        return survey_image(project, details)

    def source_differences(
        self, project: Project, listed: Sequence[LockedSource]
    ) -> Mapping[str, str]:
        """Return the sources `listed` that the image was built from others of, by name."""
        if not listed:
            return {}
        pairs = (word.partition("=") for word in (_image_label(project, SOURCES) or "").split())
        built = {name: held for name, _, held in pairs}
        now = local_tree.describe_sources(project, listed).split()
        wanted = {name: held for name, _, held in (word.partition("=") for word in now)}
        kinds = {each.name: each.kind for each in listed}
        return {
            name: "was built from other sources than the project has now"
            if kinds[name] == "local"
            else f"was built from {built.get(name, 'nothing')[:12]}, and {held[:12]} is locked"
            for name, held in wanted.items()
            if built.get(name) != held
        }

    def read_identity(self, project: Project) -> str:
        """Return the image's id; empty if there is no image."""
        try:
            return local_images.inspect_image(project, project.image, "{{.Id}}") or ""
        except LabcoatError as failure:
            raise UnavailableError(failure.message, failure.hint) from None

    def read_state(self, project: Project) -> LevelState:
        """Return fresh, stale or missing, by the lock's digest in the image's label."""
        image_id = self.read_identity(project)
        if not image_id:
            return LevelState("missing", "run make docker")
        if not _is_from_lock(project, _lock_label(project)):
            return LevelState("stale", f"{project.requirements.name} has changed")
        if (_image_label(project, SYSTEM) or "") != apt_lock.lock_digest(project.root):
            return LevelState("stale", f"{apt_lock.NAME} has changed")
        listed = sources.list_sources(project, self.lock_files(project))
        if moved := self.source_differences(project, tuple(listed)):
            return LevelState("stale", f"{terminal.join_some(sorted(moved))}: other sources")
        if reason := _describe_other_image(project, image_id):
            return LevelState("stale", reason)
        return LevelState("fresh", short_image_id(image_id))


def _has_terminal() -> bool:
    """Whether labcoat's standard streams are a terminal."""
    return all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout))


def require_fresh_image(project: Project) -> None:
    """Raise LabcoatError unless there is an image that was built from the present lock."""
    label = _lock_label(project)
    if label is None:
        raise errors.missing_image_error(project.image, project.image)
    if not _is_from_lock(project, label):
        raise LabcoatError(
            f"image `{project.image}` is older than `{project.requirements.name}`",
            "Run `make docker`",
        )
    if (_image_label(project, SYSTEM) or "") != apt_lock.lock_digest(project.root):
        raise LabcoatError(
            f"image `{project.image}` is older than `{apt_lock.NAME}`", "Run `make docker`"
        )
    image_id = local_images.inspect_image(project, project.image, "{{.Id}}") or ""
    if reason := _describe_other_image(project, image_id):
        raise LabcoatError(f"image `{project.image}` {reason}", "Run `make docker`")


def _describe_other_image(project: Project, image_id: str) -> str:
    """Describe why the image is not one that `make docker` builds; empty if it may be.

    An image on top of labcoat's has its labels. Where none was built here, such as after
    `docker pull`, its settings and layers are compared with the Dockerfile and its base.
    """
    own = is_own_build(project, project.image, image_id)
    if own is not None:
        return "" if own else "is not the one that `make docker` built last"
    from labcoat.container.image.declared import read_declaration, undeclared_settings

    declared = read_declaration(project, fetches=False)
    details = local_images.image_details(project, project.image) if declared else None
    findings = undeclared_settings(project, declared, details) if declared and details else ()
    first = f"{findings[0].path} {findings[0].detail}" if findings else ""
    return f"is not what the Dockerfile builds: {first}" if findings else ""


def short_image_id(image_id: str) -> str:
    """Return the first twelve digits of an image's id, as docker shows it."""
    return image_id.removeprefix("sha256:")[:12]


def _engine_warnings(version: str) -> Iterator[str]:
    if what := versions.unstable_settings(version):
        yield (
            f"the engine ({version}) writes {what} into the image's settings, so that only the"
            " contents of two builds can be equal"
        )


def _run_config(project: Project) -> RunConfig:
    """Return how programs run in a container.

    If the image has no byte code, Python's is kept in the home directory between runs.
    """
    config = make_run_config(project)
    shared = python_variables.shared_python_path(project, os.environ)
    path = python_variables.path_variable(shared)
    config = replace(config, environ={**config.environ, **path})
    stripped = _image_label(project, STRIP) or ""
    if "bytecode" not in stripped.split():
        return config
    cache = {"PYTHONPYCACHEPREFIX": f"{config.environ['HOME']}/.cache/python"}
    return replace(config, environ={**config.environ, **cache})


def _lock_label(project: Project) -> str | None:
    """Return the digest of the lock the image was built from.

    Empty if labcoat did not build it, None if there is no image.
    """
    return _image_label(project, LOCK)


def _image_label(project: Project, label: str) -> str | None:
    template = f'{{{{index .Config.Labels "{label}"}}}}'
    return local_images.inspect_image(project, project.image, template)


def _is_from_lock(project: Project, label: str | None) -> bool:
    lock = project.requirements
    return lock.is_file() and label == files.text_digest(reading.read_file(lock))
