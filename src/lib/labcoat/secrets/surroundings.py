"""What the text around a value says about it: that it is an example, or only for development."""

import re
from bisect import bisect
from functools import lru_cache
from itertools import takewhile

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import names, values

# Documents an interface, with examples; a line of a crontab begins with several `*`.
_IN_COMMENT = lazy_pattern(rb"\s*\*\s(?!\s*[*\d])")
# Elsewhere three slashes only take a line out.
_HAS_SLASHES = lazy_pattern(r"\.(?:rs|cs|fs|swift|dart|zig|c|cc|cpp|cxx|h|hpp)$")
_IN_SLASHES = lazy_pattern(rb"\s*//[!/](?!/)")
_COMMENT = lazy_pattern(rb"[ \t]*(?:#|//)")
# A line that was taken out, and what it says is about its own value.
_TAKEN_OUT = lazy_pattern(rb"[ \t]*[#/]+[ \t]*(?:\w+[ \t]+){0,3}[\w.\"'-]+[ \t]*(?:=|:[ \t]*[\"'])")
_LONGEST_COMMENT = 1500  # bytes
# A string that stands alone begins a docstring; one that is assigned may be used.
_QUOTES = lazy_pattern(rb"""^([ \t]*[rRuU]?)?(?:\"{3}|'{3})|\"{3}|'{3}""", re.MULTILINE)
_EXAMPLE = lazy_pattern(rb"(?i)\bexamples?\b|\be\.g\.|>>>")
# An address of the machine itself, at which no one else can use a key.
_OWN_ADDRESS = lazy_pattern(rb"(?i)https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])[:/\"']")
_ANY_TOKEN = lazy_pattern(rb"(?i)(?:auth|access|api)?_?token")
# What a text says right before a value that only shows the form of others.
_INTRODUCED = lazy_pattern(
    rb"(?i)\blooks?[ ](?:\w+[ ])?like(?:[ ]this)?[ ]?:?\s{0,8}[\"'`*(]{0,4}$"
)
_LONGEST_INTRODUCTION = 40  # bytes
# What a service answers along with a token of one session: for how many seconds it is valid.
_VALID_FOR = lazy_pattern(rb"expires_in\\?[\"']?[ \t]{0,3}[:=][ \t]{0,3}\\?[\"']?(\d{1,9})\b")
_OF_SESSION = lazy_pattern(rb"(?i)(?:access|id|bearer|session)_?token")
_LONGEST_SESSION = 86_400  # seconds
_LONGEST_ANSWER = 400  # bytes to each side
# The page of a notebook's server has the token of that one start, at the root of its address;
# https://jupyter-server.readthedocs.io/en/latest/operators/security.html
_OF_JUPYTER = b"data-jupyter-api-token"
_AT_ROOT = lazy_pattern(rb"data-base-url=\\?[\"']/\\?[\"']")
# What git filter-repo and BFG are to write in the place of the secret that begins the line.
_REPLACED = lazy_pattern(rb"={1,2}>?[^\s=]*\s*")
_SIGNED = lazy_pattern(rb"[?&](?:AWSAccessKeyId|X-Amz-Credential)=$")
# The fields of a form for an upload that somebody signed: https://docs.aws.amazon.com/AmazonS3/
# latest/API/sigv4-HTTPPOSTConstructPolicy.html
_SIGNED_FIELD = lazy_pattern(
    rb"(?i)\b(?:AWSAccessKeyId|X-Amz-Credential)\\?[\"'][ \t]{0,3}:[ \t]{0,3}\\?[\"']$"
)
_SIGNATURE = lazy_pattern(rb"(?i)[\"'](?:x-amz-)?signature\\?[\"'][ \t]{0,3}:")
_LONGEST_FORM = 2000  # bytes to each side
# An example in the description of an interface, as OpenAPI and JSON schema have them.
_DESCRIPTION = lazy_pattern(r"(?i)\.(?:ya?ml|json)$")
_TYPED = lazy_pattern(rb"\btype[\"']?[ \t]*:[ \t]*[\"']?(?:string|object|array)\b")
_SHOWN_VALUE = lazy_pattern(
    rb"(?m)(?:^|[{,])(?P<indent>[ \t]*)[\"']?(?:examples?|default)[\"']?[ \t]*:"
)
_AWS_SECRET = lazy_pattern(rb"(?<![\w/+=-])[A-Za-z0-9/+]{40}(?![\w/+=-])")
_OTHER_HALF = lazy_pattern(rb"[=:][ \t]*[\"']?([A-Za-z0-9/+]{40})(?![\w/+=-])")
_HEADER = lazy_pattern(rb"(?:[ \t]*(?:#[^\n]*)?\r?\n)*")
_NOT_FOR_PRODUCTION = lazy_pattern(
    rb"(?i)\b(?:not|never)\s+(?:be\s+)?(?:(?:deploy(?:ed)?|used?|run|meant|intended|suitable|safe)\b"
    rb"[^.\n]{0,40}\b)?(?:for\s+production|in\s+production|with\s+default\s+passwords)"
)
_ONLY_FOR_DEVELOPMENT = lazy_pattern(
    rb"(?i)\b(?:dev|development|local)[- ]only\b"
    rb"|\bonly\s+for\s+(?:local\s+|your\s+)?(?:dev|development|local)\b"
)
_FOR_EXAMPLE = lazy_pattern(rb"(?i)\b(?:for|in)\s+(?:this|the|an)\s+(?:example|demo|exercise)\b")
# How an example tells what to do with it; the copy has the name that it tells.
_COPIED = lazy_pattern(rb"(?i)\b(?:copy|rename|cp)\b[^\n]{0,60}\s[\"'`]?(?:\./)?(\.env[\w.-]*)")
_FOR_DEVELOPMENT = lazy_pattern(rb"(?i)\bfor\s+(?:local\s+)?(?:development|testing|tests|demos?)\b")
_COMPOSE = lazy_pattern(r"(?i)(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$")
_YAML = lazy_pattern(r"(?i)\.ya?ml$")  # may have the settings of several places
# A database that is empty at each start, so that no one has an account there.
_IN_MEMORY = lazy_pattern(rb"(?m)\bsqlite(?:\+\w+)?://(?:/:memory:)?(?=[\"'\s]|\Z)")
# Django's settings as `startproject` writes them: its pages then tell the settings to everybody.
_DEBUGGING = lazy_pattern(rb"(?m)^DEBUG[ \t]*=[ \t]*True\b")
# What a program signs with itself: no one else knows it, unlike the keys of services.
_OWN_SECRET = lazy_pattern(rb"(?i)secret_key(?:_base)?|session_secret|cookie_secret")
_AT_MARGIN = lazy_pattern(rb"^[^\s#].*", re.MULTILINE)
_SECTION = lazy_pattern(rb"([\w-]+)[ \t]*:[ \t\r]*(?:[&#].*)?")
_OF_DEVELOPMENT = (b"development", b"dev", b"test", b"testing", b"local")
_LONGEST_PARAMETER = 60  # bytes
_LONGEST_SCRIPT = 1 << 16  # bytes before and after a value
_LONGEST_EXAMPLE = 4000  # bytes of a docstring before a value
_LONGEST_SECTION = 4000  # bytes of it before a value
_LARGEST_SETTINGS = 4096  # bytes of a file with the settings of one place
_LONGEST_LINE = 200  # bytes to each side


