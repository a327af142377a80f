"""One `docker build`: its arguments, its environment, its context and its result."""

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from labcoat.container.base_images.build import resolve_base_image
from labcoat.container.base_images.defaults import base_image
from labcoat.container.context import build_flags, context_archive, preflight
from labcoat.container.context.build_context import BuildContext
from labcoat.container.context.source_date import source_date
from labcoat.container.dockerfile.own_steps import SCRIPT
from labcoat.container.engine import client
from labcoat.container.engine.build_errors import explain_build_error
from labcoat.container.engine.build_progress import BuildProgress
from labcoat.container.engine.buildx import select_builder
from labcoat.container.engine.flags import (
    adapt_dockerfile,
    builder_tmpdir,
    docker_flags,
    podman_flags,
)
from labcoat.container.engine.image_reference import digest_of, find_digest
from labcoat.container.engine.local_images import (
    LocalImage,
    inspect_image,
    start_find_images,
)
from labcoat.container.image.build_secrets import NO_SECRETS, BuildSecrets, build_secrets
from labcoat.container.image.built_images import remember_build
from labcoat.container.image.labels import BASE, LOCK, SYSTEM, image_labels
from labcoat.container.image.system_layer import system_arguments, warn_uninstalled
from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record, replace
from labcoat.inventory import strip
from labcoat.locking import sources_beside
from labcoat.locking.inputs import lock_source
from labcoat.toolchain import interpreters

# Arguments that the builder accepts undeclared, and keeps out of the image and its history.
_PROXIES = tuple(
    form
    for name in ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy")
    for form in (name, name.upper())
)
_MANIFEST = "exporting manifest sha256:"  # printed if the image goes to containerd's store

# Returns the builder's standard input, if it has one.
BuilderInput = Callable[[], bytes] | None


class BuildPlan(Record):
    """All that determines a build."""

    context: BuildContext
    platforms: tuple[str, ...]
    image: str
    arguments: Mapping[str, str]
    labels: Mapping[str, str]
    flags: tuple[str, ...] = ()
    secrets: BuildSecrets = NO_SECRETS

    def options(self) -> list[str]:
        """Return the options of `docker build`. A proxy's value stays in the environment."""
        words = ["--tag", self.image, *self.flags, *self.secrets.flags]
        for name, value in self.arguments.items():
            words += ["--build-arg", f"{name}={value}"]
        for name, value in self.labels.items():
            words += ["--label", f"{name}={value}"]
        return words + [
            word for name in _PROXIES if os.environ.get(name) for word in ("--build-arg", name)
        ]


def plan_build(project: Project) -> BuildPlan:
    """Return what to build for `project`.

    Raise LabcoatError if the lock, the Dockerfile or the base image is missing.
    """
    user_flags = docker_flags(project)
    parsed = build_flags.parse_build_flags(user_flags)
    _require_inputs(project, parsed.file)
    minor = interpreters.project_minor(project)
    base = resolve_base_image(project, base_image(project, minor))
    time = source_date(project, parsed.file)
    arguments = {
        "BASE_IMAGE": base,
        "PYTHON": minor,
        "LOCK": os.path.relpath(project.requirements, project.root),
        "NO_BINARY": " ".join(project["NO_BINARY"].replace(",", " ").split()),
        "STRIP": " ".join(strip.strip_parts(project)),
        "SOURCE_DATE_EPOCH": str(time),
        **system_arguments(project),
    }
    context = BuildContext(
        project.root,
        parsed.file,
        arguments={**parsed.arguments, **arguments},
        target=parsed.target,
        contexts=tuple(
            folder for each in parsed.contexts if (folder := project.root / each).is_dir()
        ),
    )
    warn_uninstalled(project, context.text)
    secrets = build_secrets(project)
    bases = context.base_images()
    find_images = start_find_images(project, {base, *bases})
    labels = image_labels(project, base, time)
    images = find_images()
    if base in bases - images.keys():  # a custom Dockerfile may build on other images
        images[base] = _pull_base(project, base)
    labels[BASE] = digest_of(base) or (_digest(base, images[base]) if base in images else "")
    return BuildPlan(
        context=replace(context, triggers={name: image.triggers for name, image in images.items()}),
        platforms=parsed.platforms,
        image=project.image,
        arguments=arguments,
        labels=labels,
        flags=(*user_flags, *podman_flags(project, time, labels[LOCK] + labels.get(SYSTEM, ""))),
        secrets=secrets,
    )


def _require_inputs(project: Project, dockerfile: str) -> None:
    """Raise LabcoatError if the lock or the Dockerfile is missing."""
    lock = project.requirements
    listing = f"List the project's packages in {lock_source(lock).name}"
    for path, hint in (
        (lock, f"{listing}, then run `make requirements`"),
        (
            build_flags.locate_dockerfile(project.root, dockerfile),
            "Create it with `make docker`"
            if dockerfile == "Dockerfile"
            else "Correct `--file` in LABCOAT_DOCKER_FLAGS",
        ),
    ):
        if not path.is_file():
            raise LabcoatError(f"`{path.name}` does not exist in {path.parent}", hint)


