"""Which context a Dockerfile is built in, as far as compose files, workflows and scripts say it."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from labcoat.core.reading import path_exists
from labcoat.lint.repository.repository import Repository

_COMPOSE = r"(?:docker-)?compose(?:[-._][\w.-]*)?\.ya?ml"
_SCRIPT = r"(?:gnu)?makefile|.*\.(?:mk|sh|bash)"
# Of YAML only this is read: `build: folder`, or a block with `context` and `dockerfile` (`file` in workflows).
_INLINE = re.compile(r"^[ \t]*build:[ \t]+(?P<context>[^\s#{\[&*|>][^\s#]*)", re.MULTILINE)
_BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)(?:build|with):[ \t]*(?:#.*)?\n(?P<body>(?:(?P=indent)[ \t]+.*\n?|[ \t]*\n)+)",
    re.MULTILINE,
)
_KEY = re.compile(r"^[ \t]*(?P<key>context|dockerfile|file):[ \t]*(?P<value>[^\s#]+)", re.MULTILINE)
# A word of a shell: what it is made of stands together, and a redirection, a bracket, a comment or a lone quote ends the command.
_WORD = r"""(?:\$\((?:[^()\n]|\([^()\n]*\))*\)|`[^`\n]*`|"[^"\n]*"|'[^'\n]*'|[^\s"'`;|&<>()])+"""
_COMMAND = re.compile(
    rf"\bdocker[ \t]+(?:buildx[ \t]+|image[ \t]+)?build(?P<words>(?:[ \t]+(?!#){_WORD})*)"
)
# The options of `docker buildx build --help` (0.13) and of the legacy builder that take no value; all others take one.
_ALONE = re.compile(
    r"-[qD]+|--(?:check|compress|debug|disable-content-trust|force-rm|load|no-cache|pull|push|quiet|rm|squash|stream|help)|-h"
)


def named_builds(repository: Repository) -> dict[str, str]:
    """Dockerfiles with the contexts that they are built in, both relative to the root; empty stands for the root itself."""
    found: dict[str, str] = {}
    for dockerfile, context in pairs(repository):
        found.setdefault(dockerfile, context)
    return found


def pairs(repository: Repository) -> Iterator[tuple[str, str]]:
    """All that is said: Dockerfile, which may not be there, and context, which is; relative to the root."""
    for path in repository.named(_COMPOSE):
        yield from _placed(repository, _of_compose(repository.text(path)), posixpath.dirname(path))
    for path in repository.named(r".*\.ya?ml"):
        if path.startswith(".github/workflows/"):
            yield from _placed(repository, _of_workflow(repository.text(path)), "")
    for path in repository.named(_SCRIPT):
        commands = list(_of_commands(repository.text(path)))
        for folder in dict.fromkeys(
            ["", posixpath.dirname(path)]
        ):  # nobody knows where a script is started
            yield from _placed(repository, commands, folder)


def _placed(
    repository: Repository, found: Iterable[tuple[str, str]], folder: str
) -> Iterator[tuple[str, str]]:
    """Pairs that are named from `folder`, named from the root.

    Without those that are known only when something runs, and those whose context is no folder: it was no command, but prose.
    """
    for dockerfile, context in found:
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


def _of_compose(text: str) -> Iterator[tuple[str, str]]:
    """Of each `build`; the Dockerfile is named from the context."""
    for found in _INLINE.finditer(text):
        context = found["context"].strip("'\"")
        yield posixpath.join(context, "Dockerfile"), context
    for keys in _blocks(text):
        context = keys.get("context", ".")
        yield posixpath.join(context, keys.get("dockerfile", "Dockerfile")), context


def _of_workflow(text: str) -> Iterator[tuple[str, str]]:
    """Of each step that builds an image; the Dockerfile is named from the root, as the context is."""
    for keys in _blocks(text):
        if "context" in keys or "file" in keys:
            context = keys.get("context", ".")
            yield keys.get("file") or posixpath.join(context, "Dockerfile"), context
    yield from _of_commands(text)


def _blocks(text: str) -> Iterator[dict[str, str]]:
    for found in _BLOCK.finditer(text):
        yield {each["key"]: each["value"].strip("'\"") for each in _KEY.finditer(found["body"])}


def _of_commands(text: str) -> Iterator[tuple[str, str]]:
    """Of each `docker build -f FILE CONTEXT`."""
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
    """Whether `word` is an option whose value is the word after it."""
    return re.fullmatch(r"-q?[a-z]|--[\w-]+", word) is not None and not _ALONE.fullmatch(word)
