"""Paths written as patterns that match them alone, or as fields of an option."""

import csv
import io
import re


def git_pattern(path: str) -> str:
    """A line for a .gitignore at the root that matches `path`, a symlink of that name too."""
    escaped = re.sub(r"([\\*?\[])", r"\\\1", path).replace(
        "\n", "?"
    )  # a line feed cannot be written
    return "/" + (escaped[:-1] + "\\ " if escaped.endswith(" ") else escaped)


def docker_pattern(path: str) -> str:
    """A line for a .dockerignore that matches `path` and what is below it; it can also stand after `**/`."""
    escaped = re.sub(r"([\\*?\[\]^|{}()+])", r"\\\1", path)
    # Control characters fail the build, bytes that are no text match nothing exactly, and the builder trims the ends of a line:
    # there, any character will do.
    escaped = re.sub(r"[\0-\x1f\x7f\udc80-\udcff]|^\s|\s$", "?", escaped)
    return re.sub(r"^[!#]", r"[\g<0>]", escaped)


def csv_option(*fields: str) -> str:
    """An option's value such as docker's --mount and --secret take: one line of CSV (RFC 4180), whatever is in the fields."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()
