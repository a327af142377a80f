"""Passwords and tokens among the arguments of commands, as `curl -u USER:PASSWORD` has one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from labcoat.core.patterns import lazy_pattern
from labcoat.core.shell_commands import split_commands
from labcoat.secrets import values

PASSWORD = "a password in a command"  # noqa: S105 - what it is called
TOKEN = "a token in a command"  # noqa: S105
# Options with `USER:PASSWORD`.
_USERS: Mapping[str, tuple[str, ...]] = {
    "curl": ("-u", "--user", "-U", "--proxy-user"),
    "lftp": ("-u", "--user"),
}
# Short options with a password. A long one says what it is, for every program.
_OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("sshpass", "useradd", "usermod", "twine"), "-p"),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "mongorestore", "mongoimport"), "-p"),
    **dict.fromkeys(("zip", "unzip", "sqlcmd"), "-P"),
    **dict.fromkeys(("ldapsearch", "ldapadd", "ldapmodify"), "-w"),
    "redis-cli": "-a",
}
# The same of `login`; `docker run -p` publishes a port.
_LOGINS = ("docker", "podman", "buildah", "nerdctl", "skopeo", "helm", "crane", "oras", "az", "oc")
_ATTACHED = ("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump")
# Their first words are followed by the name of a setting and its value.
_SETTERS = ("aws", "npm", "yarn", "pnpm", "poetry", "git", "pip", "pip3", "conda")
_SECRET_SETTING = lazy_pattern(
    rb"(?i)_auth(?:token)?$|_password$|pypi-token\.|http-basic\.|secret_access_key$|session_token$"
    rb"|(?:^|[._-])(?:password|token)$"
)
_NEEDLE = lazy_pattern(
    rb"(?i)\b(?:%b)\b|[-_]authtoken|--[\w-]*(?:pass|token|secret|key|auth)"
    % b"|".join(
        sorted(
            name.encode()
            for name in (
                *(*_USERS, *_OPTIONS, *_LOGINS, *_ATTACHED, *_SETTERS),
                *("wget", "chpasswd", "htpasswd", "wandb", "huggingface-cli", "kubectl"),
            )
        )
    )
)
_HEADER = lazy_pattern(
    r"(?i)(?:proxy-)?authorization:\s*(?:(?:bearer|token|basic)\s+)?(?P<one>\S+)"
    r"|[\w-]*(?:token|api-?key|secret|password|api)[\w-]*:\s*(?P<other>\S+)"
)
# Tokens in an address without a password, or with one that says that there is none.
_USER_TOKEN = lazy_pattern(
    rb"://(?P<token>[^\s/:@\"'<>${}]{16,})(?::(?:x-oauth-basic)?)?@[\w.-]+"
    rb"|/t/(?P<conda>[a-z]{2}-[0-9a-f]{8}-[0-9a-f-]{27})/"
)
# Where a program reports its faults, which everybody who has the program can read:
# https://docs.sentry.io/concepts/key-terms/dsn-explainer/
_SENTRY_DSN = lazy_pattern(rb"://[0-9a-f]{32}@[\w.-]+(?::\d+)?/\d+\b")
_NETRC = lazy_pattern(rb"\blogin\s+\S+\s+password\s+(?P<value>[^\s\"'\\]+)")
# It registers a runner of GitHub's workflows, and is valid for an hour:
# https://docs.github.com/rest/actions/self-hosted-runners
_REGISTRATION = lazy_pattern(r"A[A-Z2-7]{28}")
_REGISTERS = "config.sh"
_VARIABLE = lazy_pattern(r"[$`<>{}()]|%\(")
_SETTING = lazy_pattern(r"^\w+=.|,")  # `--secret id=NAME`
_LIST = lazy_pattern(r"""(?<=\[)\s*(?=")|(?<="),|(?<=")\s*\]\s*$""")
# Options without a value, or with another one: `--disabled-password`, `--password-stdin`.
_NO_VALUE = lazy_pattern(
    r"(?i)(?:no|non|not|ask|prompt|disabled?|enabled?|without|skip|require|show|print|hide|allow"
    r"|generate|reset)[-_].*"
    r"|.*[-_](?:stdin|env|environment|prompt|fd|command|cmd|only|policy|authentication|login)"
)
_LONGEST = 1 << 12  # bytes of a command
_MOST_WORDS = 200  # of a command
_LEAST = 5  # characters of a password
_PROVED = 8  # characters of a token without a form of its own


class Argument(NamedTuple):
    """A password or a token that a command has: its kind and its place in the text.

    It is not `sure` if it may be a word.
    """

    kind: str
    start: int
    sure: bool


def find_arguments(text: bytes) -> Iterator[Argument]:
    """Yield the passwords and tokens in the commands of a script, a Makefile or a Dockerfile."""
    for found in _USER_TOKEN.finditer(text):
        value = found["token"] or found["conda"]
        if values.is_generated(value):
            yield Argument(TOKEN, found.start(), sure=not _SENTRY_DSN.match(text, found.start()))
    for found in _NETRC.finditer(text):
        if _is_password(found["value"].decode("latin-1")):
            yield Argument(PASSWORD, found.start(), _is_sure(found["value"]))
    end = 0
    for found in _NEEDLE.finditer(text):
        if found.start() < end:
            continue
        start, end = _find_command(text, found.start())
        # One byte, one character: what is found has the same place in both.
        script = text[start : min(end, start + _LONGEST)].decode("latin-1")
        if script.lstrip().startswith("#"):
            continue
        before: Sequence[str] = ()
        for words in split_commands(_unlist(script)):
            for kind, value in _find_values(words[:_MOST_WORDS], before):
                data = value.encode("latin-1")
                sure = not _has_expired(words, value) if kind == TOKEN else _is_sure(data)
                yield Argument(kind, start + max(0, script.find(value)), sure)
            before = words


def _find_command(text: bytes, at: int) -> tuple[int, int]:
    """Return where the command around `at` begins and ends, with the lines that continue it."""
    start = text.rfind(b"\n", 0, at) + 1
    while start and _is_continued(text, start - 1) and at - start < _LONGEST:
        start = text.rfind(b"\n", 0, start - 1) + 1
    end = text.find(b"\n", at)
    while 0 <= end < at + _LONGEST and _is_continued(text, end):
        end = text.find(b"\n", end + 1)
    return start, end if end >= 0 else len(text)


def _is_continued(text: bytes, end: int) -> bool:
    """Whether a backslash continues the line that ends at `end`."""
    return text[max(0, end - 2) : end].rstrip(b"\r").endswith(b"\\")


def _unlist(script: str) -> str:
    """Return the words of `["curl", "-u"]`, as RUN and CMD may have them, with spaces."""
    return _LIST.sub(" ", script).replace("[ ", " ", 1) if '["' in script else script


def _find_values(words: Sequence[str], before: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each secret of a command and its kind; `before` is the command piped into it."""
    names = [word.rpartition("/")[2] for word in words]
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if word.startswith("--"):
            yield from _find_in_option(word, following)
        elif word == "-H":
            yield from _find_in_header(following)
        for program in _USERS.keys() & set(names[:at]) if word.startswith("-") else ():
            yield from _find_user(program, word, following)
    for at, name in enumerate(names):
        yield from _find_of_program(name, words[at + 1 :], before)


def _find_in_option(word: str, following: str) -> Iterator[tuple[str, str]]:
    name, equals, value = word[2:].partition("=")
    value = value if equals else following
    if name == "from-literal":  # kubectl's and oc's, with the name of a setting
        name, _, value = value.partition("=")
    if name == "header":
        yield from _find_in_header(value)
    elif values.is_named_secret(name.encode("latin-1")) and not _NO_VALUE.fullmatch(name):
        if "pass" in name.lower():
            if _is_password(value):
                yield PASSWORD, value
        elif _is_token(value):
            yield TOKEN, value


def _find_in_header(header: str) -> Iterator[tuple[str, str]]:
    if found := _HEADER.fullmatch(header):
        value = found["one"] or found["other"]
        if _is_token(value):
            yield TOKEN, value


def _find_user(program: str, word: str, following: str) -> Iterator[tuple[str, str]]:
    """Yield the password in `-u USER:PASSWORD`."""
    for option in _USERS[program]:
        if word == option:
            account = following
        elif word.startswith(f"{option}=" if option.startswith("--") else option):
            account = word[len(option) :].lstrip("=")
        else:
            continue
        user, _, password = account.replace(",", ":", 1).partition(":")
        if _is_password(password) and password.lower() != user.lower():
            yield PASSWORD, password
        return


def _find_of_program(
    name: str, rest: Sequence[str], before: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield the secrets that a program has in its own way."""
    found: list[str] = []
    option = _OPTIONS.get(name) or ("-p" if name in _LOGINS and "login" in rest else "")
    for at, word in enumerate(rest):
        if option and word == option:
            found += rest[at + 1 : at + 2]
        elif option and name == "sshpass" and word.startswith(option):
            found.append(word[len(option) :])
        elif name in _ATTACHED and word.startswith("-p"):
            found.append(word[2:])
    if name == "htpasswd" and any(re.fullmatch("-[a-zA-Z]*b[a-zA-Z]*", word) for word in rest):
        found += rest[-1:]
    if name in _LOGINS and "--password-stdin" in rest and before[:1] in (["echo"], ["printf"]):
        found += before[1:]
    if name == "chpasswd" and before:
        found += [word.partition(":")[2] for word in before[1:]]
    yield from ((PASSWORD, value) for value in found if _is_password(value))
    tokens: list[str] = []
    if name == "wandb" and "login" in rest:
        tokens += rest[-1:]
    if name in _SETTERS:
        tokens += _set_values(rest)
    yield from ((TOKEN, value) for value in tokens if _is_token(value))


def _set_values(words: Sequence[str]) -> list[str]:
    """Return the values that `config set NAME VALUE` and `config set NAME=VALUE` give."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if _SECRET_SETTING.search(name.encode("latin-1")):
            return [value] if equals else list(words[at + 1 :])
    return []


def _is_password(value: str) -> bool:
    """Whether a value in the place of a password is one, and no variable and no placeholder."""
    data = value.encode("latin-1", "replace")
    return (
        len(value) >= _LEAST
        and not value.startswith("-")
        and not _VARIABLE.search(value)
        and not values.is_stand_in(data)
        and not values.is_marked(data)
    )


def _has_expired(words: Sequence[str], token: str) -> bool:
    """Whether a command only registers a runner, with a token that is no longer valid."""
    registers = any(word.rpartition("/")[2] == _REGISTERS for word in words)
    return registers and _REGISTRATION.fullmatch(token) is not None


def _is_sure(password: bytes) -> bool:
    """Whether a password is no word, and no placeholder in leetspeak."""
    return values.is_mixed(password) and not values.is_disguised(password)


def _is_token(value: str) -> bool:
    """Whether a program generated a value in the place of a token."""
    if len(value) < _PROVED or _SETTING.search(value) or not _is_password(value):
        return False
    return values.is_generated(value.encode("latin-1", "replace"))
