"""Paths written as patterns of a .gitignore that match them alone."""

import re


def git_pattern(path: str) -> str:
    """Return a line of the root's .gitignore that matches `path`, also where it is a symlink."""
    escaped = re.sub(r"([\\*?\[])", r"\\\1", path)
    escaped = escaped.replace("\n", "?")  # a line cannot contain a line feed
    return "/" + (escaped[:-1] + "\\ " if escaped.endswith(" ") else escaped)
