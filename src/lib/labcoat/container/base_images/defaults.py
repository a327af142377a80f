"""The base image of a project's image: the user's choice, else the pinned one of its Python."""

import tomllib
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

_PINNED = Path(__file__).with_name("bases.toml")


def base_image(project: Project, minor: str) -> str:
    """Return the base image of `project` for Python `minor`, for example `3.11`.

    Raise LabcoatError if labcoat has none for it.
    """
    return project["BASE_IMAGE"] or _pinned_image(minor)


def pinned_images() -> dict[str, str]:
    """Return the base image, by digest, of each minor version of Python that labcoat supports."""
    images: dict[str, str] = tomllib.loads(_PINNED.read_text(encoding="utf-8"))["python"]
    return images


def _pinned_image(minor: str) -> str:
    images = pinned_images()
    if minor not in images:
        raise LabcoatError(
            f"labcoat has no base image for Python {minor}, only for {', '.join(images)}",
            "Choose one by digest: `LABCOAT_BASE_IMAGE=IMAGE@sha256:…`",
        )
    return images[minor]
