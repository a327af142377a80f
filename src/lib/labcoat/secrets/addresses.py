"""Passwords in addresses, `scheme://user:password@host`."""

import re
from collections.abc import Iterator

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import values
from labcoat.secrets.assignments import LEAST_TOKEN
from labcoat.secrets.public_keys import is_shipped

# An address with a user and a password: it is searched for by the text that all have.
_ADDRESS = lazy_pattern(
    rb"://(?P<user>[^\s/:@\"'<>${}]+):"
    rb"(?P<password>[^\s/@\"'<>${}]{3,})@(?P<host>[\w.-]+)"
)
_SCHEME = lazy_pattern(rb"(?i)\b[a-z][a-z0-9+.-]{1,10}$")
# A user and a host as services assign them to one account: everybody can reach the host.
_ACCOUNT = lazy_pattern(
    rb"(?i).*@[\w-]+\.(?!x+\.|abc|mongodb|example)[a-z0-9]{5,8}\.mongodb\.net"
    rb"|.*@db\.[a-z]{20}\.supabase\.co|\w+\.[a-z]{20}@[\w-]+\.pooler\.supabase\.com"
    rb"|.*@[\w-]+\.c[a-z0-9]{11}\.[\w-]+\.rds\.amazonaws\.com"
    rb"|.*@ep-[a-z]+-[a-z]+-[a-z0-9]{8}[\w.-]*\.neon\.tech"
    rb"|.*@dpg-[a-z0-9]{20}-a[\w.-]*\.render\.com"
    rb"|.*@[a-z]+-[a-z]+-\d{5}\.upstash\.io|.*@ec2-\d+-\d+-\d+-\d+\.[\w.-]*amazonaws\.com"
    rb"|.*@[\w-]+\.proxy\.rlwy\.net"
)
_ONE_LETTER = lazy_pattern(rb"(?i)\b([a-z])\1{19}\b")


def is_account(found: re.Match[bytes]) -> bool:
    """Whether an address is that of one account at a service, where any password lets in."""
    written = b"%b@%b" % (found["user"], found["host"])
    return (
        _ACCOUNT.fullmatch(written) is not None
        and not _ONE_LETTER.search(written)
        and not values.is_marked(written)
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
        if password.lower() == user.lower() or password.lower() in host.lower():
            continue
        # A tunnel ends on the machine itself, and no one makes up a long password for development.
        long = len(password) >= LEAST_TOKEN and values.is_generated(password)
        if (values.is_own_host(host) and not long) or (
            values.is_example_host(host) and not values.is_own_host(host) and not everywhere
        ):
            continue
        if values.is_short_host(host) and not values.is_mixed(password):
            continue
        yield found
