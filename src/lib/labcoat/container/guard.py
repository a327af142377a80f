"""What is looked at before a build: secrets stop it; a large context and a Dockerfile of one's own are remarked on."""

from collections.abc import Iterator

from labcoat.container.context import Build, secrets_reaching, sizes
from labcoat.container.promises import missing
from labcoat.core.errors import Failure

BUDGET = 50 << 20  # bytes, the default of the rule CTX007


def refuse_secrets(build: Build) -> None:
    """Raises Failure where a secret would reach the image: what is in a layer is there for everybody who has the image."""
    if found := secrets_reaching(build):
        named = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        todo = "Name it in .dockerignore (make fix does that), and build again."
        raise Failure(f"A secret would reach the image: {named}.", todo)


def remarks(build: Build) -> Iterator[str]:
    """What a person should know of the build that is to come, a line each; nothing where its files cannot be understood."""
    try:
        parsed, sent = build.parsed, build.sent()
    except (ValueError, OSError):  # which stops the build, with more words
        return
    total = sum(size for _, size in sizes(build.root, sent))
    if total > BUDGET:
        yield f"the build is sent {total >> 20} MiB of files; make context says which"
    for each in missing(parsed, build.dockerfile_path.read_text(encoding="utf-8", errors="replace")):
        yield f"with this Dockerfile labcoat cannot promise {each}"
