"""Which lines of a builder's log are shown."""

import pytest

from labcoat.container.engine.build_progress import BuildProgress

CACHED = (
    "#5 [packages 1/4] FROM docker.io/base\n#5 CACHED\n\n"
    "#6 exporting to image\n#6 writing image sha256:12 done\n#6 DONE 0.0s\n"
)
WORKED = (
    "#7 [packages 4/4] RUN --mount=type=cache,target=/c echo hi\n"
    "#7 0.2 Installed 1 package in 3ms\n#7 DONE 0.5s\n"
)
# Docker 20.10's builder, and containerd's image store behind buildx.
DIGEST = f"sha256:{'e8' * 32}"
OLD = (
    f"#4 [tools 4/4] RUN printf x\n#4 {DIGEST}\n#4 CACHED\n\n"
    f"#6 [image 1/1] ADD labcoat.tar /\n#6 {DIGEST}\n#6 DONE 1.2s\n"
)
STORE = f"""#5 [folder 1/3] FROM docker.io/base@{DIGEST}
#5 resolve docker.io/base@{DIGEST} done
#5 resolve docker.io/base@{DIGEST} 0.1s done
#5 CACHED

#9 exporting to image
#9 exporting layers
#9 exporting layers 0.1s done
#9 exporting manifest {DIGEST}
#9 exporting manifest {DIGEST} done
#9 exporting config {DIGEST} done
#9 naming to docker.io/labcoat/p:latest done
#9 unpacking to docker.io/labcoat/p:latest
#9 unpacking to docker.io/labcoat/p:latest 0.1s done
#9 DONE 0.2s
"""
# The builder switches to another step in the middle of a program's line.
SWITCHED = (
    "#7 [large 1/1] RUN x\n#7 0.2 Resolved 2 packages\n#7 0.3  +#7 ...\n\n"
    "#8 [small 1/1] RUN y\n#8 0.2 Installed #8 ...\n"
)


def shown(log: str) -> list[str]:
    progress = BuildProgress()
    return [line for written in log.splitlines(keepends=True) for line in progress.lines(written)]


@pytest.mark.parametrize(
    ("log", "seen"),
    [
        (CACHED, []),
        (WORKED, ["[packages 4/4] RUN echo hi", "  Installed 1 package in 3ms"]),
        ("#2 [internal] load .dockerignore\n#2 transferring context: 2B done\n#2 DONE 0.0s\n", []),
        (OLD, ["[image 1/1] ADD labcoat.tar /"]),
        (STORE, []),
        (SWITCHED, ["[large 1/1] RUN x", "  Resolved 2 packages", "[small 1/1] RUN y"]),
        (
            "#9 [image 2/4] COPY --from=packages /out/ /\n#9 DONE 9.1s\n",
            ["[image 2/4] COPY --from=packages /out/ /"],
        ),
    ],
    ids=[
        "all cached",
        "a step that ran",
        "internal steps",
        "Docker 20.10",
        "containerd's store",
        "a switch to another step",
        "a copy",
    ],
)
def test_only_steps_that_do_work_are_shown(log: str, seen: list[str]) -> None:
    """A fully cached build is silent; a step is shown once it runs, with its programs' output."""
    assert shown(log) == seen
