"""What is looked at before a build: secrets stop it; a large context and a Dockerfile of one's own are remarked on."""

from collections.abc import Iterator

from labcoat.container import context
from labcoat.container.promises import missing
from labcoat.core.errors import Failure
from labcoat.core.project import Project

BUDGET = 50 << 20  # bytes, the default of the rule CTX007


def refuse_secrets(project: Project) -> None:
    """Raises Failure where a secret would reach the image: what is in a layer is there for everybody who has the image."""
    if found := context.secrets_reaching(project.root):
        named = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        todo = "Name it in .dockerignore (make fix does that), and build again."
        raise Failure(f"A secret would reach the image: {named}.", todo)


def remarks(project: Project) -> Iterator[str]:
    """What a person should know of the build that is to come, a line each."""
    build = context.Build(project.root)
    total = sum((project.root / path).lstat().st_size for path in build.sent())
    if total > BUDGET:
        yield f"the build is sent {total >> 20} MiB of files; make context says which"
    for each in missing(build.parsed, build.dockerfile_path.read_text(encoding="utf-8", errors="replace")):
        yield f"with this Dockerfile labcoat cannot promise {each}"
