"""What determines a custom base image: its Dockerfile, the images by digest, the packages' date.

A submodule alone is not reproducible: its Dockerfile builds on a tag that moves and installs from
an archive that moves.
"""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from labcoat.container.base_images import extern_pins, submodules
from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile.parser import Dockerfile
from labcoat.core import files, git, git_status
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record

PREFIX = "extern/"


class BaseImage(Record):
    """A base image to build: its name and its Dockerfile, relative to the project."""

    name: str
    dockerfile: PurePosixPath

    @property
    def folder(self) -> str:
        """The folder that is its build context."""
        return str(self.dockerfile.parent)


class BaseImageRecipe(Record):
    """All that determines a base image except its commit.

    `bases` and `sources` map the names of images in the Dockerfile to names by digest: those it
    builds on, whose apt is set to `date`, and those it only copies files from. `uncommitted` maps
    changed paths to git's status and a digest.
    """

    build: BuildContext
    bases: Mapping[str, str]
    sources: Mapping[str, str]
    date: str
    uncommitted: Mapping[str, str]

    def digest(self) -> str:
        """Return one digest of the recipe. Raise OSError if the Dockerfile cannot be read."""
        images = [dict(self.bases), dict(self.sources)]
        text = files.text_digest(self.build.dockerfile_path.read_bytes())
        return files.text_digest(
            json.dumps([text, images, self.date, dict(self.uncommitted)], sort_keys=True).encode()
        )


def configured_bases(project: Project) -> list[BaseImage]:
    """Return the base images in LABCOAT_EXTERN, each written NAME=FOLDER/Dockerfile.

    Raise LabcoatError if a word is malformed.
    """
    bases = []
    for word in project["EXTERN"].split():
        name, _, path = word.partition("=")
        if not name or not path:
            raise LabcoatError(
                f"invalid LABCOAT_EXTERN `{word}`",
                "Write NAME=FOLDER/Dockerfile, several separated by spaces",
            )
        bases.append(BaseImage(name, PurePosixPath(path)))
    return bases


def base_image_tag(project: Project, base: BaseImage) -> str:
    """Return the name of a base image: `extern/NAME:COMMIT`, with `-dirty` if it is modified.

    COMMIT is the submodule's. Raise LabcoatError if the Dockerfile is not committed.
    """
    dirty = "-dirty" if _uncommitted_changes(project.root / base.dockerfile) else ""
    return f"{PREFIX}{base.name}:{_commit_of(project, base)[:12]}{dirty}"


def read_recipe(project: Project, base: BaseImage) -> BaseImageRecipe:
    """Return the recipe of `base`.

    Raise LabcoatError if the Dockerfile cannot be read or builds on an image that is not pinned.
    """
    path = project.root / base.dockerfile
    if not path.is_file():
        raise LabcoatError(
            f"`{base.dockerfile}` does not exist",
            "Correct LABCOAT_EXTERN, or fetch the submodule with `make extern`",
        )
    build = BuildContext(path.parent, path.name)
    try:
        parsed = build.parsed
    except (ValueError, OSError) as error:
        raise LabcoatError(
            f"cannot parse `{base.dockerfile}`: {error}", "Correct the file, or LABCOAT_EXTERN"
        ) from error
    pinned = extern_pins.read_pins(project.root)
    bases, sources = (
        {image: _name_by_digest(base, image, pinned) for image in images}
        for images in (_base_images(parsed), _source_images(parsed))
    )
    return BaseImageRecipe(build, bases, sources, pinned.date, _uncommitted_changes(path))


def _name_by_digest(base: BaseImage, image: str, pinned: extern_pins.ExternPins) -> str:
    if "@" in image:
        return image
    if image not in pinned.images:
        raise LabcoatError(
            f"`{base.dockerfile}` builds on `{image}`, which is not pinned",
            f"Pin it with `labcoat extern pin {image}`",
        )
    return f"{image}@{pinned.images[image]}"


def _base_images(parsed: Dockerfile) -> list[str]:
    """Return the images, its own stages excepted, that a Dockerfile builds on."""
    return [
        stage.base
        for stage in parsed.stages
        if not parsed.base_stage(stage) and stage.base != "scratch"
    ]


def _source_images(parsed: Dockerfile) -> list[str]:
    """Return the images, its own stages excepted, that a Dockerfile copies files from.

    BuildKit expands no variables in COPY --from and RUN --mount=from; COPY --from=0 is a stage.
    """
    found = (
        (instruction, image)
        for stage in parsed.stages
        for instruction in stage.instructions
        for image in instruction.copied_from
    )
    return [
        image
        for instruction, image in found
        if image not in ("", "scratch")
        and not (instruction.name == "COPY" and image.isdecimal())
        and not parsed.stage(image)
    ]


def _commit_of(project: Project, base: BaseImage) -> str:
    """Return the commit of the submodule with the Dockerfile of `base`, else of its folder."""
    for path, commit in submodules.pinned_commits(project.root).items():
        if base.dockerfile.is_relative_to(path):
            return commit
    found = (
        git.run_git(project.root, "log", "-1", "--format=%H", "--", base.folder).decode().strip()
    )
    if not found:
        raise LabcoatError(
            f"`{base.folder}` is not committed, so its image has no tag", "Commit it"
        )
    return found


def _uncommitted_changes(dockerfile: Path) -> dict[str, str]:
    """Return the changed paths in the Dockerfile's folder, with git's status and a digest each."""
    folder = dockerfile.parent
    top = git.git_root(folder)
    if not dockerfile.is_file() or not top:
        return {}
    lines = git_status.read_status(folder, "--no-renames", "--untracked-files=all", "--", ".")
    return {line[3:]: line[:3] + _file_digest(top / line[3:]) for line in lines}


def _file_digest(path: Path) -> str:
    """Return a digest of a file, the target of a link, or "" if neither can be read."""
    try:
        return str(path.readlink()) if path.is_symlink() else files.text_digest(path.read_bytes())
    except OSError:
        return ""
