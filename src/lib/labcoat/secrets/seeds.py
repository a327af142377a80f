"""Scripts and tables with invented users, whose passwords let no one in."""

import re
from functools import lru_cache

from labcoat.core.patterns import lazy_pattern

_SEEDS = lazy_pattern(
    r"(?i)(?:^|/)(?:seed(?:s|er|ers|ing)?|populate)(?=[/._-]|$)|[_.-](?:seeds|seeders?)(?=[/.])"
)
_OF_USER = lazy_pattern(
    rb"(?i)(?:(?:super_?user|user|admin|default|initial|demo|seed|staff|temp|test)s?_?)*"
    rb"pass(?:w(?:or)?d|phrase)s?(?:_?hash)?\d*"
)
# What a script tells a database or another service along with the password.
_OF_SERVICE = lazy_pattern(
    rb"(?i)\b(?:host(?:name)?|server|port)[\"']?[ \t]{0,3}[=:]|connect(?:ion)?\(\s*[^)\s]"
    rb"|\b(?!https?:)\w+://"
)
# What a generator of people writes beside each password, and who lists accounts does not.
_OF_PERSON = lazy_pattern(
    rb"(?i)\b(?:first|last|given|family|full)_?names?\b|\bgender\b|\bavatar\b|\bbirth_?(?:day|date)\b"
)
# What an application keeps beside the passwords of those who use it.
_OF_ACCOUNT = lazy_pattern(
    rb"(?i)\b(?:logged_in|last_login|roles?|permissions|is_(?:admin|staff|superuser|active))\b"
)
_PEOPLE = 5  # a table has more of them
_NEAR = 300  # bytes around a password in which the arguments of the same call are


def is_invented(path: str, text: bytes, name: bytes, at: int) -> bool:
    """Whether the value called `name` at `at` is the password of an invented user.

    In a script that seeds a database, or in a table of people with names and passwords.
    DB_PASSWORD and the like are those of a service, and so is one beside its host.
    """
    if _OF_USER.fullmatch(name) is None:
        return False
    around = max(0, at - _NEAR), at + _NEAR
    if _SEEDS.search(path) is None and not (
        _OF_PERSON.search(text, *around)
        and not _OF_ACCOUNT.search(text, *around)
        and _count_values(text, name) >= _PEOPLE
    ):
        return False
    return not _OF_SERVICE.search(text, *around)


@lru_cache(maxsize=8)  # a table has the same name in each line
def _count_values(text: bytes, name: bytes) -> int:
    """Count the texts that are assigned to a name."""
    return len(re.findall(rb"\b%b\\?[\"']?\s{0,3}[:=]\s{0,3}[\"']?\w" % re.escape(name), text))
