"""Passwords beside an address for mail, which says whose account a word lets into."""

import re
from collections.abc import Iterator

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import hosts, names, values
from labcoat.secrets.assignments import BEFORE
from labcoat.secrets.public_keys import is_shipped

_ADDRESS = lazy_pattern(
    rb"(?<![\w.+-])(?P<user>[\w.+-]{2,64})@(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
)
# Addresses that ask for another one, also in other languages, and those of tests.
_INVENTED = lazy_pattern(
    rb"(?i)(?:test(?!a)|demo|example|sample|dummy|fake|your|username|some(?:one|body)|foobar|xyz|x{2,}"
    rb"|(?:john|jane)\.?doe)[\w.+-]*"
    rb"|(?:you|my|tu|su|mi|seu|sua|votre|ihre?|deine?|some|foo|bar|abc|user|e?mail|name|address|sender"
    rb"|receiver|recipient)(?:[._+-]?(?:e?mail|name|user|account|company|address|app|correo|sender"
    rb"|here|test|\d)[\w.+-]*)?"
)
_INVENTED_HOST = lazy_pattern(
    rb"(?i)(?:.*\.)?(?:(?:your|my|some|the)?-?(?:domain|company|site|host|server|org|provider|corp"
    rb"|business)|(?:your|my|some)-?e?mail|example|test|email|foo|bar|acme|local|localhost|lan)\.\w{2,10}"
)
# Where everybody has an account of their own.
_PROVIDERS = (
    rb"(?:gmail|googlemail|yahoo|hotmail|outlook|live|icloud|proton(?:mail)?|gmx|web|qq|163|126|naver"
    rb"|yandex|mail|zoho)\.(?:com|de|fr|it|es|ru|net|me|cn|in|co\.\w\w|com\.\w\w)\b"
)
_END = rb"[\\\"'\]]{0,3}[ \t]{0,3}(?::[ \t]{0,3}%b[ \t]{0,3})?" % names.TYPE
_IN_QUOTES = rb"(?:=>?|:|,)[ \t]{0,3}[rbu]?\\?[\"'](?P<value>[^\s\"'\\]{4,100})\\?[\"']"
_ON_A_LINE = rb"[ \t]*[=:][ \t]*(?P<value>[^\s\"'#]{4,100})[ \t\r]*$"
_PASSWORD = rb"(?:passw(?:or)?d|pwd|pass)"
_OF_MAIL = rb"(?P<name>\b\w{0,30}(?:mail|smtp)\w{0,20}%b)" % _PASSWORD
_ANY = rb"(?P<name>\b\w{0,40}%b)" % _PASSWORD
_QUOTED_OF_MAIL = lazy_pattern(rb"(?i)%b%b%b" % (_OF_MAIL, _END, _IN_QUOTES))
_LINE_OF_MAIL = lazy_pattern(
    rb"(?im)^[ \t-]*(?:export[ \t]+|ENV[ \t]+)?%b%b" % (_OF_MAIL, _ON_A_LINE)
)
_QUOTED = lazy_pattern(rb"(?i)%b%b%b" % (_ANY, _END, _IN_QUOTES))
# A name to log in with. What is called `email` may be one of a list of users.
_LOGIN = lazy_pattern(
    rb"(?i)\b\w{0,30}(?:user(?:_?name)?|login)%b(?:=>?|:|,)[ \t]{0,3}[rbu]?\\?[\"']"
    rb"(?P<user>[\w.+-]{2,64})@(?P<host>%b)" % (_END, _PROVIDERS)
)
# A program that sends mail: its password is that of the address.
_SENDS = (lazy_pattern(rb"\bSMTP(?:_SSL)?\("), lazy_pattern(rb"\.login\("))
_CODE = lazy_pattern(rb"[<>{}()\[\]$%]")
_CLASSES = tuple(lazy_pattern(each) for each in (rb"[a-z]", rb"[A-Z]", rb"\d", rb"[^\w\s]"))
_LEAST_CLASSES = 3
_LEAST = 8  # characters of a password where a program asks for a login
_NEAR = 300  # bytes between an address and its password
_MOST = 200  # passwords of a text


def find_passwords(path: str, text: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield names, places and values of the passwords of mail accounts and of logins with one.

    Any word counts that is called the password of a mail account; in a program that sends mail,
    one with letters and digits; of other logins, one that has letters of both cases, digits and
    symbols, or three of these.
    """
    if b"@" not in text:
        return
    lower = text.lower()
    if b"pass" not in lower and b"pwd" not in lower:
        return
    if b"mail" in lower or b"smtp" in lower:
        patterns = [_QUOTED_OF_MAIL]
        if names.holds_variables(path) or names.holds_commands(path):
            patterns.append(_LINE_OF_MAIL)
        for pattern in patterns:
            yield from _find_near(text, pattern, _ADDRESS)
    if all(each.search(text) for each in _SENDS):
        found = _find_near(text, _QUOTED, _ADDRESS)
        yield from (each for each in found if values.is_strong(each[2]))
    if _LOGIN.search(text):
        found = _find_near(text, _QUOTED, _LOGIN)
        yield from (each for each in found if _is_chosen(each[2]))


def _find_near(
    text: bytes, passwords: re.Pattern[bytes], addresses: re.Pattern[bytes]
) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield what `passwords` matches near a real one of `addresses`."""
    for count, found in enumerate(passwords.finditer(text)):
        if count == _MOST:
            return
        value = found["value"]
        if _is_password(value) and value.lower() != found["name"].lower():
            near = max(0, found.start() - _NEAR - BEFORE), found.end() + _NEAR
            if any(map(_is_real, addresses.finditer(text, *near))):
                yield found["name"], found.start("value"), value


def _is_real(found: re.Match[bytes]) -> bool:
    """Whether an address is that of somebody, and no placeholder."""
    user, host = found["user"], found["host"]
    return not (
        values.is_marked(found[0])
        or _INVENTED.fullmatch(user)
        or _INVENTED_HOST.fullmatch(host)
        or hosts.is_example_host(host)
    )


def _is_password(value: bytes) -> bool:
    return not (
        values.is_stand_in(value)
        or values.is_marked(value)
        or values.is_disguised(value)
        or is_shipped(value)
        or _CODE.search(value)
        or _ADDRESS.fullmatch(value)
    )


def _is_chosen(value: bytes) -> bool:
    """Whether somebody chose a value for a login, unlike the short words of examples."""
    classes = sum(1 for each in _CLASSES if each.search(value))
    return len(value) >= _LEAST and classes >= _LEAST_CLASSES
