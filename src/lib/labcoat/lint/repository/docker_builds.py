"""Find the Docker builds of a repository: its Dockerfiles, each with the context it is built in."""

import posixpath
import re
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import PurePosixPath

from labcoat.container.dockerfile.parser import Dockerfile, DockerfileError, parse_dockerfile
from labcoat.core.path_roles import is_template
from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.lint.repository.bake_files import read_targets
from labcoat.lint.repository.build_discovery import find_built_images, find_named_builds
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.compose_files import read_services
from labcoat.lint.repository.declared_builds import DeclaredBuild
from labcoat.lint.repository.inline_dockerfiles import InlineFacts, find_inline
from labcoat.lint.repository.repository import Repository

_NAME = r"(?:dockerfile|containerfile)(?:\w+|[._-].+)?|.+\.(?:dockerfile|containerfile)"
_OTHER_SUFFIX = lazy_pattern(
    r".+\.(?:dockerignore|md|rst|adoc|txt|pyc?|j2|jinja2?|tmpl|tpl|template|erb|ejs|mustache|hbs"
    r"|in|m4|orig|rej|bak|swp|lock|log|d\.ts|map|snap|diff|patch|json|ya?ml|toml|xml|html|s?css"
    r"|svg|png|license)",
    re.IGNORECASE,
)
# Names of a program or a text about Dockerfiles, or of a Dockerfile, as Dockerfile_gpu is.
_AMBIGUOUS = lazy_pattern(
    r".+\.(?:[cm]?[jt]sx?|go|rs|java|kt|rb|php|c|h|cc|cpp|cs|sh|bash|ps1|bat|vim|el|lua|swift"
    r"|scala)|(?:docker|container)file[\w-].*",
    re.IGNORECASE,
)
_BEGINS = lazy_pattern(r"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*(?:FROM|ARG)\s", re.IGNORECASE)


