"""Which image `make docker` built last under each name, by id.

An image that was built on top of it, or committed from a container, keeps its labels; only its id
tells it apart.
"""

import contextlib
import json
import os

from labcoat.core import files
from labcoat.core.project import Project

_NAME = "images.json"


def remember_build(project: Project, image: str, identity: str) -> None:
    """Remember that `image` has the id `identity`; nothing if the file cannot be written."""
    with contextlib.suppress(OSError):
        known = {**_read_known(project), _key(project, image): identity}
        files.write_file(
            files.state_folder(project.state) / _NAME, json.dumps(known, indent=1) + "\n"
        )


def is_own_build(project: Project, image: str, identity: str) -> bool | None:
    """Return whether `make docker` built the image with this id; None if it built none here."""
    known = _read_known(project).get(_key(project, image))
    # podman writes ids with their algorithm in one place and without it in others.
    return known.rpartition(":")[2] == identity.rpartition(":")[2] if known else None


def _key(project: Project, image: str) -> str:
    """Return the image's name with the engine it is in."""
    engine = (project["DOCKER"], *map(os.environ.get, ("DOCKER_HOST", "DOCKER_CONTEXT")))
    return " ".join([*filter(None, engine), image])


def _read_known(project: Project) -> dict[str, str]:
    try:
        found = json.loads((project.state / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: one for name, one in found.items() if isinstance(one, str)}
