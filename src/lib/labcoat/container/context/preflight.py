"""What is looked at before a build: secrets stop it; a large context and a Dockerfile of one's own are remarked on."""

import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.container.context.build_context import BuildContext, file_sizes, secrets_reaching
from labcoat.container.dockerfile.guarantees import lost_guarantees
from labcoat.container.dockerfile.parser import Dockerfile
from labcoat.core import reading, secret_patterns
from labcoat.core.errors import LabcoatError

BUDGET = 50 << 20  # bytes, the default of the rule CTX007


def refuse_secrets(build: BuildContext, folder: str = "") -> None:
    """Raises Failure where a secret would reach the image: what is in a layer is there for everybody who has the image.

    `folder` is the build's root as the person knows it, where that is not the project's.
    """
    if found := secrets_reaching(build):
        named = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        todo = "Name it in .dockerignore (make fix does that), and build again."
        if folder:
            named, todo = (
                f"{named} in {folder}",
                f"Take it out of there, or name it in {folder}/.dockerignore, and build again.",
            )
        raise LabcoatError(f"A secret would reach the image: {named}.", todo)


def preflight_warnings(build: BuildContext) -> Iterator[str]:
    """What a person should know of the build that is to come, a line each; nothing where its files cannot be understood."""
    try:
        parsed, sent = build.parsed, build.sent()
    except (ValueError, OSError):  # which stops the build, with more words
        return
    total = sum(size for _, size in file_sizes(build.root, sent))
    if total > BUDGET:
        yield f"the build is sent {total >> 20} MiB of files; make context says which"
    for path in filter(secret_patterns.is_secret, _seen(build, parsed, sent)):
        yield f"a RUN sees {os.path.relpath(path, build.root)}: labcoat cannot promise that this secret stays out of the image"
    for each in lost_guarantees(parsed, build.text + _mounted_scripts(build, parsed)):
        yield f"with this Dockerfile labcoat cannot guarantee {each}"


def _mounted_scripts(build: BuildContext, parsed: Dockerfile) -> str:
    """Return the text of the context's files that a RUN mounts one by one, as programs are."""
    runs = (each for stage in parsed.stages for each in stage.instructions if each.name == "RUN")
    mounts = (mount for each in runs for mount in each.mounts)
    sources = {
        mount.get("source", "")
        for mount in mounts
        if mount.get("type") == "bind" and not mount.get("from")
    }
    texts = (
        reading.read_inside(build.root, source.lstrip("/")) for source in sorted(sources - {""})
    )
    return "".join(text.decode("utf-8", "replace") for text in texts)


def _seen(build: BuildContext, parsed: Dockerfile, sent: Sequence[str]) -> Iterator[Path]:
    """The files of the context that are mounted while a RUN runs, which may copy them."""
    runs = (each for stage in parsed.stages for each in stage.instructions if each.name == "RUN")
    mounts = [
        mount
        for each in runs
        for mount in each.mounts
        if mount["type"] == "bind" and not mount.get("from")
    ]
    sources = {posixpath.normpath("/" + mount.get("source", "")).lstrip("/") for mount in mounts}
    for source in sources:
        yield from (
            build.root / path for path in sent if not source or f"{path}/".startswith(f"{source}/")
        )
