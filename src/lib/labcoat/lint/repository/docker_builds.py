"""The Docker builds that a repository is meant for: each a Dockerfile with a context and what reaches its image."""

import posixpath
import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile import copy_trace
from labcoat.container.dockerfile.parser import (
    Dockerfile,
    DockerfileError,
    Instruction,
    parse_dockerfile,
)
from labcoat.container.dockerignore.matcher import PatternError
from labcoat.core.reading import path_exists
from labcoat.lint.repository.build_discovery import named_builds
from labcoat.lint.repository.path_roles import is_template

if TYPE_CHECKING:
    from labcoat.lint.repository.repository import Repository

_NAME = r"(?:dockerfile|containerfile)(?:\.[^.]+)*|.+\.(?:dockerfile|containerfile)"
_NOT_ONE = re.compile(
    r".+\.(?:dockerignore|md|rst|adoc|txt|pyc?|j2|jinja2?|tmpl|tpl|template|erb|ejs|mustache|hbs|in|m4|orig|rej|bak|swp|lock"
    r"|log|d\.ts|map|snap|diff|patch|json|ya?ml|toml|xml|html|s?css|svg|png)",
    re.IGNORECASE,
)
# What may as well be a program about Dockerfiles as a Dockerfile for that language.
_AMBIGUOUS = re.compile(
    r".+\.(?:[cm]?[jt]sx?|go|rs|java|kt|rb|php|c|h|cc|cpp|cs|sh|bash|ps1|bat|vim|el|lua|swift|scala)",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"(?:\s*(?:#[^\n]*)?\n)*\s*(?:FROM|ARG)\s", re.IGNORECASE)


class BuildFacts:
    """One build: `dockerfile` and `context` relative to the repository's root, the context empty for the root."""

    def __init__(self, repository: "Repository", dockerfile: str, context: str) -> None:
        self.dockerfile = dockerfile
        self.context = context
        root = repository.root / context if context else repository.root
        self.build = BuildContext(
            root, posixpath.relpath(dockerfile, context or "."), boundary=repository.root
        )

    @cached_property
    def ignore_file(self) -> str:
        """The ignore file that counts, or the one that would if it were made; relative to the repository's root."""
        found = self.build.ignore_path
        own = f"{self.dockerfile}.dockerignore"
        return (
            own
            if found and found.name == posixpath.basename(own)
            else posixpath.join(self.context, ".dockerignore")
        )

    @cached_property
    def parsed(self) -> Dockerfile | DockerfileError:
        """The Dockerfile, or why it cannot be read."""
        try:
            return self.build.parsed
        except DockerfileError as error:
            return error
        except OSError as error:
            return DockerfileError(1, error.strerror or "it cannot be read")

    @property
    def sent(self) -> list[str]:
        """The context's files, relative to the context; none where that cannot be told."""
        return self._sent or []

    @cached_property
    def _sent(self) -> list[str] | None:
        try:
            return self.build.sent()
        except (PatternError, OSError):
            return None

    def unknown(self) -> Iterable[str]:
        """What could not be looked at, each in a sentence."""
        try:
            _ = self.build.matcher
        except PatternError:
            pass  # said by IGN002
        except OSError as error:
            yield f"{self.ignore_file} cannot be read ({error.strerror}): nothing is known of what builds are sent"
        for folder in self.build.unreadable:
            yield f"{self.place(folder)} cannot be read: a docker build fails on it, unless {self.ignore_file} leaves it out"

    @cached_property
    def _copied(self) -> tuple[dict[str, int], list[tuple[Instruction, str]]]:
        if isinstance(self.parsed, DockerfileError) or self._sent is None:
            return {}, []
        try:
            return copy_trace.trace_copies(self.parsed, self.sent, self.build.root)
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

    def inside(self, place: str) -> str:
        """The reverse: a path below the context, relative to it."""
        return place[len(self.context) + 1 :] if self.context else place


def find_builds(repository: "Repository") -> list[BuildFacts]:
    """The builds of the settings; then those that compose files and scripts name; then one for each other Dockerfile."""
    chosen = [
        (posixpath.normpath(file), context.strip("/").removeprefix("./"))
        for file, context in repository.settings.builds
    ]
    builds = [repository.build(file, "" if context == "." else context) for file, context in chosen]
    named = {file for file, _ in chosen}
    found = [
        path for path in repository.named(_NAME) if path not in named and _is_one(repository, path)
    ]
    told = named_builds(repository) if found else {}
    builds += [
        repository.build(path, told[path]) if path in told else _guessed(repository, path)
        for path in found
    ]
    return sorted(builds, key=lambda each: each.dockerfile)


def _is_one(repository: "Repository", path: str) -> bool:
    """Whether a file of such a name is a Dockerfile, and no template of one."""
    name = posixpath.basename(path)
    if _NOT_ONE.fullmatch(name):
        return False
    text = repository.text(path)
    if _AMBIGUOUS.fullmatch(name) and not _BEGINS.match(text):
        return False
    return not (is_template(text) and _is_template(text))


def _is_template(text: str) -> bool:
    """Whether something is to be filled in before the text is a Dockerfile; `{{` can also stand in a RUN."""
    try:
        return any(is_template(stage.base) for stage in parse_dockerfile(text).stages)
    except DockerfileError:
        return True


def _guessed(repository: "Repository", path: str) -> BuildFacts:
    """A Dockerfile with the context that has what it copies: its own folder, or else the repository's root."""
    own = repository.build(path, path.rpartition("/")[0])
    if not own.context or isinstance(own.parsed, DockerfileError):
        return own
    root = repository.build(path, "")
    here, there = _found(own), _found(root)
    return root if there > here or (there == here and _is_bare(own)) else own


def _is_bare(facts: BuildFacts) -> bool:
    """Whether the context has nothing but files about building, so that what is built lies elsewhere."""
    if (facts.build.root / ".dockerignore").exists():
        return False
    about = re.compile(
        rf"(?:{_NAME}|.*\.(?:dockerignore|sh|ya?ml|md|conf|cfg|env|txt|json|toml)|\.\w+|makefile)",
        re.IGNORECASE,
    )
    try:
        return all(
            about.fullmatch(each.name) and not each.is_dir() for each in facts.build.root.iterdir()
        )
    except OSError:
        return False


def _found(facts: BuildFacts) -> int:
    """How many of the plainly named COPY and ADD sources are there."""
    parsed = facts.parsed
    if isinstance(parsed, DockerfileError):
        return 0
    copies = (
        each
        for stage in parsed.stages
        for each in stage.instructions
        if each.name in ("COPY", "ADD")
    )
    sources = (word for each in copies if each.flag("from") is None for word in each.words[:-1])
    return sum(_exists(facts, word) for word in sources if not re.search(r"[$*?\[<:\"\\]", word))


def _exists(facts: BuildFacts, source: str) -> bool:
    inside = posixpath.normpath("/" + source).lstrip("/")
    return bool(inside) and path_exists(facts.build.root / inside)
