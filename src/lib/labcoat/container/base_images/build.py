"""Base images of one's own, from Dockerfiles in git submodules: at a pinned commit, on a pinned FROM, apt at a fixed date.

A submodule alone does not reproduce: its Dockerfile builds on a tag that moves and installs from an archive that moves.
Both are replaced without editing it, by BuildKit's build contexts:
https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labcoat.container.base_images import pins, submodules
from labcoat.container.context import preflight
from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile.parser import Dockerfile
from labcoat.container.engine import client
from labcoat.container.engine.build_errors import explain_build_error
from labcoat.container.engine.build_progress import BuildProgress
from labcoat.core import files, git, process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

PREFIX = "extern/"
RECIPE = "org.labcoat.extern.digest"  # the label of what a base was made of
_DATED = """FROM {base}
USER root
RUN . /etc/os-release; if [ "$ID" = debian ]; then \\
  rm -rf /etc/apt/sources.list.d; \\
  echo "deb [check-valid-until=no] {archive}/debian/{date} $VERSION_CODENAME main" >/etc/apt/sources.list; \\
  echo "deb [check-valid-until=no] {archive}/debian/{date} $VERSION_CODENAME-updates main" >>/etc/apt/sources.list; \\
  echo "deb [check-valid-until=no] {archive}/debian-security/{date} $VERSION_CODENAME-security main" >>/etc/apt/sources.list; \\
  touch -d @0 /etc/apt/sources.list /etc/apt; fi
