"""Which image an image stands on: the one that the project names, else the pinned one of its Python."""

import tomllib
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

_PINNED = Path(__file__).with_name("bases.toml")


def base_image(project: Project, minor: str) -> str:
    """The base of `project`'s image for Python `minor`, as in "3.11". Raises Failure where none is known."""
    return project["BASE_IMAGE"] or _pinned(minor)


def pinned_images() -> dict[str, str]:
    """The base image, by digest, of each minor version of Python that labcoat knows."""
    bases: dict[str, str] = tomllib.loads(_PINNED.read_text(encoding="utf-8"))["python"]
    return bases


def _pinned(minor: str) -> str:
    bases = pinned_images()
    if minor not in bases:
        raise LabcoatError(
            f"labcoat knows no base image for Python {minor}, only for {', '.join(bases)}.",
            "Name one, by digest: LABCOAT_BASE_IMAGE=IMAGE@sha256:…",
        )
    return bases[minor]
