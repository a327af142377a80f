"""What the engine knows about the images on this machine."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from labcoat.container.engine import client
from labcoat.container.engine.errors import image_name_error
from labcoat.container.engine.image_reference import find_digest
from labcoat.core.project import Project
from labcoat.core.records import Record


class LocalImage(Record):
    """An image on this machine: its id, its names by digest, and its ONBUILD instructions."""

    id: str
    repo_digests: tuple[str, ...]
    triggers: tuple[str, ...]


def inspect_image(
    project: Project, image: str, form: str, setting: str = "LABCOAT_IMAGE"
) -> str | None:
    """Return what `docker image inspect --format form` prints; None if `image` does not exist.

    Raise LabcoatError if `image`, the value of `setting`, is not a valid name.
    """
    done = client.call_docker(project, "image", "inspect", "--format", form, image)
    if failure := image_name_error(image, done.stderr, setting):
        raise failure
    return None if done.returncode else done.stdout.strip()


def image_details(project: Project, image: str) -> dict[str, Any] | None:
    """Return all of `docker image inspect` of `image`; None if it does not exist.

    Raise LabcoatError if `image` is not a valid name.
    """
    done = client.call_docker(project, "image", "inspect", image)
    if failure := image_name_error(image, done.stderr):
        raise failure
    found: list[dict[str, Any]] = [] if done.returncode else json.loads(done.stdout)
    return found[0] if found else None


def start_find_images(
    project: Project, names: Iterable[str]
) -> Callable[[], dict[str, LocalImage]]:
    """Look up the images `names`; return a function that waits and returns the existing ones."""
    # All of .Config: podman's has no OnBuild that a template could name.
    form = "{{.Id}}\n{{json .RepoDigests}}\n{{json .Config}}"
    lookups = {
        name: client.start_docker(project, "image", "inspect", "--format", form, name)
        for name in names
    }

    def found() -> dict[str, LocalImage]:
        results = {name: wait() for name, wait in lookups.items()}
        return {
            name: _parse_image(*done.stdout.split("\n")[:3])
            for name, done in results.items()
            if not done.returncode
        }

    return found


def _parse_image(identity: str, repo_digests: str, settings: str) -> LocalImage:
    triggers = json.loads(settings).get("OnBuild") or ()
    return LocalImage(identity, tuple(json.loads(repo_digests) or ()), tuple(triggers))


def local_digest(project: Project, image: str) -> str:
    """Return the registry digest, `sha256:…`, of the local image `image`; "" if it has none.

    Raise LabcoatError if the engine is unreachable or `image` is not a valid name.
    """
    repo_digests = inspect_image(project, image, "{{json .RepoDigests}}")
    return find_digest(image, json.loads(repo_digests or "null") or ())
