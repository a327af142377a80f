"""Tracked files of which the repository says that they are ignored and tracked on purpose."""

import posixpath
import re
from fnmatch import fnmatchcase

from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository.compose_files import COMPOSE
from labcoat.lint.repository.repository import Repository

# What a comment says of files that stay in git. Not: `should not stay tracked`, `tracked by DVC`.
_SAID = lazy_pattern(
    r"(?i)(?<!not )(?<!n't )(?<!no longer )"
    r"\b(?:stay|remain|keep|kept|intentional|deliberate|purpose|still)\w{0,5}\b(?:(?!\b(?:not|never|out|un)\b)[^\n]){0,40}?"
    r"\b(?:tracked|committed|checked[ -]in|versioned|in git|under version control)\b"
    r"(?! (?:by|with|via|in|through) (?!git\b))"
    r"|\b(?:tracked|committed|checked[ -]in)\b[^\n]{0,20}"
    r"\b(?:on purpose|intentionally|deliberately)\b"
    r"|\bgit add (?:-f|--force)\b|\bforce[- ]added\b"
)
_MOST_LINES = 20  # of a comment


def is_kept(repository: Repository, path: str, decided: tuple[str, int, str]) -> bool:
    """Whether an ignore file says that a tracked file stays tracked though a pattern ignores it.

    `decided` is the file, the line and the text of the pattern. A comment above it says so, or one
    with the file's name, or a negation, which git may not follow into an ignored folder.
    """
    source, number, _ = decided
    lines = repository.read_text(source).splitlines()
    above = number - 1
    while 0 < above <= len(lines) and lines[above - 1].startswith("#"):
        above -= 1
    comment = "\n".join(lines[max(above, number - 1 - _MOST_LINES) : number - 1])
    if _SAID.search(comment):
        return True
    name = posixpath.basename(path)
    return any(
        name in line and _SAID.search(line) for line in lines if line.startswith("#")
    ) or _is_negated(repository, path)


def is_read_by_compose(repository: Repository, path: str) -> bool:
    """Whether a compose file names a file, which it could not start without (`env_file`)."""
    name = posixpath.basename(path)
    texts = map(repository.read_text, repository.find_named(COMPOSE))
    return any(
        name in text and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text)
        for text in texts
    )


def _is_negated(repository: Repository, path: str) -> bool:
    """Whether a negation in one of the ignore files above a file names it, or a folder of it."""
    folder = path
    while folder:
        folder = posixpath.dirname(folder)
        inside = path[len(folder) + 1 :] if folder else path
        for line in repository.read_text(posixpath.join(folder, ".gitignore")).splitlines():
            if line.startswith("!") and _names(line[1:].strip(), inside):
                return True
    return False


def _names(pattern: str, path: str) -> bool:
    """Whether a pattern that is no folder's name alone names a path or a folder of it."""
    if pattern.endswith("/") or not pattern.strip("*/"):
        return False  # it only opens a folder for the patterns below
    parts = path.split("/")
    if "/" in pattern.strip("/"):
        inner = pattern.lstrip("/")
        return any(fnmatchcase("/".join(parts[:end]), inner) for end in range(1, len(parts) + 1))
    if pattern.startswith("/"):
        return fnmatchcase(path, pattern[1:])
    return parts[-1] == pattern  # a wildcard is for what is not ignored otherwise
