"""DKF003: the users of images, and those that compose files start them as."""

import posixpath
import re

from labcoat.container.base_images.official import is_official
from labcoat.container.dockerfile.parser import Stage
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository.build_discovery import without_tag
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.compose_files import merge_services
from labcoat.lint.repository.declared_builds import DeclaredBuild
from labcoat.lint.repository.docker_builds import DockerBuilds

_ROOT = lazy_pattern(r"(?:0|root)(?::.*)?")
# Base images that set a user other than root.
_OF_NODE = lazy_pattern(r"(?:.*/)?node(?:[:@].*)?")
NOT_ROOT = lazy_pattern(
    r"(?:.*[/:_-])?(?:nonroot|rootless|unprivileged)\b.*"
    r"|.*(?:chainguard|ubi\d*/(?:python|nodejs|openjdk)|s2i-).*|cgr\.dev/.+"
    r"|(?:(?:docker\.io|quay\.io)/)?"
    r"(?:jupyter|bitnami|apache/airflow|mambaorg|rayproject|grafana|jenkins|selenium)\b.*",
    re.IGNORECASE,
)
_OF_ROOT = lazy_pattern(r"(?<![\w.-])/root(?:/|\s|$)")
_KEEPS_FILES = frozenset({"WORKDIR", "COPY", "ADD"})


def advise_user(base: str, stage: Stage) -> str:
    """Return how an image on top of `base`, of which `stage` is the last one, gets another user."""
    if NOT_ROOT.fullmatch(base):
        return f"End with the USER of {base} again"
    if _OF_NODE.fullmatch(base):
        return "End with `USER node`, the user with uid 1000 that the image has"
    hint = "Create a user with uid 1000 and end with `USER 1000`"
    if any(each.name in _KEEPS_FILES and _OF_ROOT.search(each.rest) for each in stage.instructions):
        hint += "; its files have to be elsewhere than in /root, which no other user can enter"
    return hint


def describe_user(builds: DockerBuilds, facts: BuildFacts, stage: Stage) -> str:
    """Return a remark on a compose file that starts this image as another user than it has.

    Each service with the image has to name a user, and one of them another than root: a service
    that prepares folders may be root. Empty if that is not so.
    """
    services = _find_services(merge_services(builds.services), facts, stage)
    if not all(each.user for each in services):
        return ""
    others = (each.file for each in services if not _ROOT.fullmatch(each.user))
    path = next(others, "")
    return f", unless `user` in {path} says another" if path else ""


def _find_services(
    services: list[DeclaredBuild], facts: BuildFacts, stage: Stage
) -> list[DeclaredBuild]:
    """Return the services that start what is built up to a stage of a Dockerfile."""
    names = ("", stage.name.lower(), str(stage.index))
    own = [
        each
        for each in services
        if facts.dockerfile in (each.dockerfile, each.file if each.is_inline else "")
        and each.target.lower() in names
    ]
    if own or any(each.builds for each in services):
        images = {without_tag(each.image) for each in own} - {""}
        same = (each for each in services if not each.builds)
        return own + [each for each in same if without_tag(each.image) in images]
    # What is built by other means, as the folder of the compose file tells.
    folder = f"/{posixpath.dirname(facts.dockerfile)}/".replace("//", "/")
    return [
        each
        for each in services
        if each.user
        and not is_official(each.image)
        and folder.startswith(f"/{posixpath.dirname(each.file)}/".replace("//", "/"))
    ]
