"""Images that the repository builds itself, and those that Dockerfiles take from elsewhere."""

import posixpath
import re
from collections.abc import Collection, Iterator, Set

from labcoat.container.base_images.official import is_official
from labcoat.container.dockerfile.parser import Dockerfile, DockerfileError, Instruction, Stage
from labcoat.lint.repository.build_discovery import without_tag
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds


def _image_of(path: str) -> str:
    """Return the image that a Dockerfile is named after, such as `spark-base.Dockerfile`.

    Empty for a name without a hyphen: `python.Dockerfile` may stand beside a `FROM python`.
    """
    found = re.fullmatch(
        r"(?:.*/)?(?:dockerfile\.([\w-]+)|([\w-]+)\.dockerfile)", path, re.IGNORECASE
    )
    name = (found[1] or found[2]) if found else ""
    return name if "-" in name else ""


def own_images(builds: DockerBuilds, all_facts: Collection[BuildFacts]) -> set[str]:
    """Return what the repository builds: images, and `*/name` for one in a folder of that name.

    A folder's name has a hyphen or an underscore, as those of images: `spark/Dockerfile` may extend
    another spark.
    """
    own = {name for facts in all_facts if (name := _image_of(facts.dockerfile))}
    named: set[str] = set()
    for facts in all_facts:
        folder = posixpath.basename(posixpath.dirname(facts.dockerfile))
        if re.search("[-_]", folder):
            own.add(f"*/{folder}")
        if not isinstance(facts.parsed, DockerfileError):
            named |= {without_tag(image) for image, _ in used_images(facts.parsed)}
    # Compose may name what it builds after the base: `build: .` and `image: node:16`.
    return own | builds.find_built({each for each in named if each and not is_official(each)})


def used_images(parsed: Dockerfile) -> Iterator[tuple[str, int]]:
    """Yield the images that a Dockerfile takes from elsewhere, each with its line."""
    for stage in parsed.stages:
        if parsed.base_stage(stage) is None:
            yield stage.base, stage.line
        for each in (*stage.instructions, *stage.triggers):
            for image in each.copied_from:
                if image and parsed.stage(image) is None:
                    yield image, each.line


def copied_images(all_facts: Collection[BuildFacts], own: Collection[str]) -> set[str]:
    """Return the last words of the repository's images that Dockerfiles copy files from."""
    return {
        posixpath.basename(without_tag(image))
        for facts in all_facts
        if not isinstance(facts.parsed, DockerfileError)
        for stage in facts.parsed.stages
        for each in (*stage.instructions, *stage.triggers)
        for image in each.copied_from
        if image and facts.parsed.stage(image) is None and is_own(facts, image, own)
    }


def only_carries(facts: BuildFacts, parsed: Dockerfile, copied: Set[str]) -> bool:
    """Whether an image starts no program: others copy its files, by the name of its folder."""
    folder = posixpath.basename(posixpath.dirname(facts.dockerfile))
    return not copied.isdisjoint({folder, _image_of(facts.dockerfile)} - {""}) and not any(
        list_named(parsed, "RUN", "CMD", "ENTRYPOINT")
    )


def is_own(facts: BuildFacts, image: str, own: Collection[str]) -> bool:
    """Whether the repository itself builds or names `image`: there is no digest of it to pin."""
    if image in facts.named_contexts:
        return True
    name = without_tag(image)
    last = posixpath.basename(name)
    folder = posixpath.basename(posixpath.dirname(facts.dockerfile))
    return name in own or (f"*/{last}" in own and last != folder)


def list_named(parsed: Dockerfile, *names: str) -> Iterator[Instruction]:
    """Yield the instructions of the image's stages with one of `names`, the last stage's first."""
    stage: Stage | None = parsed.stages[-1]
    while stage is not None:
        yield from (each for each in stage.instructions if each.name in names)
        stage = parsed.base_stage(stage)
