"""Passwords beside a host that a service assigns to one account: everybody can reach that."""

import re
from collections.abc import Iterator
from itertools import islice

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import names, values
from labcoat.secrets.public_keys import is_shipped

_HOST = lazy_pattern(
    rb"(?i)(?<![\w.-])(?:"
    rb"[\w-]+\.(?!x+\.|abc|mongodb|example)[a-z0-9]{5,8}\.mongodb\.net"
    rb"|db\.[a-z]{20}\.supabase\.co"
    rb"|[\w-]+\.c[a-z0-9]{11}\.[\w-]+\.(?:rds|redshift)\.amazonaws\.com"
    rb"|ep-[a-z]+-[a-z]+-[a-z0-9]{8}[\w.-]*\.neon\.tech"
    rb"|dpg-[a-z0-9]{20}-a[\w.-]*\.render\.com"
    rb"|[a-z]+-[a-z]+-\d{5}\.upstash\.io|ec2-\d+-\d+-\d+-\d+\.[\w.-]*amazonaws\.com"
    rb"|[\w-]+\.proxy\.rlwy\.net|[\w-]+\.(?:[\w-]+\.){0,2}snowflakecomputing\.com"
    rb"|[\w-]+\.(?:postgres|mysql|mariadb)\.database\.azure\.com"
    rb"|[\w-]+\.(?:database|redis\.cache)\.windows\.net|[\w-]+\.[a-z]\.aivencloud\.com"
    rb")(?![\w-]|\.\w)"
)
# One of these is in every host above: to look for words takes a hundredth of the time.
_DOMAINS = (
    *(b"mongodb.net", b"supabase.co", b"amazonaws.com", b"neon.tech", b"render.com"),
    *(b"upstash.io", b"rlwy.net", b"snowflakecomputing.com", b"azure.com", b"windows.net"),
    b"aivencloud.com",
)
# What Snowflake's connectors and dbt take for a host: the name of an account, which has a number.
# https://docs.snowflake.com/en/user-guide/admin-account-identifier
_SNOWFLAKE = lazy_pattern(
    rb"(?i)\baccount(?:_?(?:name|id|identifier))?\\?[\"']?[ \t]{0,3}(?:=>?|:)[ \t]{0,3}"
    rb"[rbuf]?\\?[\"']?"
    rb"(?P<account>(?=[a-z_-]*\d)[a-z][\w-]{4,60}(?:\.[a-z][\w-]{1,30}){0,2})(?![\w.(<{$-])"
)
# As the documentation has them.
_INVENTED_ACCOUNT = lazy_pattern(
    rb"(?i)(?:abc?|xy?z?|my\w*|your\w*|demo|test|example|account|org)[_-]?\d+(?:\..*)?"
)
# Where users choose the names of servers: those that documentation has.
_INVENTED = lazy_pattern(
    rb"(?i)(?:(?:your|my|the|some|azure|sql|db|database|postgres(?:ql)?|mysql|demo|example|sample"
    rb"|test|server|host|account|instance|name|resource|organi[sz]ation|org|foo|bar|abc?|xy|z|x)"
    rb"[_-]*\d*)+\.(?:[\w-]+\.)*(?:azure\.com|windows\.net|snowflakecomputing\.com)"
)
_ONE_LETTER = lazy_pattern(rb"(?i)\b([a-z])\1{19}\b")
_NAME = rb"(?P<name>\b\w{0,40}(?:passw(?:or)?d|pwd|pass))"
_END = rb"[\\\"'\]]{0,3}[ \t]{0,3}(?::[ \t]{0,3}%b[ \t]{0,3})?" % names.TYPE
_QUOTED = lazy_pattern(
    rb"(?i)%b%b(?:=>?|:|,)[ \t]{0,3}[rbu]?\\?[\"'](?P<value>[^\s\"'\\]{4,100})\\?[\"']"
    % (_NAME, _END)
)
# Between semicolons, as in the texts that say how to connect to a server by Microsoft.
_LISTED = lazy_pattern(rb"(?i);[ \t]{0,3}%b[ ]?=[ ]?(?P<value>[^\s\"'\\;]{4,100})" % _NAME)
_LINE = lazy_pattern(
    rb"(?im)^[ \t-]*(?:export[ \t]+|ENV[ \t]+)?%b[ \t]*[=:][ \t]*"
    rb"(?P<value>[^\s\"'#]{4,100})[ \t\r]*$" % _NAME
)
_CODE = lazy_pattern(rb"[<>{}()\[\]$%]|^/")
_NEAR = 300  # bytes between a host and its password
_MOST = 50  # hosts of a text


def is_host(host: bytes) -> bool:
    """Whether a host is that of one account at a service."""
    return _HOST.fullmatch(host) is not None and not is_invented(host)


def is_invented(host: bytes) -> bool:
    """Whether a host, or a user at it, is a placeholder, as `myserver.database.windows.net`."""
    return (
        values.is_marked(host)
        or _INVENTED.fullmatch(host) is not None
        or _ONE_LETTER.search(host) is not None
    )


def find_passwords(path: str, text: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield names, places and values of the passwords near the host of an account.

    Any word counts, but no placeholder.
    """
    lower = text.lower()
    if b"pass" not in lower and b"pwd" not in lower:
        return
    patterns = [_QUOTED, _LISTED]
    if names.holds_variables(path) or names.holds_commands(path):
        patterns.append(_LINE)
    seen: set[int] = set()
    for start, end in islice(_find_hosts(text, lower), _MOST):
        around = max(0, start - _NEAR), end + _NEAR
        for pattern in patterns:
            for found in pattern.finditer(text, *around):
                if found.start("value") not in seen and _is_password(found):
                    seen.add(found.start("value"))
                    yield found["name"], found.start("value"), found["value"]


def _find_hosts(text: bytes, lower: bytes) -> Iterator[tuple[int, int]]:
    """Yield the places of hosts of accounts in a text, of which `lower` is the lower case."""
    if any(each in lower for each in _DOMAINS):
        for host in _HOST.finditer(text):
            if not is_invented(host[0]):
                yield host.span()
    if b"snowflake" in lower:
        for found in _SNOWFLAKE.finditer(text):
            account = found["account"]
            if not (_INVENTED_ACCOUNT.fullmatch(account) or values.is_marked(account)):
                yield found.span()


def _is_password(found: re.Match[bytes]) -> bool:
    value = found["value"]
    return not (
        (values.is_stand_in(value) and not value.isdigit())
        or values.is_marked(value)
        or is_shipped(value)
        or _CODE.search(value)
        or value.lower() == found["name"].lower()
    )
