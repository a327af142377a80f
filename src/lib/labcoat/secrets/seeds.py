"""Scripts that fill a database with invented users, whose passwords let no one in."""

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
_NEAR = 300  # bytes around a password in which the arguments of the same call are


def is_invented(path: str, text: bytes, name: bytes, at: int) -> bool:
    """Whether the value called `name` at `at` is a password of a user that a script invents.

    DB_PASSWORD and the like are those of a service, and so is one beside its host.
    """
    return (
        _SEEDS.search(path) is not None
        and _OF_USER.fullmatch(name) is not None
        and not _OF_SERVICE.search(text, max(0, at - _NEAR), at + _NEAR)
    )