def line_at(text: bytes, at: int) -> bytes:
    """Return the line around `at`, at most 200 bytes to each side."""
    start = max(text.rfind(b"\n", 0, at) + 1, at - _LONGEST_LINE)
    end = text.find(b"\n", at)
    return text[start : min(end if end >= 0 else len(text), at + _LONGEST_LINE)]


def says_no_secret(text: bytes, start: int, end: int) -> bool:
    """Whether the line of a token says that it is not a real one.

    A list of replacements says `token==>REDACTED` of each secret that is real.
    """
    line = line_at(text, start)
    before, token, after = line.partition(text[start:end])
    if token and not before.strip() and _REPLACED.fullmatch(after):
        return values.is_marked(token)
    return values.is_marked(line)


def is_shown(path: str, text: bytes, at: int) -> bool:
    """Whether the text around a value at `at` says that it is an example, or for this machine."""
    line = line_at(text, at)
    return (
        values.is_marked(line)
        or _IN_COMMENT.match(line) is not None
        or (_HAS_SLASHES.search(path) is not None and _IN_SLASHES.match(line) is not None)
        or _OWN_ADDRESS.search(line) is not None
        or _is_dismissed(text, at)
        or (path.endswith((".py", ".pyi")) and _is_in_example(text, at))
    )


