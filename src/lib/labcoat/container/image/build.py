"""One `docker build`: its words, its environment, and what it is told about the project."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labcoat.container.base_images.build import resolve_base_image
from labcoat.container.base_images.defaults import base_image
from labcoat.container.context import build_flags, context_archive, preflight
from labcoat.container.context.build_context import BuildContext
from labcoat.container.context.source_date import source_date
from labcoat.container.engine import client
from labcoat.container.engine.build_errors import explain_build_error
from labcoat.container.engine.build_progress import BuildProgress
from labcoat.container.engine.buildx import select_builder
from labcoat.container.engine.image_reference import digest_among, digest_in
from labcoat.container.image.build_secrets import NONE, BuildSecrets, build_secrets
from labcoat.container.image.labels import BASE, LOCK, image_labels
from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory import strip
from labcoat.toolchain import interpreters

# The builder takes these without their being declared, and keeps them out of the image and its history.
_PROXIES = tuple(
    form
    for name in ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy")
    for form in (name, name.upper())
)

_MANIFEST = "exporting manifest sha256:"  # said where the image may go to containerd's store

Given = (
    Callable[[], bytes] | None
)  # makes what is given to a builder's standard input, where there is something


@dataclass(frozen=True)
class BuildPlan:
    """All that determines a build."""

    context: BuildContext
    platforms: tuple[str, ...]
    image: str
    arguments: Mapping[str, str]
    labels: Mapping[str, str]
    flags: tuple[str, ...] = ()
    secrets: BuildSecrets = NONE

    def words(self) -> list[str]:
        """The words after `docker build`, the context excepted. A proxy's value stays in the environment."""
        words = ["--tag", self.image, *self.flags, *self.secrets.flags]
        for name, value in self.arguments.items():
            words += ["--build-arg", f"{name}={value}"]
        for name, value in self.labels.items():
            words += ["--label", f"{name}={value}"]
        return words + [
            word for name in _PROXIES if os.environ.get(name) for word in ("--build-arg", name)
        ]


def plan_build(project: Project) -> BuildPlan:
    """What to build for `project`. Raises Failure where there is no lock, no Dockerfile or no base."""
    lock = project.requirements
    added = client.docker_flags(project)
    said = build_flags.parse_build_flags(added)
    listed = (
        f"List what the project uses in {lock.with_suffix('.in').name}, then run make requirements."
    )
    for path, todo in ((lock, listed), (project.root / said.file, _TEMPLATE)):
        if not path.is_file():
            raise LabcoatError(f"There is no {path.name} in {path.parent}.", todo)
    minor = interpreters.project_minor(project)
    base = resolve_base_image(project, base_image(project, minor))
    time = source_date(project, said.file)
    arguments = {
        "BASE_IMAGE": base,
        "PYTHON": minor,
        "LOCK": os.path.relpath(lock, project.root),
        "NO_BINARY": " ".join(project["NO_BINARY"].replace(",", " ").split()),
        "STRIP": " ".join(strip.strip_parts(project)),
        "SOURCE_DATE_EPOCH": str(time),
    }
    context = BuildContext(
        project.root,
        said.file,
        arguments={**said.arguments, **arguments},
        target=said.target,
        contexts=tuple(
            folder for each in said.contexts if (folder := project.root / each).is_dir()
        ),
    )
    hidden = build_secrets(project)
    bases = context.base_images()
    images = client.images_ahead(project, {base, *bases})
    described = image_labels(project, base, time)
    known = images()
    if base in bases - known.keys():  # a Dockerfile of one's own may stand on another one
        known[base] = _fetched(project, base)
    described[BASE] = digest_in(base) or (_digest(base, known[base]) if base in known else "")
    return BuildPlan(
        context=replace(context, triggers={name: image.triggers for name, image in known.items()}),
        platforms=said.platforms,
        image=project.image,
        arguments=arguments,
        labels=described,
        flags=(*added, *client.project_docker_flags(project, time, described[LOCK])),
        secrets=hidden,
    )


