"""The Docker builds that a repository is meant for: each a Dockerfile with a context and what reaches its image."""

import posixpath
import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from labcoat.container import copied
from labcoat.container.context import Build
from labcoat.container.dockerfile import Dockerfile, DockerfileError, Instruction
from labcoat.container.ignore import PatternError

if TYPE_CHECKING:
    from labcoat.hygiene.repository import Repository

_NAME = r"(?:dockerfile|containerfile)(?:\.[^.]+)*|.+\.(?:dockerfile|containerfile)"
_NOT_ONE = (".dockerignore", ".md", ".txt", ".py", ".pyc", ".j2", ".jinja", ".jinja2", ".tmpl", ".template", ".orig", ".rej")


class BuildFacts:
    """One build: `dockerfile` and `context` relative to the repository's root, the context empty for the root."""

    def __init__(self, repository: "Repository", dockerfile: str, context: str) -> None:
        self.dockerfile = dockerfile
        self.context = context
        root = repository.root / context if context else repository.root
        self.build = Build(root, posixpath.relpath(dockerfile, context or "."))

    @cached_property
    def ignore_file(self) -> str:
        """The ignore file that counts, or the one that would if it were made; relative to the repository's root."""
        found = self.build.ignore_path
        own = f"{self.dockerfile}.dockerignore"
        return own if found and found.name == posixpath.basename(own) else posixpath.join(self.context, ".dockerignore")

    @cached_property
    def parsed(self) -> Dockerfile | DockerfileError:
        """The Dockerfile, or why it cannot be read."""
        try:
            return self.build.parsed
        except DockerfileError as error:
            return error
        except OSError as error:
            return DockerfileError(1, error.strerror or "it cannot be read")

    @cached_property
    def sent(self) -> list[str]:
        """The context's files, relative to the context; none where a pattern fails the build."""
        try:
            return self.build.sent()
        except (PatternError, OSError):
            return []

    @cached_property
    def _copied(self) -> tuple[dict[str, int], list[tuple[Instruction, str]]]:
        if isinstance(self.parsed, DockerfileError):
            return {}, []
        try:
            return copied.follow(self.parsed, self.sent, self.build.root)
        except DockerfileError:
            return {}, []

    @property
    def reaching(self) -> dict[str, int]:
        """The context's files that reach the image, with the line of the COPY or ADD that takes each."""
        return self._copied[0]

    @property
    def missing(self) -> list[tuple[Instruction, str]]:
        """The sources of COPY and ADD that name nothing in the context."""
        return self._copied[1]

    def places(self) -> Iterable[str]:
        """The `sent` files, relative to the repository's root."""
        return [f"{self.context}/{path}" for path in self.sent] if self.context else self.sent

    def place(self, path: str) -> str:
        """A path of the context, relative to the repository's root."""
        return posixpath.join(self.context, path)


def find_builds(repository: "Repository") -> list[BuildFacts]:
    """The builds of the settings, then one for each Dockerfile that the settings do not name."""
    chosen = [(posixpath.normpath(file), context.strip("/").removeprefix("./")) for file, context in repository.settings.builds]
    builds = [BuildFacts(repository, file, "" if context == "." else context) for file, context in chosen]
    named = {file for file, _ in chosen}
    found = (path for path in repository.named(_NAME) if path not in named and not path.lower().endswith(_NOT_ONE))
    builds += [_guessed(repository, path) for path in found]
    return sorted(builds, key=lambda each: each.dockerfile)


def _guessed(repository: "Repository", path: str) -> BuildFacts:
    """A Dockerfile with the context that has what it copies: its own folder, or else the repository's root."""
    own = BuildFacts(repository, path, path.rpartition("/")[0])
    if not own.context or isinstance(own.parsed, DockerfileError):
        return own
    root = BuildFacts(repository, path, "")
    return root if _found(root) > _found(own) else own


def _found(facts: BuildFacts) -> int:
    """How many of the plainly named COPY and ADD sources are there."""
    parsed = facts.parsed
    if isinstance(parsed, DockerfileError):
        return 0
    copies = (each for stage in parsed.stages for each in stage.instructions if each.name in ("COPY", "ADD"))
    sources = (word for each in copies if each.flag("from") is None for word in each.words[:-1])
    return sum(_exists(facts, word) for word in sources if not re.search(r"[$*?\[<:\"\\]", word))


def _exists(facts: BuildFacts, source: str) -> bool:
    inside = posixpath.normpath("/" + source).lstrip("/")
    return bool(inside) and (facts.build.root / inside).exists()
