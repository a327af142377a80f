"""CTX005: a .dockerignore that no build reads, and where its patterns belong."""

import posixpath
import shlex
from collections.abc import Iterator

from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.container.dockerignore.parser import PatternError, parse_ignore_file
from labcoat.lint.findings import Append, Finding, Fix, Remove, Severity, unsafe_fix
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository

# At the root also without a dot, as templates have it further down.
_MISNAMED = r"\.?docker[-_]?ignore\.txt|docker[-_]?ignore|\.docker[-_]ignore"


def check_unread_files(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """CTX005: a .dockerignore that no build reads."""
    yield from _check_names(repository, builds)
    used = {facts.ignore_file for facts in builds}
    found = [
        path
        for path in repository.ignore_files
        if path.endswith(".dockerignore") and path not in used
    ]
    if not found or not used:
        return
    contexts = {facts.context for facts in builds} | {context for _, context in builds.named}
    readable = {posixpath.join(context, ".dockerignore") for context in contexts}
    for path in found:
        if path not in readable:
            name = path.rpartition("/")[2]
            misspelt = name != ".dockerignore" and name.strip() == ".dockerignore"
            yield Finding(
                "CTX005",
                path,
                "no build reads this file: Docker reads .dockerignore at the root of the context, "
                "or NAME.dockerignore beside the Dockerfile NAME"
                + (", and this name has a space" if misspelt else ""),
                "Rename it to .dockerignore"
                if misspelt
                else "Move its patterns to the file that Docker reads",
                fix=_move_patterns(repository, path, builds),
                severity=_weigh(path, builds),
                repeats="unread",
            )


def _check_names(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """CTX005: a file with nearly the name of a .dockerignore that is not there."""
    missing = {each.root_path(".dockerignore") for each in builds if not each.build.ignore_path}
    for path in repository.find_named(_MISNAMED) if missing else ():
        folder, _, name = path.rpartition("/")
        right = posixpath.join(folder, ".dockerignore")
        if right in missing and (name.startswith(".") or not folder):
            yield Finding(
                "CTX005",
                path,
                f"no build reads this file: the name that Docker reads is {right}",
                f"Rename it: `git mv {shlex.quote(path)} {shlex.quote(right)}`",
                repeats="unread",
            )


def _weigh(path: str, builds: DockerBuilds) -> Severity:
    """Return a warning if a Dockerfile is beside the file or below; others may build otherwise.

    Programs such as ZenML write a Dockerfile of their own for the folder.
    """
    folder = path.rpartition("/")[0]
    beside = any(f"/{each.dockerfile}".startswith(f"/{folder}/") for each in builds)
    return Severity.WARNING if beside or not folder else Severity.NOTE


def _move_patterns(repository: Repository, path: str, builds: DockerBuilds) -> Fix | None:
    """Return a fix that gives the patterns of `path` to the file that is read for its folder.

    None if it is unknown where they belong: the file may not be removed then.
    """
    try:
        patterns = parse_ignore_file(repository.read_bytes(path))
    except PatternError:
        return None
    if not patterns:
        return unsafe_fix(Remove(path))
    folder = path.rpartition("/")[0]
    above = [each for each in builds if f"{folder}/".startswith(f"{each.context}/".lstrip("/"))]
    if not path.endswith("/.dockerignore") or not above:
        return None
    facts = max(above, key=lambda each: len(each.context))
    prefix = docker_pattern(facts.context_path(folder))
    moved = (
        Append(facts.ignore_file, f"{'!' if each.negated else ''}{prefix}/{each.text}")
        for each in patterns
    )
    return unsafe_fix(*moved, Remove(path))