class DockerBuilds:
    """The Docker builds of a repository, sorted by Dockerfile; iterate to get their facts."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._facts: dict[tuple[str, str], BuildFacts] = {}

    def __iter__(self) -> Iterator[BuildFacts]:
        return iter(self._builds)

    def get_facts(self, dockerfile: str, context: str) -> BuildFacts:
        """Return the facts of one build, always the same object; an empty context is the root."""
        if (dockerfile, context) not in self._facts:
            facts = BuildFacts(self._repository.root, dockerfile, context)
            facts.share_files(self._facts.values())
            self._facts[dockerfile, context] = facts
        return self._facts[dockerfile, context]

    def distinct(self) -> list[BuildFacts]:
        """Return one build of each context and ignore file: the others have the same files."""
        return list({facts.files_owner: facts for facts in self}.values())

    def walk_root_context(self) -> None:
        """Walk the context that nearly every repository has, while git lists the files."""
        if (self._repository.root / "Dockerfile").is_file():
            _ = self.get_facts("Dockerfile", "").sent

    @cached_property
    def named(self) -> list[tuple[str, str]]:
        """The Dockerfiles that compose files, scripts and others name, each with its context.

        Both are relative to the root; an empty context is the root itself.
        """
        return list(find_named_builds(self._repository, self.declared))

    @cached_property
    def services(self) -> list[DeclaredBuild]:
        """The services of compose files."""
        return read_services(self._repository)

    @cached_property
    def declared(self) -> list[DeclaredBuild]:
        """The services of compose files and the targets of bake files."""
        return [*self.services, *read_targets(self._repository)]

    @cached_property
    def inline(self) -> list[InlineFacts]:
        """The Dockerfiles in compose files and bake files."""
        return list(find_inline(self._repository))

    def find_built(self, names: Collection[str]) -> set[str]:
        """Return those of the image `names` that compose files and scripts build."""
        dockerfiles = {facts.dockerfile for facts in self}
        return set(find_built_images(self._repository, names, sorted(dockerfiles), self.declared))

    @cached_property
    def _configured(self) -> list[tuple[str, str]]:
        """The Dockerfiles and contexts in the settings."""
        contexts = (
            (posixpath.normpath(file), context.strip("/").removeprefix("./"))
            for file, context in self._repository.settings.builds
        )
        return [(file, "" if context == "." else context) for file, context in contexts]

    @cached_property
    def _builds(self) -> list[BuildFacts]:
        """The builds of the settings, of compose files and scripts, and of other Dockerfiles."""
        builds = [self.get_facts(file, context) for file, context in self._configured]
        configured = {file for file, _ in self._configured}
        found = [
            path
            for path in self._repository.find_named(_NAME)
            if path not in configured and self._is_dockerfile(path)
        ]
        contexts: dict[str, str] = {}
        for dockerfile, context in self.named if found else ():
            contexts.setdefault(dockerfile, context)
        builds += [
            self.get_facts(path, contexts[path]) if path in contexts else self._guess_build(path)
            for path in found
        ]
        for each in builds:
            self._tell_declared(each)
        return sorted(builds, key=lambda each: each.dockerfile)

    def _tell_declared(self, facts: BuildFacts) -> None:
        """Tell a build the stages and the names of contexts that are declared for it.

        A script that builds the same Dockerfile may build its last stage.
        """
        own = [each for each in self.declared if each.dockerfile == facts.dockerfile]
        facts.named_contexts = frozenset(name for each in own for name in each.contexts)
        times = sum(dockerfile == facts.dockerfile for dockerfile, _ in self.named)
        if times == len(own) and all(each.target for each in own):
            facts.targets = tuple(each.target for each in own)

    def _is_dockerfile(self, path: str) -> bool:
        """Whether a file with such a name is a Dockerfile, and not a template of one."""
        name = posixpath.basename(path)
        if _OTHER_SUFFIX.fullmatch(name):
            return False
        text = self._repository.read_text(path)
        if _AMBIGUOUS.fullmatch(name) and not _BEGINS.match(text):
            return False
        return not (is_template(text) and _is_dockerfile_template(text))

    def _guess_build(self, path: str) -> BuildFacts:
        """Choose the context, the Dockerfile's folder or one above, by which has its sources."""
        own = self.get_facts(path, path.rpartition("/")[0])
        if (
            not own.context
            or own.context.endswith(".devcontainer")  # as editors build it
            or isinstance(own.parsed, DockerfileError)
        ):
            return own
        root = self.get_facts(path, "")
        between = [
            self.get_facts(path, str(each)) for each in PurePosixPath(own.context).parents[:-1]
        ]
        counts = {each.context: _count_sources(own.parsed, each) for each in (own, root, *between)}
        best = max((root, *between), key=lambda each: counts[each.context])
        if counts[best.context] > counts[own.context]:
            return best
        if counts[""] < counts[own.context]:
            return own
        return root if _copies_from_elsewhere(own.parsed) and _has_only_build_files(own) else own

    def is_guess(self, facts: BuildFacts) -> bool:
        """Whether nothing tells that a Dockerfile is built in this context, above its folder."""
        place = facts.dockerfile, facts.context
        return (
            facts.context != facts.dockerfile.rpartition("/")[0]
            and place not in self.named
            and place not in self._configured
            and not isinstance(facts.parsed, DockerfileError)
            and not _count_sources(facts.parsed, facts)
        )


def _is_dockerfile_template(text: str) -> bool:
    """Whether the text has to be rendered to be a Dockerfile; `{{` can also occur in a RUN."""
    try:
        return any(is_template(stage.base) for stage in parse_dockerfile(text).stages)
    except DockerfileError:
        return True


def _has_only_build_files(facts: BuildFacts) -> bool:
    """Whether the context holds only files about building, so that the sources are elsewhere."""
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


def _count_sources(parsed: Dockerfile, facts: BuildFacts) -> int:
    """Count the COPY and ADD sources without wildcards that exist in the context of `facts`."""
    return sum(
        _source_exists(facts, word)
        for word in _list_sources(parsed)
        if not re.search(r"[$*?\[<:\"\\]", word)
    )


def _list_sources(parsed: Dockerfile) -> Iterator[str]:
    """Yield what COPY, ADD and mounts take from the context, or from an address."""
    for stage in parsed.stages:
        for each in stage.instructions:
            if each.name in ("COPY", "ADD") and each.flag("from") is None:
                yield from each.words[:-1]
            for mount in each.mounts if each.name == "RUN" else ():
                if mount["type"] == "bind" and not mount.get("from"):
                    yield mount.get("source") or "."


def _copies_from_elsewhere(parsed: Dockerfile) -> bool:
    """Whether it takes more than files by their name, which would be beside the Dockerfile."""
    sources = (word for word in _list_sources(parsed) if not re.search(r"<|://", word))
    return any(
        word == "." or "." not in word or re.search(r"[$*?\[/\"]", word.removeprefix("./"))
        for word in sources
    )


def _source_exists(facts: BuildFacts, source: str) -> bool:
    inside = posixpath.normpath("/" + source).lstrip("/")
    return bool(inside) and path_exists(facts.build.root / inside)
