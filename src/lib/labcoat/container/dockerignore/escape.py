"""Paths written as patterns of a .dockerignore that match them alone."""

import re

from labcoat.core.patterns import lazy_pattern

# A control character fails the build, a byte that is not UTF-8 matches nothing exactly, and the
# builder trims the ends of a line: there `?` has to do.
_UNWRITABLE = lazy_pattern(r"[\0-\x1f\x7f\udc80-\udcff]|^\s|\s$")


def docker_pattern(path: str) -> str:
    """Return a line of a .dockerignore that matches `path` and what is below it.

    It can also follow `**/`.
    """
    escaped = re.sub(r"([\\*?\[\]^|{}()+])", r"\\\1", path)
    return re.sub(r"^[!#]", r"[\g<0>]", _UNWRITABLE.sub("?", escaped))
