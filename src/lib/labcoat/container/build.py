"""One `docker build`: its words, its environment, and what it is told about the project."""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labcoat.container import archive, engine, extern, flags, guard
from labcoat.container.bases import base_image
from labcoat.container.context import Build
from labcoat.container.diagnosis import explained
from labcoat.container.labels import epoch, labels
from labcoat.container.names import digest, digest_among
from labcoat.container.progress import Progress
from labcoat.container.secrets import NONE, Secrets, secrets
from labcoat.core import files, process, python, strip
from labcoat.core.errors import Failure
from labcoat.core.project import Project

# The builder takes these without their being declared, and keeps them out of the image and its history.
_PROXIES = tuple(form for name in ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy") for form in (name, name.upper()))


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
        return words + [word for name in _PROXIES if os.environ.get(name) for word in ("--build-arg", name)]


def plan(project: Project) -> Plan:
    """What to build for `project`. Raises Failure where there is no lock, no Dockerfile or no base."""
    lock = project.requirements
    added = engine.flags(project)
    said = flags.read(added)
    listed = f"List what the project uses in {lock.with_suffix('.in').name}, then run make requirements."
    for path, todo in ((lock, listed), (project.root / said.file, _TEMPLATE)):
        if not path.is_file():
            raise Failure(f"There is no {path.name} in {path.parent}.", todo)
    minor = python.minor(project)
    base = extern.resolved(project, base_image(project, minor))
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
        contexts=tuple(folder for each in said.contexts if (folder := project.root / each).is_dir()),
    )
    triggers = engine.triggers_ahead(project, context.bases())
    described = labels(project, base, _base_digest(project, base), time)
    return Plan(
        context=replace(context, triggers=triggers()),
        platforms=said.platforms,
        image=project.image,
        arguments=arguments,
        labels=described,
        flags=(*added, *engine.own_flags(project, time)),
        secrets=secrets(project),
    )


_TEMPLATE = f"Copy labcoat's: cp {Path(__file__).parents[1] / 'scaffold' / 'templates' / 'Dockerfile'} Dockerfile"


def build(project: Project, planned: Plan) -> str:
    """Build the image, showing progress; its id. Raises Failure with what went wrong."""
    environ = os.environ | planned.secrets.environ | {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
    # Else buildx attaches a record of the build, with the time in it.
    environ |= {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1", "BUILDX_GIT_INFO": "false"}
    with tempfile.TemporaryDirectory(prefix="labcoat-") as folder:
        answer, room = Path(folder) / "id", Path(folder) / "context"
        words = [*engine.command(project), "build", *planned.words(), "--iidfile", answer, *context(project, planned, room)]
        outcome = process.run(words, environ, project.root, show=Progress().show)
        if outcome.status:
            raise explained(outcome.said, _log(project))
        if not answer.is_file():
            raise Failure(
                "docker build ended well, and built no image.",
                f"Correct LABCOAT_DOCKER_FLAGS: with {project['DOCKER_FLAGS']} it builds nothing.",
            )
        return answer.read_text(encoding="utf-8").strip()


def context(project: Project, planned: Plan, room: Path) -> list[str | Path]:
    """The last words of a build, which say what the builder is sent; `room` is a folder that it may make for that.

    Raises Failure where a secret would reach the image.
    """
    for platform in planned.platforms or ("",):
        guard.refuse_secrets(planned.context.on(platform))
    return archive.context(project, planned.context, room) if _is_whole(planned.context) else ["."]


def _is_whole(build: Build) -> bool:
    """Whether it is the project's Dockerfile, and all of it, that is built."""
    return build.dockerfile == "Dockerfile" and not build.target


def _log(project: Project) -> Path:
    return files.state_folder(project.state) / "image.log"


def _base_digest(project: Project, base: str) -> str:
    """The digest of the image `base`: the one in its name, else its registry's, or that of an image made here."""
    if "@" in base:
        return digest(base)
    form = "{{.Id}} {{json .RepoDigests}}"
    found = engine.inspect(project, base, form, "LABCOAT_BASE_IMAGE")
    if found is None:
        print(f"labcoat: fetching the base image {base}", file=sys.stderr)
        pulled = engine.call(project, "pull", "--quiet", base)
        found = engine.inspect(project, base, form)
        if found is None:
            raise explained(f"{pulled.stderr}\nfailed to load metadata for {base}: ", _log(project))
    identity, _, known = found.partition(" ")
    return digest_among(base, json.loads(known) or ()) or identity
