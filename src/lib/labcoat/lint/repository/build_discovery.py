"""Find the contexts of Dockerfiles in compose files, workflows and scripts."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.lint.repository.build_files import parse_blocks, read_bake, read_compose
from labcoat.lint.repository.repository import Repository

_COMPOSE = r"(?:docker-)?compose(?:[-._][\w.-]*)?\.ya?ml"
_SCRIPT = r"(?:gnu)?makefile|.*\.(?:mk|sh|bash)"
_BAKE = r"docker-bake(?:\.override)?\.(?:hcl|json)"
# A word of a shell, with its substitutions and quotes; a redirection, a bracket, a comment or
# a lone quote ends the command.
_WORD = r"""(?:\$\((?:[^()\n]|\([^()\n]*\))*\)|`[^`\n]*`|"[^"\n]*"|'[^'\n]*'|[^\s"'`;|&<>()])+"""
_COMMAND = lazy_pattern(
    rf"\bdocker[ \t]+(?:buildx[ \t]+|image[ \t]+)?build(?P<words>(?:[ \t]+(?!#){_WORD})*)"
)
# The options without a value of `docker buildx build --help` (0.13) and of the legacy builder.
_FLAG = lazy_pattern(
    r"-[qD]+|-h|--(?:check|compress|debug|disable-content-trust|force-rm|load|no-cache|pull|push"
    r"|quiet|rm|squash|stream|help)"
)


def map_named_contexts(repository: Repository) -> dict[str, str]:
    """Return the first context that is named for each Dockerfile.

    Both are relative to the root; an empty context is the root itself.
    """
    found: dict[str, str] = {}
    for dockerfile, context in find_named_builds(repository):
        found.setdefault(dockerfile, context)
    return found


def find_named_builds(repository: Repository) -> Iterator[tuple[str, str]]:
    """Yield every Dockerfile that is named, existing or not, with its existing context."""
    for path in repository.find_named(_COMPOSE):
        composed = read_compose(repository.read_text(path))
        yield from _from_root(repository, composed, posixpath.dirname(path))
    for path in repository.find_named(_BAKE):
        baked = list(read_bake(path, repository.read_text(path)))
        if any("$" in part for build in baked for part in build):
            repository.left_out.append(
                f"{path} has variables: did not check the builds that they name"
            )
        yield from _from_root(repository, baked, posixpath.dirname(path))
    for path in repository.find_named(r".*\.ya?ml"):
        if path.startswith(".github/workflows/"):
            yield from _from_root(repository, _builds_in_workflow(repository.read_text(path)), "")
    for path in repository.find_named(_SCRIPT):
        commands = list(_builds_in_commands(repository.read_text(path)))
        # A script may be started at the root or in its own folder.
        for folder in dict.fromkeys(["", posixpath.dirname(path)]):
            yield from _from_root(repository, commands, folder)


def _from_root(
    repository: Repository, builds: Iterable[tuple[str, str]], folder: str
) -> Iterator[tuple[str, str]]:
    """Yield builds whose paths are relative to `folder` with paths relative to the root.

    Omit those with variables, and those whose context does not exist: they were prose.
    """
    for dockerfile, context in builds:
        if (
            re.search(r"[$`{}]|://", dockerfile + context)
            or dockerfile == "-"
            or posixpath.isabs(dockerfile + context)
        ):
            continue
        place, base = (
            posixpath.normpath(posixpath.join(folder, each)) for each in (dockerfile, context)
        )
        built = repository.root / base
        if (
            not place.startswith("..")
            and not base.startswith("..")
            and path_exists(built)
            and built.is_dir()
        ):
            yield place, "" if base == "." else base


def _builds_in_workflow(text: str) -> Iterator[tuple[str, str]]:
    """Yield the builds of a workflow's steps; all paths are relative to the root."""
    for keys in parse_blocks(text):
        if "context" in keys or "file" in keys:
            context = keys.get("context", ".")
            yield keys.get("file") or posixpath.join(context, "Dockerfile"), context
    yield from _builds_in_commands(text)


def _builds_in_commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield the builds of `docker build -f FILE CONTEXT` commands."""
    for found in _COMMAND.finditer(text.replace("\\\n", " ")):
        words = [word.strip("'\"") for word in re.findall(_WORD, found["words"])]
        dockerfile = context = ""
        for before, word in pairwise(["", *words]):
            if re.fullmatch("-q?f|--file", before):
                dockerfile = word
            elif word.startswith("--file="):
                dockerfile = word.partition("=")[2]
            elif not context and not word.startswith("-") and not _takes_a_value(before):
                context = word
        if context:
            yield dockerfile or posixpath.join(context, "Dockerfile"), context


def _takes_a_value(word: str) -> bool:
    """Whether `word` is an option whose value is the next word."""
    return re.fullmatch(r"-q?[a-z]|--[\w-]+", word) is not None and not _FLAG.fullmatch(word)
