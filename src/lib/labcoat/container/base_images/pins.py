"""`extern.toml`: the digests of the images that base images are built on, and the date of their package archive."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from labcoat.container.engine import client
from labcoat.container.engine.image_reference import digest_among
from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.toolchain import tool_env

NAME = "extern.toml"
_HEADER = """# What the base images in LABCOAT_EXTERN are built on. `labcoat extern pin IMAGE` writes a line of [images].
# date: that of snapshot.debian.org's archive, as 20261101T000000Z; empty takes the packages of the day.
"""


@dataclass(frozen=True)
class Pins:
    """The digest of each image, by its name with tag, and the archive's date."""

    images: dict[str, str]
    date: str = ""

    def text(self) -> str:
        """The file's text."""
        lines = "".join(
            f"{json.dumps(image)} = {json.dumps(digest)}\n"
            for image, digest in sorted(self.images.items())
        )
        return f"{_HEADER}date = {json.dumps(self.date)}\n\n[images]\n{lines}"


def read_pins(root: Path) -> Pins:
    """The pins of the project at `root`. Raises Failure where the file cannot be read."""
    path = root / NAME
    if not path.is_file():
        return Pins({})
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabcoatError(f"{NAME} cannot be read: {error}.", "Correct the line.") from None
    date = str(found.get("date", ""))
    if date and not re.fullmatch(r"\d{8}T\d{6}Z", date):
        raise LabcoatError(
            f"{NAME}: {date} is no date of the archive.", "Write it as 20261101T000000Z."
        )
    images = found.get("images", {})
    if not isinstance(images, dict):
        raise LabcoatError(
            f"{NAME}: images is no table.",
            "Write [images], and below it a line IMAGE = DIGEST for each.",
        )
    return Pins({str(name): str(digest) for name, digest in images.items()}, date)


def pin_bases(project: Project, image: str) -> str:
    """Resolve `image` to its present digest and write that down; the digest. Raises Failure where it cannot be had."""
    if not image.strip():
        raise LabcoatError(
            "An image without a name cannot be pinned.",
            "Name one, as in: labcoat extern pin debian:bookworm-slim",
        )
    digest = resolve_digest(project, image)
    if not digest:
        raise LabcoatError(
            f"The image {image} cannot be had from its registry.",
            "See to its name, the network, and docker login.",
        )
    pinned = read_pins(project.root)
    files.write_file(project.root / NAME, Pins(pinned.images | {image: digest}, pinned.date).text())
    return digest


def resolve_digest(project: Project, image: str) -> str:
    """The digest that the registry has for `image` now; empty where it cannot be asked."""
    return _asked(project, image) or _pulled(project, image)


def _asked(project: Project, image: str) -> str:
    """The digest, without the image; empty where the engine (podman) or the registry does not tell it so."""
    if client.is_podman(project):
        return ""
    tool_env.use_tools()
    from docker.errors import DockerException

    docker = client.sdk_client(project)
    try:
        return str(docker.images.get_registry_data(image).id)
    except DockerException:  # also what is no name for an image
        return ""


def _pulled(project: Project, image: str) -> str:
    if client.call_docker(project, "pull", "--quiet", image).returncode:
        return ""
    return digest_among(
        image, json.loads(client.inspect_image(project, image, "{{json .RepoDigests}}") or "[]")
    )
