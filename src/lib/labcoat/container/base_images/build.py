"""Build custom base images from Dockerfiles in git submodules.

The images that a Dockerfile builds on are replaced by digests, and their apt is set to a fixed
date, with BuildKit's build contexts and without changes to the Dockerfile:
https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
"""

import os

from labcoat.container.base_images import submodules
from labcoat.container.base_images.recipe import (
    PREFIX,
    BaseImage,
    base_image_tag,
    configured_bases,
    read_recipe,
)
from labcoat.container.context import preflight
from labcoat.container.engine import client
from labcoat.container.engine.build_errors import explain_build_error
from labcoat.container.engine.build_progress import BuildProgress
from labcoat.container.engine.flags import docker_flags
from labcoat.container.engine.local_images import inspect_image
from labcoat.core import files, git, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

RECIPE = "org.labcoat.extern.digest"  # the label with the digest of a base image's recipe
_APT_LINE = '"deb [check-valid-until=no] {{archive}}/{}/{{date}} $VERSION_CODENAME{} main"'
_DATED = f"""FROM {{base}}
USER root
RUN . /etc/os-release; if [ "$ID" = debian ]; then \\
  rm -rf /etc/apt/sources.list.d; \\
  echo {_APT_LINE.format("debian", "")} >/etc/apt/sources.list; \\
  echo {_APT_LINE.format("debian", "-updates")} >>/etc/apt/sources.list; \\
  echo {_APT_LINE.format("debian-security", "-security")} >>/etc/apt/sources.list; \\
  touch -d @0 /etc/apt/sources.list /etc/apt; fi
"""
_ARCHIVE = "http://snapshot.debian.org/archive"


def resolve_base_image(project: Project, image: str) -> str:
    """Return `image`, or for `extern/NAME` the tag of that base image at its present commit.

    Raise LabcoatError if it is not built or stale.
    """
    if not image.startswith(PREFIX) or ":" in image:
        return image
    known = {f"{PREFIX}{base.name}": base for base in configured_bases(project)}
    if image not in known:
        raise LabcoatError(
            f"base image `{image}` is not in LABCOAT_EXTERN",
            f"Choose one of: {', '.join(known)}"
            if known
            else "Add it to LABCOAT_EXTERN as NAME=FOLDER/Dockerfile",
        )
    name = base_image_tag(project, known[image])
    digest = inspect_image(project, name, f'{{{{index .Config.Labels "{RECIPE}"}}}}')
    if digest is None:
        raise LabcoatError(f"base image `{name}` is not built", "Build it with `make extern`")
    if digest != read_recipe(project, known[image]).digest():
        raise LabcoatError(
            f"base image `{name}` is stale: its Dockerfile or its pins changed",
            "Rebuild it with `make extern`",
        )
    return name


def build_base_images(project: Project) -> list[str]:
    """Fetch the submodules and build the base images in LABCOAT_EXTERN; return their names.

    Raise LabcoatError if a build fails or a needed submodule cannot be fetched; for others, warn.
    """
    bases = configured_bases(project)
    for path in submodules.pinned_commits(project.root):
        try:
            submodules.fetch_submodule(project.root, path)
        except LabcoatError as failure:
            if not bases or any(base.dockerfile.is_relative_to(path) for base in bases):
                raise
            terminal.print_warning(
                f"{failure.message}; no base image in LABCOAT_EXTERN needs it", failure.hint
            )
    return [_build_base(project, base) for base in bases]


def _build_base(project: Project, base: BaseImage) -> str:
    """Build one base image; return its name."""
    recipe, name = read_recipe(project, base), base_image_tag(project, base)
    preflight.refuse_secrets(recipe.build, base.folder)
    if recipe.uncommitted:
        terminal.print_warning(f"`{base.folder}` has uncommitted changes, which `{name}` includes")
    bases = {
        image: _set_apt_date(project, by_digest, recipe.date)
        for image, by_digest in recipe.bases.items()
    }
    words = ["--tag", name, "--label", f"{RECIPE}={recipe.digest()}"]
    for image, replacement in {**recipe.sources, **bases}.items():
        words += ["--build-context", f"{image}=docker-image://{replacement}"]
    time = git.last_commit_time(project.root, [base.folder]) or 0
    path = recipe.build.dockerfile_path
    words += ["--build-arg", f"SOURCE_DATE_EPOCH={time}", "--file", str(path), str(path.parent)]
    _docker_build(project, words)
    return name


def _set_apt_date(project: Project, image: str, date: str) -> str:
    """Return an image like `image` whose apt reads the archive of `date`; `image` if that is ""."""
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
    command = [*client.docker_command(project), "build", *docker_flags(project), *words]
    outcome = process.run_process(command, environ, project.root, show=BuildProgress().show)
    if outcome.status:
        raise explain_build_error(outcome.output, files.state_folder(project.state) / "extern.log")