_TEMPLATE = f"Copy labcoat's: cp {Path(__file__).parents[2] / 'scaffold' / 'templates' / 'Dockerfile'} Dockerfile"


@dataclass(frozen=True)
class BuiltImage:
    """An image: its `id`, the digest of its settings; and `shown`, what docker shows, another in containerd's store."""

    id: str
    shown: str


def build_image(project: Project, planned: BuildPlan) -> BuiltImage:
    """Build the image, showing progress. Raises Failure with what went wrong."""
    environ = (
        os.environ
        | planned.secrets.environ
        | {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
    )
    # Else buildx attaches a record of the build, with the time in it.
    environ |= {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1", "BUILDX_GIT_INFO": "false"}
    with tempfile.TemporaryDirectory(prefix="labcoat-") as folder:
        answer, room = Path(folder) / "id", Path(folder) / "context"
        sent, given = build_context(project, planned, room)
        command, variables = select_builder(project)
        environ |= variables | client.tidy_engine_output(project, folder)
        words = [*command, *planned.words(), "--iidfile", answer, *sent]
        outcome = process.run_process(
            words, environ, project.root, show=BuildProgress().show, given=given
        )
        if outcome.status:
            raise explain_build_error(outcome.output, _log(project))
        if not answer.is_file():
            raise LabcoatError(
                "docker build ended well, and built no image.",
                f"Correct LABCOAT_DOCKER_FLAGS: with {project['DOCKER_FLAGS']} it builds nothing.",
            )
        identity = answer.read_text(encoding="utf-8").strip()
        asked = (
            client.inspect_image(project, planned.image, "{{.Id}}")
            if _MANIFEST in outcome.output
            else ""
        )
        return BuiltImage(identity, asked or identity)


def build_context(
    project: Project, planned: BuildPlan, room: Path
) -> tuple[list[str | Path], Given]:
    """The last words of a build, which say what the builder is sent, and what is to be given to its standard input.

    `room` is a folder that it may make for that. Both raise Failure where a secret would reach the image.
    """
    paths = (
        context_archive.archive_contents(project, planned.context)
        if _is_whole(planned.context)
        else None
    )
    if paths is None:
        _refuse_secrets(planned)
        return ["."], None

    def given() -> bytes:
        """The Dockerfile. The builder takes as long to start as all this does, waits for it, and takes nothing before."""
        _refuse_secrets(planned)
        context_archive.write_context_archive(project, paths, room)
        return planned.context.dockerfile_path.read_bytes()

    room.mkdir()
    return [*context_archive.FLAGS, "--file=-", room], given


def _refuse_secrets(planned: BuildPlan) -> None:
    for platform in planned.platforms or ("",):
        preflight.refuse_secrets(planned.context.for_platform(platform))


def _is_whole(build: BuildContext) -> bool:
    """Whether it is the project's Dockerfile, and all of it, that is built."""
    return build.dockerfile == "Dockerfile" and not build.target


def _log(project: Project) -> Path:
    return files.state_folder(project.state) / "image.log"


def _digest(name: str, image: client.Image) -> str:
    return digest_among(name, image.digests) or image.identity


def _fetched(project: Project, base: str) -> client.Image:
    """The base image, from its registry. Raises Failure where it cannot be had."""
    client.inspect_image(project, base, "{{.Id}}", "LABCOAT_BASE_IMAGE")  # is that a name at all?
    print(f"labcoat: fetching the base image {base}", file=sys.stderr)
    told = re.compile(r"\w+: Pull complete|Error").match
    pulled = process.run_process(
        [*client.docker_command(project), "pull", base],
        os.environ,
        project.root,
        show=lambda line: bool(told(line)),
    )
    if found := client.images_ahead(project, [base])():
        return found[base]
    raise explain_build_error(
        f"{pulled.output}\nfailed to load metadata for {base}: ", _log(project)
    )
