"""CTX: the build context, and what of it reaches the image."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from labcoat.container.context.build_context import BuildContext, listed_paths
from labcoat.container.dockerfile.parser import DockerfileError
from labcoat.container.dockerignore import filepath_match
from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.container.dockerignore.matcher import Matcher, PatternError, Semantics
from labcoat.container.dockerignore.parser import parse_ignore_file
from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.core.terminal import join_some
from labcoat.inventory.virtualenvs import environments
from labcoat.lint.findings import (
    Append,
    BuildFamily,
    Finding,
    Rule,
    Severity,
    safe_fix,
    unsafe_fix,
)
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.ctx_size import check_size
from labcoat.lint.rules.ctx_unread import check_unread_files
from labcoat.secrets.content import is_development

_GIT_FOLDER = lazy_pattern(r"(?:^|/)\.git/?$")
# What Docker 20.10 reads differently even in a file without negations.
_READ_DIFFERENTLY = frozenset("+()|{}")


def check_contexts(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Check each context with its ignore file once, each build, and the unused ignore files."""
    by_context: dict[tuple[str, str], list[BuildFacts]] = {}
    for facts in builds:
        by_context.setdefault((facts.context, facts.ignore_file), []).append(facts)
    for sharing in by_context.values():
        yield from _check_environments(sharing)
        yield from _check_git_folder(builds, sharing)
        yield from _check_docker_versions(sharing[0])
        yield from check_size(repository, sharing)
    for facts in builds:
        yield from _check_replaced_ignore_file(facts)
        yield from _check_copy_sources(facts)
        yield from _check_emptied_files(facts)
    yield from check_unread_files(repository, builds)


def _check_environments(sharing: list[BuildFacts]) -> Iterator[Finding]:
    """CTX001: a virtual environment in the context, or in the image."""
    first = sharing[0]
    for root, marker in environments(first.sent).items():
        facts = next((each for each in sharing if marker in each.reaching), first)
        line = facts.reaching.get(marker, 0)
        pattern = _environment_pattern(first, root)
        where = "is copied into the image" if line else "is in the build context"
        yield Finding(
            "CTX001",
            facts.dockerfile if line else facts.root_path(root),
            f"the virtual environment {facts.root_path(root)} {where}: "
            "it makes every build slower and does not work in the image",
            f"Add the line `{pattern}` to {facts.ignore_file}",
            line,
            safe_fix(Append(facts.ignore_file, pattern)),
            Severity.ERROR
            if line
            else Severity.WARNING
            if any(marker in each.read for each in sharing)
            else Severity.NOTE,
        )


def _environment_pattern(facts: BuildFacts, root: str) -> str:
    """Return `**/name`, or the whole path if `**/name` would exclude more than environments."""
    name = root.rpartition("/")[2]
    known = tuple(f"{each}/" for each in environments(facts.sent))
    others = (path for path in facts.sent if not path.startswith(known))
    unique = all(name not in path.split("/") for path in others if name in path)
    return f"**/{docker_pattern(name)}" if unique else docker_pattern(root)


def _check_git_folder(builds: DockerBuilds, sharing: list[BuildFacts]) -> Iterator[Finding]:
    """CTX002: .git in the image."""
    reached = [(each, line) for each in sharing if (line := each.reaching.get(".git/HEAD"))]
    if reached:
        facts, line = reached[0]
        more = f" and {len(reached) - 1} more Dockerfiles" if reached[1:] else ""
        yield Finding(
            "CTX002",
            facts.dockerfile,
            f".git is copied into the image by {facts.dockerfile}{more}: "
            "the image contains the whole history, and each commit invalidates the layer",
            f"Add the line `.git` to {facts.ignore_file}",
            line,
            unsafe_fix(Append(facts.ignore_file, ".git")),
            Severity.NOTE
            if _wants_git_folder(facts, line) or builds.is_guess(facts)
            else Severity.WARNING,
        )


def _wants_git_folder(facts: BuildFacts, line: int) -> bool:
    """Whether .git is sent on purpose, as for a version that is read from the history.

    The COPY on `line` names it, or a line of the ignore file that begins with `!` does.
    """
    if any(each.negated and _GIT_FOLDER.search(each.text) for each in facts.matcher.patterns):
        return True
    if isinstance(facts.parsed, DockerfileError):
        return False
    return any(
        each.line == line and any(map(_GIT_FOLDER.search, each.words[:-1]))
        for stage in facts.parsed.stages
        for each in stage.instructions
    )


