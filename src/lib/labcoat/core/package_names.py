"""The names of packages, as an index compares them."""

from labcoat.core.patterns import lazy_pattern

_SEPARATORS = lazy_pattern(r"[-_.]+")


def normalize_name(name: str) -> str:
    """Return a distribution's name as indexes compare it.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return _SEPARATORS.sub("-", name).lower()
