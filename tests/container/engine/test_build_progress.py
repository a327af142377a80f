"""What of a builder's log a person sees."""

import pytest

from labcoat.container.engine.build_progress import BuildProgress

CACHED = "#5 [packages 1/4] FROM docker.io/base\n#5 CACHED\n\n#6 exporting to image\n#6 writing image sha256:12 done\n#6 DONE 0.0s\n"
WORKED = "#7 [packages 4/4] RUN --mount=type=cache,target=/c echo hi\n#7 0.2 Installed 1 package in 3ms\n#7 DONE 0.5s\n"
# Docker 20.10's own builder, and a store of containerd's behind buildx.
DIGEST = f"sha256:{'e8' * 32}"
OLD = f"#4 [tools 4/4] RUN printf x\n#4 {DIGEST}\n#4 CACHED\n\n#6 [image 1/1] ADD labcoat.tar /\n#6 {DIGEST}\n#6 DONE 1.2s\n"
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
# The builder turns to another step in the middle of a program's line.
TURNED = "#7 [large 1/1] RUN x\n#7 0.2 Resolved 2 packages\n#7 0.3  +#7 ...\n\n#8 [small 1/1] RUN y\n#8 0.2 Installed #8 ...\n"


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
        (TURNED, ["[large 1/1] RUN x", "  Resolved 2 packages", "[small 1/1] RUN y"]),
        (
            "#9 [image 2/4] COPY --from=packages /out/ /\n#9 DONE 9.1s\n",
            ["[image 2/4] COPY --from=packages /out/ /"],
        ),
    ],
    ids=[
        "nothing done",
        "a step that ran",
        "the builder's own",
        "Docker 20.10",
        "containerd's store",
        "a turn to another step",
        "a copy",
    ],
)
def test_only_what_is_worked_on_is_shown(log: str, seen: list[str]) -> None:
    """A build with nothing to do is silent; a step is shown once it runs, with what its programs say."""
    assert shown(log) == seen