def _check_docker_versions(facts: BuildFacts) -> Iterator[Finding]:
    """CTX003: an ignore file that Docker 20.10 reads differently."""
    try:
        patterns = facts.matcher.patterns
    except (PatternError, OSError):
        return
    if not any(each.negated or _READ_DIFFERENTLY & set(each.text) for each in patterns):
        return
    try:
        old = set(
            BuildContext(
                facts.build.root,
                facts.build.dockerfile,
                Semantics.DOCKER_20_10,
                listings=facts.files_owner.build.listings,
            ).sent_files()
        )
    except PatternError as error:
        yield Finding(
            "CTX003",
            facts.ignore_file,
            f"Docker 20.10 fails on this pattern, newer versions do not: {error.why}",
            "Write the pattern so that all versions read it the same way",
            error.line,
            severity=Severity.NOTE,
        )
        return
    new = set(facts.sent)
    if old != new:
        which = sorted(new - old) or sorted(old - new)
        who = "today's BuildKit sends" if new - old else "Docker 20.10 sends"
        other = "Docker 20.10 does not" if new - old else "today's BuildKit does not"
        yield Finding(
            "CTX003",
            facts.ignore_file,
            "the build context depends on the version of Docker: "
            f"{who} {_name_first(facts, which)}, {other}",
            "Name what to send with one `!folder` per folder, instead of `!` with wildcards",
            severity=Severity.NOTE,
        )


def _check_replaced_ignore_file(facts: BuildFacts) -> Iterator[Finding]:
    """CTX004: NAME.dockerignore, which replaces .dockerignore, lacks some of its patterns."""
    general = facts.build.root / ".dockerignore"
    if facts.build.ignore_path in (None, general) or not general.is_file():
        return
    try:
        patterns = parse_ignore_file(general.read_bytes())
        kept = set(listed_paths(facts.sent, Matcher(patterns)))
    except (PatternError, OSError):
        return
    lost = [path for path in facts.sent if path not in kept]
    if lost:
        edits = [Append(facts.ignore_file, each.written.strip()) for each in patterns]
        yield Finding(
            "CTX004",
            facts.ignore_file,
            f"this file replaces .dockerignore for {facts.dockerfile}, so the build is sent "
            f"{_name_first(facts, lost)}, which .dockerignore excludes",
            "Copy the patterns of .dockerignore that still matter into it",
            fix=unsafe_fix(*edits),
        )


def _check_copy_sources(facts: BuildFacts) -> Iterator[Finding]:
    """CTX006: a COPY or ADD of something that is ignored."""
    for each, source in facts.missing:
        if not _exists_on_disk(facts, source):
            if (each, source) in facts.needed_missing and not (
                re.search(r"[$*?\[\\<]", source) or is_development(facts.dockerfile)
            ):
                yield Finding(
                    "CTX008",
                    facts.dockerfile,
                    f"{each.name} copies {source}, which the context {facts.context or '.'} lacks: "
                    "the build fails unless something creates it first",
                    "Correct the path, or the context of the build in `builds` of [tool.labcoat]",
                    each.line,
                    severity=Severity.NOTE,
                )
        else:
            yield Finding(
                "CTX006",
                facts.dockerfile,
                f"{each.name} copies {source}, but {facts.ignore_file} excludes it: "
                "the build fails or copies nothing",
                f"Add the line `!{source}` at the end of {facts.ignore_file}, or do not copy it",
                each.line,
                severity=Severity.ERROR,
            )


def _check_emptied_files(facts: BuildFacts) -> Iterator[Finding]:
    """CTX006: a file that BuildKit lists but cannot open."""
    try:
        emptied = facts.find_emptied()
    except (PatternError, OSError):
        return
    if emptied:
        yield Finding(
            "CTX006",
            facts.ignore_file,
            f"the image gets an empty file instead of {_name_first(facts, emptied)}: "
            "BuildKit lists it by one reading of these patterns and opens it by another",
            "Do not repeat a folder's pattern after a `!` that includes something in the folder",
            severity=Severity.ERROR,
        )


def _exists_on_disk(facts: BuildFacts, source: str) -> bool:
    inside = posixpath.normpath("/" + source).lstrip("/")
    if not inside:
        return False
    if not any(letter in inside for letter in "*?[\\"):
        return path_exists(facts.build.root / inside)
    folder, _, pattern = inside.rpartition("/")
    if any(letter in folder for letter in "*?[\\"):
        return False
    try:
        return any(
            filepath_match.filepath_match(pattern, each.name)
            for each in (facts.build.root / folder).iterdir()
        )
    except OSError:
        return False


def _name_first(facts: BuildFacts, paths: Sequence[str]) -> str:
    """Return the first of the context's `paths`, and the number of the others."""
    return join_some([facts.root_path(paths[0]), *paths[1:]], 1)


FAMILY = BuildFamily(
    rules=(
        Rule(
            "CTX001",
            "virtual environment in the build context or the image",
            Severity.WARNING,
            "contexts",
        ),
        Rule("CTX002", ".git in the image", Severity.WARNING, "contexts"),
        Rule("CTX003", "context depends on the Docker version", Severity.NOTE, "contexts"),
        Rule("CTX004", "NAME.dockerignore drops patterns", Severity.WARNING, "contexts"),
        Rule("CTX005", "unused .dockerignore", Severity.WARNING, "contexts"),
        Rule("CTX006", "copied file is ignored or arrives empty", Severity.ERROR, "contexts"),
        Rule("CTX007", "build context over its budget", Severity.WARNING, "contexts"),
        Rule("CTX008", "copied file does not exist", Severity.NOTE, "contexts"),
    ),
    check=check_contexts,
)