def _is_dismissed(text: bytes, at: int) -> bool:
    """Whether the comment above the line of a value says that it is no secret of production."""
    lines = text[max(0, at - _LONGEST_COMMENT) : at].split(b"\n")[-2::-1]
    comment = [each for each in takewhile(_COMMENT.match, lines) if not _TAKEN_OUT.match(each)]
    said = b"\n".join(reversed(comment))
    told = (_NOT_FOR_PRODUCTION, _ONLY_FOR_DEVELOPMENT, _FOR_EXAMPLE)
    return any(each.search(said) for each in told)


def is_introduced(text: bytes, at: int) -> bool:
    """Whether the text before a token at `at` says that others look like it."""
    return _INTRODUCED.search(text, max(0, at - _LONGEST_INTRODUCTION), at) is not None


def is_in_script(text: bytes, at: int) -> bool:
    """Whether a value is in the script of a page, or in its address, which browsers load.

    Notebooks and programs have pages too, as texts.
    """
    start, end = max(0, at - _LONGEST_SCRIPT), at + _LONGEST_SCRIPT
    begins = text.rfind(b"<script", start, at)
    return (
        begins >= 0
        and text.find(b"</script", begins, at) < 0
        and text.find(b"</script", at, end) >= 0
    )


def is_signed(text: bytes, at: int) -> bool:
    """Whether a value is the name of a key in an address or a form, without the key itself.

    What the key signed expires.
    """
    start = max(0, at - _LONGEST_PARAMETER)
    return _SIGNED.search(text, start, at) is not None or (
        _SIGNED_FIELD.search(text, start, at) is not None
        and _SIGNATURE.search(text, max(0, at - _LONGEST_FORM), at + _LONGEST_FORM) is not None
    )


def has_both_halves(text: bytes, at: int) -> bool:
    """Whether the secret that a program made up stands near the name of a key of AWS at `at`."""
    around = max(0, at - _LONGEST_LINE), at + _LONGEST_LINE
    return any(
        values.is_generated(found[1]) and not values.is_marked(line_at(text, found.start()))
        for found in _OTHER_HALF.finditer(text, *around)
    )


def is_for_own_server(text: bytes, name: bytes, at: int) -> bool:
    """Whether a token is given to the machine itself, whose address stands right above it."""
    return (
        _ANY_TOKEN.fullmatch(name) is not None
        and _OWN_ADDRESS.search(text, max(0, at - _LONGEST_LINE), at) is not None
    )


def is_described(path: str, text: bytes, at: int) -> bool:
    """Whether the name of a key is an example in a description of an interface, without the key."""
    start = max(0, at - _LONGEST_EXAMPLE)
    if not _DESCRIPTION.search(path) or not _TYPED.search(text):
        return False
    shown = [
        each
        for each in _SHOWN_VALUE.finditer(text, start, at)
        if _goes_on(each["indent"], text[each.end() : at])
    ]
    return bool(shown) and not _AWS_SECRET.search(
        text, max(0, at - _LONGEST_FORM), at + _LONGEST_FORM
    )


