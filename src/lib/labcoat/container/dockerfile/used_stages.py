"""The stages of a Dockerfile that others have something from."""

from collections.abc import Iterable, Iterator

from labcoat.container.dockerfile.parser import Dockerfile, Stage


def find_used_stages(parsed: Dockerfile, stages: Iterable[Stage]) -> Iterator[Stage]:
    """Yield `stages` and those that they build on, or copy or mount files from."""
    waiting, seen = list(stages), set()
    while waiting:
        stage = waiting.pop()
        if stage.index in seen:
            continue
        seen.add(stage.index)
        yield stage
        sources = (
            parsed.stage(name)
            for each in (*stage.instructions, *stage.triggers)
            for name in each.copied_from
            if name
        )
        waiting += filter(None, (parsed.base_stage(stage), *sources))
