"""Regular expressions that are compiled when they are first used.

To compile one takes up to a millisecond, and a command needs few of those that its modules define.
"""

import re
from typing import Any, AnyStr, cast

_METHODS = (
    *("search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"),
    *("pattern", "flags", "groups", "groupindex"),
)


class _LazyPattern:
    """A pattern without its methods until one of them is asked for."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        # From now on no call goes through here.
        self.__dict__.update((each, getattr(compiled, each)) for each in _METHODS)
        return self.__dict__[name]


def lazy_pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern that is compiled when one of its methods is first called.

    Unlike a compiled pattern, the functions of `re` do not take it.
    """
    return cast("re.Pattern[AnyStr]", _LazyPattern(source, flags))