"""
_ARCHIVE = "http://snapshot.debian.org/archive"


@dataclass(frozen=True)
class BaseImage:
    """A base image to build: its name and its Dockerfile, relative to the project."""

    name: str
    dockerfile: PurePosixPath

    @property
    def folder(self) -> str:
        """The folder that is its build context."""
        return str(self.dockerfile.parent)


def configured_bases(project: Project) -> list[BaseImage]:
    """The bases that LABCOAT_EXTERN names, each as NAME=FOLDER/Dockerfile. Raises Failure on a word of another form."""
    found = []
    for word in project["EXTERN"].split():
        name, _, path = word.partition("=")
        if not name or not path:
            raise LabcoatError(
                f"LABCOAT_EXTERN cannot be read: {word}.",
                "Write NAME=FOLDER/Dockerfile, with spaces between two.",
            )
        found.append(BaseImage(name, PurePosixPath(path)))
    return found


def base_image_tag(project: Project, base: BaseImage) -> str:
    """The name of the image of a base: `extern/NAME:COMMIT`, the commit being the submodule's; with `-dirty` where its folder
    has changes that are not committed.
    """
    dirty = "-dirty" if _uncommitted(project.root / base.dockerfile) else ""
    return f"{PREFIX}{base.name}:{_commit(project, base)[:12]}{dirty}"


def resolve_base_image(project: Project, image: str) -> str:
    """`image`, or where it is `extern/NAME`, that base at its present commit. Raises Failure where it is not built, or was
    built of something else than now.
    """
    if not image.startswith(PREFIX) or ":" in image:
        return image
    known = {f"{PREFIX}{base.name}": base for base in configured_bases(project)}
    if image not in known:
        raise LabcoatError(
            f"There is no base {image}.", f"LABCOAT_EXTERN names: {', '.join(known) or 'none'}."
        )
    name = base_image_tag(project, known[image])
    made_of = client.inspect_image(project, name, f'{{{{index .Config.Labels "{RECIPE}"}}}}')
    if made_of is None:
        raise LabcoatError(f"The base {name} is not built.", "make extern builds it.")
    if made_of != _recipe(project, known[image]).digest():
        raise LabcoatError(
            f"The base {name} was built with other pins or from another Dockerfile.",
            "make extern builds it anew.",
        )
    return name


def build_base_images(project: Project) -> list[str]:
    """Fetch the submodules and build the bases; the names of their images. Raises Failure.

    A submodule that cannot be fetched and holds none of the bases is only remarked on.
    """
    wanted = configured_bases(project)
    for path in submodules.pinned_commit(project.root):
        try:
            submodules.fetch_submodule(project.root, path)
        except LabcoatError as failure:
            if not wanted or any(base.dockerfile.is_relative_to(path) for base in wanted):
                raise
            print(
                f"labcoat: {failure.message} No base in LABCOAT_EXTERN is in it.", file=sys.stderr
            )
    return [_build(project, base) for base in wanted]


@dataclass(frozen=True)
class SubmodulePin:
    """A submodule's commit or an image's digest, and the newest one upstream; empty where that cannot be reached."""

    name: str
    pinned: str
    newest: str
    where: str = ""

    @property
    def is_behind(self) -> bool:
        """Whether the upstream has another one."""
        return bool(self.newest) and self.newest != self.pinned

    def __str__(self) -> str:
        what = (
            f"behind: {_short(self.newest)}"
            if self.is_behind
            else "up to date"
            if self.newest
            else "cannot be reached"
        )
        return f"{self.name} {_short(self.pinned)} {what}" + (
            f" ({self.where})" if self.where else ""
        )


def submodule_status(project: Project) -> list[SubmodulePin]:
    """Each submodule and each pinned image, held against its upstream."""
    root = project.root
    found = [
        SubmodulePin(
            path, commit, submodules.newest_commit(root, path), submodules.submodule_url(root, path)
        )
        for path, commit in submodules.pinned_commit(root).items()
    ]
    images = pins.read_pins(project.root).images.items()
    return found + [
        SubmodulePin(image, pinned, pins.resolve_digest(project, image)) for image, pinned in images
    ]


def _short(identity: str) -> str:
    return identity[: 19 if ":" in identity else 12]


@dataclass(frozen=True)
class BaseImageRecipe:
    """All that determines a base, its commit aside: images by the names that the Dockerfile has for them, each by digest."""

    build: BuildContext
    bases: Mapping[str, str]  # whose apt is dated
    sources: Mapping[str, str]  # that only files are taken from
    date: str
    uncommitted: Mapping[str, str]

    def digest(self) -> str:
        """One digest of all of it. Raises OSError where the Dockerfile cannot be read."""
        images = [dict(self.bases), dict(self.sources)]
        text = files.text_digest(self.build.dockerfile_path.read_bytes())
        return files.text_digest(
            json.dumps([text, images, self.date, dict(self.uncommitted)], sort_keys=True).encode()
        )


def _recipe(project: Project, base: BaseImage) -> BaseImageRecipe:
    path = project.root / base.dockerfile
    if not path.is_file():
        raise LabcoatError(
            f"There is no {base.dockerfile}.",
            "Correct LABCOAT_EXTERN, or fetch the submodule: make extern.",
        )
    build = BuildContext(path.parent, path.name)
    try:
        parsed = build.parsed
    except (ValueError, OSError) as error:
        raise LabcoatError(
            f"{base.dockerfile}: {error}", "Correct the Dockerfile, or LABCOAT_EXTERN."
        ) from error
    pinned = pins.read_pins(project.root)
    bases, sources = (
        {image: _by_digest(base, image, pinned) for image in images}
        for images in (_bases(parsed), _sources(parsed))
    )
    return BaseImageRecipe(build, bases, sources, pinned.date, _uncommitted(path))


def _by_digest(base: BaseImage, image: str, pinned: pins.Pins) -> str:
    if "@" in image:
        return image
    if image not in pinned.images:
        raise LabcoatError(
            f"{base.dockerfile} builds on {image}, which is not pinned.",
            f"Pin it: labcoat extern pin {image}.",
        )
    return f"{image}@{pinned.images[image]}"


def _bases(parsed: Dockerfile) -> list[str]:
    """The images, other than its own stages, that a Dockerfile builds on."""
    return [
        stage.base
        for stage in parsed.stages
        if not parsed.base_stage(stage) and stage.base != "scratch"
    ]


def _sources(parsed: Dockerfile) -> list[str]:
    """The images, other than its own stages, that a Dockerfile takes files from.

    BuildKit expands no variables in COPY --from and RUN --mount=from; COPY --from=0 is a stage.
    """
    found = (
        (each, image)
        for stage in parsed.stages
        for each in stage.instructions
        for image in each.copied_from
    )
    return [
        image
        for each, image in found
        if image not in ("", "scratch")
        and not (each.name == "COPY" and image.isdecimal())
        and not parsed.stage(image)
    ]


def _build(project: Project, base: BaseImage) -> str:
    recipe, name = _recipe(project, base), base_image_tag(project, base)
    preflight.refuse_secrets(recipe.build, base.folder)
    if recipe.uncommitted:
        print(
            f"labcoat: {base.folder} has changes that are not committed; they are in {name}",
            file=sys.stderr,
        )
    dated = {image: _dated(project, fixed, recipe.date) for image, fixed in recipe.bases.items()}
    words = ["--tag", name, "--label", f"{RECIPE}={recipe.digest()}"]
    for image, fixed in {**recipe.sources, **dated}.items():
        words += ["--build-context", f"{image}=docker-image://{fixed}"]
    time = git.last_commit_time(project.root, [base.folder]) or 0
    path = recipe.build.dockerfile_path
    _docker_build(
        project,
        [*words, "--build-arg", f"SOURCE_DATE_EPOCH={time}", "--file", str(path), str(path.parent)],
    )
    return name


def _dated(project: Project, image: str, date: str) -> str:
    """`image` with its apt, if it has one, set to the archive of `date`; itself where no date is set."""
    if not date:
        return image
    name = f"{PREFIX}dated:{image.rpartition(':')[2][:12]}-{date.lower()}"
    text = _DATED.format(base=image, archive=_ARCHIVE, date=date)
    folder = files.state_folder(project.state) / "extern"
    files.write_file(folder / "Dockerfile", text)
    _docker_build(project, ["--tag", name, "--build-arg", "SOURCE_DATE_EPOCH=0", str(folder)])
    return name


def _docker_build(project: Project, words: list[str]) -> None:
    environ = os.environ | {
        "DOCKER_BUILDKIT": "1",
        "BUILDKIT_PROGRESS": "plain",
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
    }
    command = [*client.docker_command(project), "build", *client.docker_flags(project), *words]
    outcome = process.run_process(command, environ, project.root, show=BuildProgress().show)
    if outcome.status:
        raise explain_build_error(outcome.output, files.state_folder(project.state) / "extern.log")


def _commit(project: Project, base: BaseImage) -> str:
    """The commit of the submodule that holds a base's Dockerfile; of a folder that is in none, its last."""
    for path, commit in submodules.pinned_commit(project.root).items():
        if base.dockerfile.is_relative_to(path):
            return commit
    found = (
        git.run_git(project.root, "log", "-1", "--format=%H", "--", base.folder).decode().strip()
    )
    if not found:
        raise LabcoatError(
            f"{base.folder} is in no commit, so its image has no name.", "Commit it."
        )
    return found


def _uncommitted(dockerfile: Path) -> dict[str, str]:
    """What is not committed in the Dockerfile's folder: paths, each with git's word for the change and a digest of the file."""
    folder = dockerfile.parent
    top = git.git_root(folder)
    if not dockerfile.is_file() or not top:
        return {}
    said = git.git_lines(
        folder, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", "."
    )
    return {line[3:]: line[:3] + _digest(top / line[3:]) for line in said}


def _digest(path: Path) -> str:
    """Of a file's bytes; empty where there is none that can be read, as of what is deleted."""
    try:
        return str(path.readlink()) if path.is_symlink() else files.text_digest(path.read_bytes())
    except OSError:
        return ""
