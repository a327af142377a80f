"""Paths written as patterns that match them alone."""

import re


def git_pattern(path: str) -> str:
    """A line for a .gitignore at the root that matches `path` and nothing else, a symlink of that name too."""
    escaped = re.sub(r"([\\*?\[])", r"\\\1", path)
    return "/" + (escaped[:-1] + "\\ " if escaped.endswith(" ") else escaped)


def docker_pattern(path: str) -> str:
    """A line for a .dockerignore that matches `path` and what is below it."""
    return re.sub(r"([\\*?\[\]^|{}])", r"\\\1", path)
