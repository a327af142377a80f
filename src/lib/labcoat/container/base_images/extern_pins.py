"""`extern.toml`: digests of the images that base images build on, and their packages' date."""

import json
import re
import tomllib
from pathlib import Path

from labcoat.container.engine import client
from labcoat.container.engine.local_images import local_digest
from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.toolchain import tool_env

NAME = "extern.toml"
_HEADER = """# Digests of the images that the base images in LABCOAT_EXTERN build on; \
`labcoat extern pin IMAGE` adds one.
# date: snapshot of snapshot.debian.org, such as 20261101T000000Z; empty for the latest packages.
"""


class ExternPins(Record):
    """The digest of each image, by its name with tag, and the date of Debian's archive."""

    images: dict[str, str]
    date: str = ""

    def to_toml(self) -> str:
        """Return the text of extern.toml."""
        lines = "".join(
            f"{json.dumps(image)} = {json.dumps(digest)}\n"
            for image, digest in sorted(self.images.items())
        )
        return f"{_HEADER}date = {json.dumps(self.date)}\n\n[images]\n{lines}"


def read_pins(root: Path) -> ExternPins:
    """Return the pins of the project at `root`; none if there is no extern.toml.

    Raise LabcoatError if it is malformed.
    """
    path = root / NAME
    if not path.is_file():
        return ExternPins({})
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabcoatError(f"cannot parse {NAME}: {error}") from None
    date = str(found.get("date", ""))
    if date and not re.fullmatch(r"\d{8}T\d{6}Z", date):
        raise LabcoatError(f"invalid date `{date}` in {NAME}", "Write it like `20261101T000000Z`")
    images = found.get("images", {})
    if not isinstance(images, dict):
        raise LabcoatError(
            f"`images` in {NAME} is not a TOML table",
            'Write `[images]`, then a line `"python:3.12" = "sha256:…"` for each image',
        )
    return ExternPins({str(name): str(digest) for name, digest in images.items()}, date)


def pin_image(project: Project, image: str) -> str:
    """Write the present digest of `image` to extern.toml, and return it.

    Raise LabcoatError if it cannot be resolved.
    """
    if not image.strip():
        raise LabcoatError(
            "cannot pin an image without a name",
            "Name it, for example `labcoat extern pin debian:bookworm-slim`",
        )
    digest = resolve_digest(project, image)
    if not digest:
        raise LabcoatError(
            f"cannot resolve image `{image}`",
            "Check the name, your network connection and `docker login`",
        )
    old = read_pins(project.root)
    new = ExternPins(old.images | {image: digest}, old.date)
    files.write_file(project.root / NAME, new.to_toml())
    return digest


def resolve_digest(project: Project, image: str) -> str:
    """Return the present digest of `image` in its registry; "" if that cannot be reached."""
    return _query_registry(project, image) or _pull_digest(project, image)


def _query_registry(project: Project, image: str) -> str:
    """Return the digest without a pull; "" for podman, or if the registry refuses."""
    if client.is_podman(project):
        return ""
    tool_env.use_tools()
    from docker.errors import DockerException

    docker = client.sdk_client(project)
    try:
        return str(docker.images.get_registry_data(image).id)
    except DockerException:  # also for an invalid name
        return ""


def _pull_digest(project: Project, image: str) -> str:
    if client.call_docker(project, "pull", "--quiet", image).returncode:
        return ""
    return local_digest(project, image)