class BuiltImage(Record):
    """An image: its `id`, the digest of its settings, and the id that docker displays.

    They differ in containerd's store, where docker displays the digest of the manifest.
    """

    id: str
    displayed_id: str


def build_image(project: Project, plan: BuildPlan) -> BuiltImage:
    """Build the image and show progress. Raise LabcoatError with the reason if that fails."""
    environ = (
        os.environ | plan.secrets.environ | {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
    )
    # By default buildx attaches a record of the build that contains its time.
    environ |= {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1", "BUILDX_GIT_INFO": "false"}
    with tempfile.TemporaryDirectory(prefix="labcoat-") as folder:
        id_file = Path(folder) / "id"
        context_words, builder_input = prepare_context(project, plan, Path(folder) / "context")
        command, variables = select_builder(project)
        environ |= variables | builder_tmpdir(project, folder)
        words = [*command, *plan.options(), "--iidfile", id_file, *context_words]
        outcome = process.run_process(
            words, environ, project.root, show=BuildProgress().show, given=builder_input
        )
        if outcome.status:
            raise explain_build_error(outcome.output, _log_path(project))
        if not id_file.is_file():
            raise LabcoatError(
                "`docker build` succeeded but produced no image",
                "Remove `--output` or `--check` from LABCOAT_DOCKER_FLAGS",
            )
        identity = id_file.read_text(encoding="utf-8").strip()
        displayed = (
            inspect_image(project, plan.image, "{{.Id}}") if _MANIFEST in outcome.output else ""
        )
        remember_build(project, plan.image, displayed or identity)
        return BuiltImage(identity, displayed or identity)


def prepare_context(
    project: Project, plan: BuildPlan, folder: Path
) -> tuple[list[str | Path], BuilderInput]:
    """Return the last words of a build, which name its context, and its standard input.

    `folder` may be created for the context. This and the input function raise LabcoatError if a
    secret would reach the image.
    """
    paths = (
        context_archive.archive_contents(project, plan.context)
        if _is_default_build(plan.context)
        else None
    )
    if paths is None:
        _refuse_secrets(plan)
        _refuse_sources(project, plan)
        return [*_choose_stages(plan), "."], None

    def write_input() -> bytes:
        """Write the context and return the Dockerfile, while the builder starts."""
        _refuse_secrets(plan)
        context_archive.write_context_archive(project, paths, folder, plan.platforms)
        return adapt_dockerfile(project, plan.context.dockerfile_path.read_bytes())

    folder.mkdir()
    return [*_choose_stages(plan), *context_archive.FLAGS, "--file=-", folder], write_input


def _choose_stages(plan: BuildPlan) -> list[str]:
    """Return the defaults of arguments that name stages: podman does not look for those itself."""
    stages = {"SOURCE": "folder", "SYSTEM": "base"}
    return [
        word
        for name, stage in stages.items()
        if name not in plan.context.arguments and f"ARG {name}={stage}\n" in plan.context.text
        for word in ("--build-arg", f"{name}={stage}")
    ]


def _refuse_sources(project: Project, plan: BuildPlan) -> None:
    """Raise LabcoatError if the lock has sources, and the Dockerfile does not install them."""
    if context_archive.INSTALLS_SOURCES in plan.context.text:
        return
    if listed := sources_beside.list_applying(project, [project.requirements]):
        names = terminal.join_some([f"`{each.name}`" for each in listed])
        raise LabcoatError(
            f"cannot put {names} into the image: its Dockerfile does not install them",
            "Take the stage `folder` of the Dockerfile that `labcoat init` writes, and its"
            f" {SCRIPT}; or remove both files, and `make docker` writes them again",
        )


def _refuse_secrets(plan: BuildPlan) -> None:
    for platform in plan.platforms or ("",):
        preflight.refuse_secrets(plan.context.for_platform(platform))


def _is_default_build(context: BuildContext) -> bool:
    """Whether the project's Dockerfile is built, and all of its stages."""
    return context.dockerfile == "Dockerfile" and not context.target


def _log_path(project: Project) -> Path:
    return files.state_folder(project.state) / "image.log"


def _digest(name: str, image: LocalImage) -> str:
    return find_digest(name, image.repo_digests) or image.id


def _pull_base(project: Project, base: str) -> LocalImage:
    """Pull the base image. Raise LabcoatError if its name is invalid or the pull fails."""
    inspect_image(project, base, "{{.Id}}", "LABCOAT_BASE_IMAGE")  # raises for an invalid name
    terminal.print_progress(f"fetching the base image {base}")
    is_worth_showing = re.compile(r"\w+: Pull complete|Error").match
    pulled = process.run_process(
        [*client.docker_command(project), "pull", base],
        os.environ,
        project.root,
        show=lambda line: bool(is_worth_showing(line)),
    )
    if found := start_find_images(project, [base])():
        return found[base]
    raise explain_build_error(
        f"{pulled.output}\nfailed to load metadata for {base}: ", _log_path(project)
    )
