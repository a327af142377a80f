"""Passwords in addresses, `scheme://user:password@host`."""

import re
from collections.abc import Iterator

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import accounts, hosts, values
from labcoat.secrets.assignments import LEAST_TOKEN
from labcoat.secrets.public_keys import is_shipped
from labcoat.secrets.randomness import is_counted

# An address with a user and a password: it is searched for by the text that all have.
_ADDRESS = lazy_pattern(
    rb"://(?P<user>[^\s/:@\"'<>${}]+):"
    rb"(?P<password>[^\s/@\"'<>${}]{3,})@(?P<host>[\w.-]+)"
)
_SCHEME = lazy_pattern(rb"(?i)\b[a-z][a-z0-9+.-]{1,10}$")
# The user says which account it is, and many share the host.
_POOLED = lazy_pattern(rb"(?i)\w+\.[a-z]{20}@[\w-]+\.pooler\.supabase\.com")

_LEAST_TELLING = 12  # characters of a password


def is_account(found: re.Match[bytes]) -> bool:
    """Whether an address is that of one account at a service, where any password lets in."""
    written = b"%b@%b" % (found["user"], found["host"])
    pooled = _POOLED.fullmatch(written) is not None and not accounts.is_invented(written)
    return pooled or accounts.is_host(found["host"])


def is_telling(found: re.Match[bytes]) -> bool:
    """Whether the password at an account is a long random one, and the account no sample either."""
    password, host = found["password"], found["host"]
    return (
        len(password) >= _LEAST_TELLING
        and values.is_generated(password)
        and not values.is_disguised(password)
        and not any(map(is_counted, (found["user"], *host.split(b"."))))
    )


def find_passwords(text: bytes, *, everywhere: bool) -> Iterator[re.Match[bytes]]:
    """Yield addresses with a real password, those of development hosts only `everywhere`."""
    if b"://" not in text:
        return
    for found in _ADDRESS.finditer(text):
        if not _SCHEME.search(text, max(0, found.start() - 12), found.start()):
            continue
        password, user, host = found["password"], found["user"], found["host"]
        if values.is_stand_in(password) or values.is_marked(password) or is_shipped(password):
            continue
        is_weak = password.lower() == user.lower() or password.lower() in host.lower()
        if is_weak and not is_account(found):
            continue
        # A tunnel ends on the machine itself, and no one makes up a long password for development.
        long = len(password) >= LEAST_TOKEN and values.is_generated(password)
        if (hosts.is_own_host(host) and not long) or (
            hosts.is_example_host(host) and not hosts.is_own_host(host) and not everywhere
        ):
            continue
        if hosts.is_short_host(host) and not values.is_mixed(password):
            continue
        yield found
