"""One `docker build`: its words, its environment, and what it is told about the project."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labcoat.container.base_images.build import resolved
from labcoat.container.base_images.defaults import base_image
from labcoat.container.context import build_flags, context_archive, preflight
from labcoat.container.context.build_context import Build
from labcoat.container.engine import client
from labcoat.container.engine.build_errors import explained
from labcoat.container.engine.build_progress import Progress
from labcoat.container.engine.buildx import builder
from labcoat.container.engine.image_reference import digest, digest_among
from labcoat.container.image.build_secrets import NONE, Secrets, secrets
from labcoat.container.image.labels import BASE, LOCK, epoch, labels
from labcoat.core import files, process
from labcoat.core.errors import Failure
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
class Plan:
    """All that determines a build."""

    context: Build
    platforms: tuple[str, ...]
    image: str
    arguments: Mapping[str, str]
    labels: Mapping[str, str]
    flags: tuple[str, ...] = ()
    secrets: Secrets = NONE

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


def plan(project: Project) -> Plan:
    """What to build for `project`. Raises Failure where there is no lock, no Dockerfile or no base."""
    lock = project.requirements
    added = client.flags(project)
    said = build_flags.read(added)
    listed = (
        f"List what the project uses in {lock.with_suffix('.in').name}, then run make requirements."
    )
    for path, todo in ((lock, listed), (project.root / said.file, _TEMPLATE)):
        if not path.is_file():
            raise Failure(f"There is no {path.name} in {path.parent}.", todo)
    minor = interpreters.minor(project)
    base = resolved(project, base_image(project, minor))
    time = epoch(project, said.file)
    arguments = {
        "BASE_IMAGE": base,
        "PYTHON": minor,
        "LOCK": os.path.relpath(lock, project.root),
        "NO_BINARY": " ".join(project["NO_BINARY"].replace(",", " ").split()),
        "STRIP": " ".join(strip.wanted(project)),
        "SOURCE_DATE_EPOCH": str(time),
    }
    context = Build(
        project.root,
        said.file,
        arguments={**said.arguments, **arguments},
        target=said.target,
        contexts=tuple(
            folder for each in said.contexts if (folder := project.root / each).is_dir()
        ),
    )
    hidden = secrets(project)
    bases = context.bases()
    images = client.images_ahead(project, {base, *bases})
    described = labels(project, base, time)
    known = images()
    if base in bases - known.keys():  # a Dockerfile of one's own may stand on another one
        known[base] = _fetched(project, base)
    described[BASE] = digest(base) or (_digest(base, known[base]) if base in known else "")
    return Plan(
        context=replace(context, triggers={name: image.triggers for name, image in known.items()}),
        platforms=said.platforms,
        image=project.image,
        arguments=arguments,
        labels=described,
        flags=(*added, *client.own_flags(project, time, described[LOCK])),
        secrets=hidden,
    )


_TEMPLATE = f"Copy labcoat's: cp {Path(__file__).parents[2] / 'scaffold' / 'templates' / 'Dockerfile'} Dockerfile"


@dataclass(frozen=True)
class Built:
    """An image: its `id`, the digest of its settings; and `shown`, what docker shows, another in containerd's store."""

    id: str
    shown: str


def build(project: Project, planned: Plan) -> Built:
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
        sent, given = context(project, planned, room)
        command, variables = builder(project)
        environ |= variables | client.tidy(project, folder)
        words = [*command, *planned.words(), "--iidfile", answer, *sent]
        outcome = process.run(words, environ, project.root, show=Progress().show, given=given)
        if outcome.status:
            raise explained(outcome.said, _log(project))
        if not answer.is_file():
            raise Failure(
                "docker build ended well, and built no image.",
                f"Correct LABCOAT_DOCKER_FLAGS: with {project['DOCKER_FLAGS']} it builds nothing.",
            )
        identity = answer.read_text(encoding="utf-8").strip()
        asked = (
            client.inspect(project, planned.image, "{{.Id}}") if _MANIFEST in outcome.said else ""
        )
        return Built(identity, asked or identity)


def context(project: Project, planned: Plan, room: Path) -> tuple[list[str | Path], Given]:
    """The last words of a build, which say what the builder is sent, and what is to be given to its standard input.

    `room` is a folder that it may make for that. Both raise Failure where a secret would reach the image.
    """
    paths = (
        context_archive.contents(project, planned.context) if _is_whole(planned.context) else None
    )
    if paths is None:
        _refuse_secrets(planned)
        return ["."], None

    def given() -> bytes:
        """The Dockerfile. The builder takes as long to start as all this does, waits for it, and takes nothing before."""
        _refuse_secrets(planned)
        context_archive.make(project, paths, room)
        return planned.context.dockerfile_path.read_bytes()

    room.mkdir()
    return [*context_archive.FLAGS, "--file=-", room], given


def _refuse_secrets(planned: Plan) -> None:
    for platform in planned.platforms or ("",):
        preflight.refuse_secrets(planned.context.on(platform))


def _is_whole(build: Build) -> bool:
    """Whether it is the project's Dockerfile, and all of it, that is built."""
    return build.dockerfile == "Dockerfile" and not build.target


def _log(project: Project) -> Path:
    return files.state_folder(project.state) / "image.log"


def _digest(name: str, image: client.Image) -> str:
    return digest_among(name, image.digests) or image.identity


def _fetched(project: Project, base: str) -> client.Image:
    """The base image, from its registry. Raises Failure where it cannot be had."""
    client.inspect(project, base, "{{.Id}}", "LABCOAT_BASE_IMAGE")  # is that a name at all?
    print(f"labcoat: fetching the base image {base}", file=sys.stderr)
    told = re.compile(r"\w+: Pull complete|Error").match
    pulled = process.run(
        [*client.command(project), "pull", base],
        os.environ,
        project.root,
        show=lambda line: bool(told(line)),
    )
    if found := client.images_ahead(project, [base])():
        return found[base]
    raise explained(f"{pulled.said}\nfailed to load metadata for {base}: ", _log(project))
