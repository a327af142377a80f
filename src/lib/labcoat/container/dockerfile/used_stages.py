"""The stages of a Dockerfile that others have something from."""

from collections.abc import Iterable, Iterator

from labcoat.container.dockerfile.parser import Dockerfile, Stage
from labcoat.core.patterns import lazy_pattern

_FOR_TESTS = lazy_pattern(
    r"(?i)(?:^|[-_.])(?:dev|devel|development|debug|tests?|testing|lint|ci)(?:[-_.]|$)"
)


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


def is_for_tests(stage: Stage) -> bool:
    """Whether the name of a stage says that it is for tests or development."""
    return bool(_FOR_TESTS.search(stage.name))


def find_shipped_stage(parsed: Dockerfile, targets: Iterable[str] = ()) -> Stage:
    """Return the stage of the image: the last one, or one before which has nothing to do with that.

    Whoever puts a stage for tests last builds the other one with `--target`. `targets` are all
    stages that are known to be built, if any are.
    """
    built = [stage for name in targets if (stage := parsed.stage(name))]
    if shipped := [each for each in built if not is_for_tests(each)]:
        return max(shipped, key=lambda each: each.index)
    last = parsed.stages[-1]
    if not is_for_tests(last):
        return last
    used = {each.index for each in find_used_stages(parsed, [last])}
    others = (each for each in parsed.stages[::-1] if each.index not in used)
    return next((each for each in others if each.name and not is_for_tests(each)), last)
