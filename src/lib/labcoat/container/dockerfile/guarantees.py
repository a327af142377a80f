"""What labcoat cannot promise of an image whose Dockerfile a person has written."""

from collections.abc import Iterator

from labcoat.container.dockerfile.parser import Dockerfile, Stage

_WRITES = frozenset({"RUN", "ADD"})


def lost_guarantees(dockerfile: Dockerfile, text: str) -> list[str]:
    """What does not hold of its image, each the end of the sentence "labcoat cannot promise …"."""
    if not dockerfile.stages:
        return []
    last = dockerfile.stages[-1]
    users = [each.rest.strip() for each in last.instructions if each.name == "USER"]
    found = []
    if "--require-hashes" not in text:
        found.append("that its packages are the lock's (it does not install with --require-hashes)")
    if any(each.name in _WRITES for stage in _chain(dockerfile) for each in stage.instructions):
        found.append("the same image twice (a stage of the image has a RUN or an ADD)")
    if not users or users[-1].partition(":")[0] in {"root", "0"}:
        found.append("a user who is not root (its last stage names none)")
    return found


def _chain(dockerfile: Dockerfile) -> Iterator[Stage]:
    """Yield the last stage and the stages that it is built on, whose layers are the image's."""
    stage: Stage | None = dockerfile.stages[-1]
    while stage:
        yield stage
        stage = dockerfile.base_stage(stage)
