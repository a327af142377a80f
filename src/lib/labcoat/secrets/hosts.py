"""Hosts whose passwords let no one else in: the machine itself, and those of examples."""

from labcoat.core.patterns import lazy_pattern

_OWN_HOSTS = lazy_pattern(rb"(?i)localhost|127\.[\d.]+|0\.0\.0\.0|host\.docker\.internal")
_EXAMPLE_HOSTS = lazy_pattern(
    rb"(?i)(?:.*\.)?(?:example(?:\.(?:com|org|net))?|.*\.?(?:local|test|invalid|localhost|internal))"
)


def is_own_host(host: bytes) -> bool:
    """Whether a host is the machine itself."""
    return _OWN_HOSTS.fullmatch(host) is not None


def is_short_host(host: bytes) -> bool:
    """Whether a host has no domain, as the services of a compose file."""
    return b"." not in host


def is_example_host(host: bytes) -> bool:
    """Whether a host is reserved for examples and tests."""
    return _EXAMPLE_HOSTS.fullmatch(host) is not None
