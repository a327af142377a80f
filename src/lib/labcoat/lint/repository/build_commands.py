"""The commands of scripts and Makefiles that start a Docker build."""

import posixpath
import re
import string
from collections.abc import Iterator, Sequence
from itertools import pairwise

from labcoat.core.patterns import lazy_pattern
from labcoat.core.shell_commands import split_commands

_OF_MAKE = lazy_pattern(r"\$\((\w+)\)")
_ASSIGNMENT = lazy_pattern(
    r"(?m)^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*[:?]{0,2}=[ \t]*[\"']?([\w./:-]+)[\"']?[ \t]*$"
)
# The options without a value of `docker buildx build --help` (0.13) and of the legacy builder.
_FLAG = lazy_pattern(
    r"-[qD]+|-h|--(?:check|compress|debug|disable-content-trust|force-rm|load|no-cache|pull|push"
    r"|quiet|rm|squash|stream|help)"
)


def expand_assigned(script: str) -> str:
    """Return a script or a Makefile with the values of the variables that it assigns."""
    if not ("$" in script and "docker" in script and "build" in script):
        return script
    values = dict(_ASSIGNMENT.findall(script))
    return (
        string.Template(_OF_MAKE.sub(r"${\1}", script)).safe_substitute(values)
        if values
        else script
    )


def find_builds(text: str) -> Iterator[tuple[str, str]]:
    """Yield the builds of `docker build -f FILE CONTEXT` commands."""
    for words in split_build_commands(text):
        yield from read_build(words)


def split_build_commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command that may start a build."""
    if "docker" not in text:
        return
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").split("\n"):
        if "docker" in line and "build" in line:
            yield from split_commands(line)


def read_build(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the build that a command starts, if it starts one."""
    if words[0].rpartition("/")[2] != "docker" or "build" not in words:
        return
    at = words.index("build")
    if any(word not in ("buildx", "image", "builder") for word in words[1:at]):
        return
    dockerfile = ""
    contexts: list[str] = []
    for before, word in pairwise(["", *words[at + 1 :]]):
        if re.fullmatch("-q?f|--file", before):
            dockerfile = word
        elif word.startswith("--file="):
            dockerfile = word.partition("=")[2]
        elif not word.startswith("-") and not _takes_a_value(before):
            contexts.append(word)
    if contexts:
        # A variable may hold options.
        context = next((each for each in contexts if "$" not in each), contexts[0])
        yield dockerfile or posixpath.join(context, "Dockerfile"), context


def _takes_a_value(word: str) -> bool:
    """Whether `word` is an option whose value is the next word."""
    return re.fullmatch(r"-q?[a-z]|--[\w-]+", word) is not None and not _FLAG.fullmatch(word)
