"""What labcoat guarantees of images built with its own Dockerfile, and a custom one may lose."""

from collections.abc import Iterator

from labcoat.container.dockerfile.parser import Dockerfile, Stage

_WRITES = frozenset({"RUN", "ADD"})


def lost_guarantees(dockerfile: Dockerfile, text: str) -> list[str]:
    """Return what labcoat cannot guarantee of its image, each as `guarantee (reason)`."""
    if not dockerfile.stages:
        return []
    last = dockerfile.stages[-1]
    users = [each.rest.strip() for each in last.instructions if each.name == "USER"]
    lost = []
    if "--require-hashes" not in text:
        lost.append("that its packages match the lock (it installs without --require-hashes)")
    if any(
        each.name in _WRITES for stage in _base_chain(dockerfile) for each in stage.instructions
    ):
        lost.append("that every build gives the same image (a stage of it has a RUN or an ADD)")
    if not users or users[-1].partition(":")[0] in {"root", "0"}:
        lost.append("that it does not run as root (the last stage sets no other user)")
    return lost


def _base_chain(dockerfile: Dockerfile) -> Iterator[Stage]:
    """Yield the last stage and the stages that it builds on, whose layers are in the image."""
    stage: Stage | None = dockerfile.stages[-1]
    while stage:
        yield stage
        stage = dockerfile.base_stage(stage)
