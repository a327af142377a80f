"""The names of packages, as an index compares them."""

from functools import lru_cache

from labcoat.core.patterns import lazy_pattern

_SEPARATORS = lazy_pattern(r"[-_.]+")


@lru_cache(maxsize=1 << 12)
def normalize_name(name: str) -> str:
    """Return a distribution's name as indexes compare it.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return _SEPARATORS.sub("-", name).lower()
