"""The steps that made an image, by its history, compared with those of its Dockerfile."""

import json
from collections.abc import Iterator, Sequence

from labcoat.container.dockerfile.parser import Stage
from labcoat.container.engine import client
from labcoat.core.project import Project

_BUILDKIT = "buildkit.dockerfile.v0"  # the comment of BuildKit's steps
_UNRECORDED = frozenset({"FROM", "ARG"})
# labcoat's Dockerfile takes the project's files by either.
_SAME = {"ADD": "COPY"}
_SHOWN = 60


def describe_other_steps(project: Project, image: str, chain: Sequence[Stage]) -> str | None:
    """Describe the last step of `image` that its Dockerfile does not have; empty if there is none.

    `chain` are the Dockerfile's stages. Steps are compared by their instructions. Return None for
    an image that BuildKit did not build, of which nothing is known.
    """
    steps = list(_read_steps(project, image))
    if not any(comment == _BUILDKIT for comment, _ in steps):
        return None
    wanted = [
        each.name for stage in chain for each in stage.instructions if each.name not in _UNRECORDED
    ]
    for name, (comment, text) in zip(reversed(wanted), steps, strict=False):
        own = text.split(" ", 1)[0]
        if comment != _BUILDKIT or _SAME.get(own, own) != _SAME.get(name, name):
            shown = " ".join(text.split())
            shown = f"{shown[:_SHOWN]} …" if len(shown) > _SHOWN else shown
            return f"has the step `{shown or comment}` where its Dockerfile has {name}"
    return "" if len(steps) >= len(wanted) else "lacks steps of its Dockerfile"


def _read_steps(project: Project, image: str) -> Iterator[tuple[str, str]]:
    """Yield comment and text of each step, the last one first; nothing if the engine has none."""
    words = ("history", "--no-trunc", "--format", "{{json .}}", image)
    for line in (client.query_docker(project, *words) or "").splitlines():
        try:
            found = json.loads(line)
            step = str(found["Comment"]), str(found["CreatedBy"])
        except (ValueError, KeyError, TypeError):
            return
        if step[1].split(" ", 1)[0] not in _UNRECORDED:
            yield step