def _goes_on(indent: bytes, value: bytes) -> bool:
    """Whether all of `value`, behind a name with this indent, is in its quotes or deeper."""
    quote = value.lstrip()[:1]
    if quote in (b'"', b"'") and value.count(quote) == 1:
        return True
    deeper = (len(line) - len(line.lstrip()) > len(indent) for line in value.splitlines()[1:])
    return b"\n" in value and all(deeper)


def has_expired(text: bytes, name: bytes, at: int) -> bool:
    """Whether a token is one of a session, as a service answered it: valid for a day at most.

    Whoever commits an answer does so later. The token that renews it has another name. A server of
    notebooks on the machine itself has a new token at each start.
    """
    if name == _OF_JUPYTER:
        return _AT_ROOT.search(text, at, at + _LONGEST_ANSWER) is not None
    if not _OF_SESSION.fullmatch(name):
        return False
    around = max(0, at - _LONGEST_ANSWER), at + _LONGEST_ANSWER
    valid = [int(found[1]) for found in _VALID_FOR.finditer(text, *around)]
    return bool(valid) and max(valid) <= _LONGEST_SESSION


def is_for_development(path: str, text: bytes) -> bool:
    """Whether a file of settings says that it is not for production, or keeps all in memory."""
    if not names.holds_variables(path):
        return False
    header = _HEADER.match(text)
    said = header[0] if header else b""
    return (
        _NOT_FOR_PRODUCTION.search(said) is not None
        or (_COMPOSE.search(path) is not None and _FOR_DEVELOPMENT.search(said) is not None)
        or (
            len(text) <= _LARGEST_SETTINGS
            and not _YAML.search(path)
            and _IN_MEMORY.search(text) is not None
        )
    )


def is_to_be_copied(path: str, text: bytes) -> bool:
    """Whether a file of variables says at its top that it is to be copied to another name."""
    header = _HEADER.match(text)
    found = _COPIED.search(header[0]) if header else None
    name = path.rpartition("/")[2].encode()
    return found is not None and found[1].rstrip(b".") != name


def is_in_section_for_development(path: str, text: bytes, name: bytes, at: int) -> bool:
    """Whether a YAML file has a program's own secret for development below that word, as Rails."""
    if not _YAML.search(path) or not _OWN_SECRET.fullmatch(name):
        return False
    at_margin = _AT_MARGIN.findall(text, max(0, at - _LONGEST_SECTION), at)
    section = _SECTION.fullmatch(at_margin[-1]) if at_margin else None
    return section is not None and section[1].lower() in _OF_DEVELOPMENT


def is_debugging(text: bytes) -> bool:
    """Whether Django's settings are those of a project that is not yet for production."""
    return _DEBUGGING.search(text) is not None


def _is_in_example(text: bytes, at: int) -> bool:
    """Whether `at` is in an example of a docstring."""
    docstrings = _list_docstrings(text)
    before = bisect(docstrings, (at, at))
    start, end = docstrings[before - 1] if before else (0, 0)
    return at <= min(end, start + _LONGEST_EXAMPLE) and bool(_EXAMPLE.search(text, start, at))


@lru_cache(maxsize=1)  # a file may have thousands of values
def _list_docstrings(text: bytes) -> list[tuple[int, int]]:
    """Return where the strings that stand alone between three quotes begin and end."""
    found: list[tuple[int, int]] = []
    opened: re.Match[bytes] | None = None
    for quotes in _QUOTES.finditer(text):
        if opened is None:
            opened = quotes
        elif opened[0][-1:] == quotes[0][-1:]:
            if opened[1] is not None:
                found.append((opened.end(), quotes.start()))
            opened = None
    if opened is not None and opened[1] is not None:
        found.append((opened.end(), len(text)))
    return found
