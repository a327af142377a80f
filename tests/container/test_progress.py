"""What of a builder's log a person sees."""

import pytest

from labcoat.container.progress import Progress

CACHED = (
    "#5 [packages 1/4] FROM docker.io/base\n#5 CACHED\n\n#6 exporting to image\n#6 writing image sha256:12 done\n#6 DONE 0.0s\n"
)
WORKED = "#7 [packages 4/4] RUN --mount=type=cache,target=/c echo hi\n#7 0.2 Installed 1 package in 3ms\n#7 DONE 0.5s\n"


def shown(log: str) -> list[str]:
    progress = Progress()
    return [line for written in log.splitlines(keepends=True) for line in progress.lines(written)]


@pytest.mark.parametrize(
    ("log", "seen"),
    [
        (CACHED, []),
        (WORKED, ["[packages 4/4] RUN echo hi", "  Installed 1 package in 3ms"]),
        ("#2 [internal] load .dockerignore\n#2 transferring context: 2B done\n#2 DONE 0.0s\n", []),
        ("#9 [image 2/4] COPY --from=packages /out/ /\n#9 DONE 9.1s\n", ["[image 2/4] COPY --from=packages /out/ /"]),
    ],
    ids=["nothing done", "a step that ran", "the builder's own", "a copy"],
)
def test_only_what_is_worked_on_is_shown(log: str, seen: list[str]) -> None:
    """A build with nothing to do is silent; a step is shown once it runs, with what its programs say."""
    assert shown(log) == seen
