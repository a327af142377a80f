"""Secrets in the content of a file, weighed by where they are."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from itertools import chain

from labcoat.core.path_roles import is_aside
from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import (
    accounts,
    addresses,
    commands,
    mail,
    names,
    rules,
    surroundings,
    values,
    web_tokens,
    written,
)
from labcoat.secrets.assignments import (
    AFTER,
    BEFORE,
    LEAST_TOKEN,
    around_long_values,
    find_named_quoted,
    find_quoted,
    named_values,
)
from labcoat.secrets.certificates import is_for_example
from labcoat.secrets.public_keys import is_public_key, is_shipped
from labcoat.secrets.published import PUBLIC_KINDS, is_for_all, is_of_web
from labcoat.secrets.secret import LEAST_STEM, Found, Secret, join_found
from labcoat.secrets.seeds import is_invented

_VARIABLE = lazy_pattern(rb"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=(.*)$", re.MULTILINE)
_IN_QUOTES = lazy_pattern(rb"""([\"'])(.*?)\1[ \t]*(?:#.*)?""")
_REMARK = lazy_pattern(rb"[ \t]#.*|^#[ \t].*")  # behind a value without quotes
# Places with values for development: no one is let in with these anywhere else.
_DEVELOPMENT = lazy_pattern(
    r"(?i)(?:^|[/._-])(?:dev|devel|development|devcontainer|local|localhost|(?:unit)?tests?|testing|e2e|ci|cypress(?=/)"
    r"|examples?|samples?|dummy|mocks?|fakes?|demos?|dist|\.next|\.nuxt|snakeoil|selfsigned"
    r"|templates?(?!/[^/]{0,80}secrets?[^/]{0,80}\.ya?ml$)"  # but of a chart of Helm
    r"|self-signed|insecure|fixtures?|conftest|playground|tutorials?|workshops?|\.github)"
    r"(?=[/._-]|$)|\.spec\.[cm]?[jt]sx?$|_spec\.rb$"
)
# What Ansible copies to machines, also those of production.
_OF_ANSIBLE = lazy_pattern(r"(?:^|(?<=/))(?:roles/[^/]{1,255}|playbooks)/templates/")
_PROSE = lazy_pattern(r"(?i)\.(?:md|mdx|rst|txt|adoc|html?|tex|ya?ml\.md|svg|csv|tsv|po|pot)$")
_IS_JSON = lazy_pattern(rb"\s*\{\s*\"")  # whatever the name of the file
# Texts for programs, whatever their names end with.
_LISTS = lazy_pattern(
    r"(?i)(?:^|/)(?:[^/]*(?:require|constraint)[^/]*|requirements/[^/]*|cmakelists)\.txt$"
)
_NO_SOURCE = lazy_pattern(
    r"(?i)(?:\.min\.(?:js|css)|\.map|\.lock|-lock\.(?:json|yaml)|lock\.json|\.sum|\.ipynb_meta|\.jsonl|\.ndjson)$"
    r"|(?:^|/)(?:BrowsingTopicsState|Local State|Secure Preferences)$"  # of a browser's profile
)
_OWN_KINDS = (*PUBLIC_KINDS, rules.PRIVATE)  # a developer makes the latter for this machine
_LARGEST_BY_HAND = 1 << 17  # bytes; programs write larger sources and settings
_LARGEST_NAMED = 1 << 20  # bytes; larger ones are data
# Yields the names, places and values of passwords in the text of a file.
Finder = Callable[[str, bytes], Iterator[tuple[bytes, int, bytes]]]
_FEW = 5  # values that somebody named in a large file; a table has more


def find_in_content(
    path: str, data: bytes, *, tokens_only: bool = False, size: int = 0, beside: bytes = b""
) -> Secret | None:
    """Return the most serious secret in `data` (UTF-8, or UTF-16 with a mark), or None.

    With `tokens_only`, values are not secrets because of their names. `size` is that of the file if
    the data are only some lines of it; `beside` has the certificates in other files of its folder.
    """
    text = as_utf8(data)
    found = _find_all(path, text, tokens_only=tokens_only, size=size, beside=beside)
    return join_found(text, found)


def find_in_variables(path: str, data: bytes) -> Secret | None:
    """Return the most serious secret in a file of variables, in which all values count."""
    text = as_utf8(data)
    found = chain(_find_all(path, text), _find_telling(path, text))
    return join_found(text, found)


def _find_telling(path: str, text: bytes) -> Iterator[Found]:
    """Yield the variables with names of secrets.

    A value that several have is not sure, nor is one that begins with it. The same line again, as
    in files that were put together, is one variable.
    """
    variables = [(found, _read_value(found[2])) for found in _VARIABLE.finditer(text)]
    counts = Counter(value for _, value in {(found[1], value) for found, value in variables})
    shared = tuple(each for each, count in counts.items() if count > 1 and len(each) >= LEAST_STEM)
    sure = not is_development(path) and not surroundings.is_for_development(path, text)
    is_example = surroundings.is_to_be_copied(path, text)
    for found, value in variables:
        if values.is_telling(found[1], value) and not values.is_marked(found[1]):
            name = found[1].decode()
            is_sure = sure and counts[value] == 1 and values.is_strong(value)
            is_sure = is_sure and not (
                (is_example and not values.is_mixed(value))
                or value.startswith(shared)
                or is_public_key(found[1], value)
                or web_tokens.is_useless(value)
            )
            yield f"a value for {name}", found.start(), is_sure, name, value


def _read_value(text: bytes) -> bytes:
    """Return the value in what stands behind an equals sign, without quotes and a remark."""
    quoted = _IN_QUOTES.fullmatch(text.strip())
    return quoted[2] if quoted else _REMARK.sub(b"", text, count=1).strip().strip(b"\"'")


def find_passwords(data: bytes) -> list[bytes]:
    """Return the passwords in addresses, without placeholders and those for development."""
    return [found["password"] for found in addresses.find_passwords(as_utf8(data), everywhere=True)]


def is_without_names(path: str, size: int) -> bool:
    """Whether programs wrote a file of `size` bytes, so that no one has named a value in it."""
    return _NO_SOURCE.search(path) is not None or (_is_large(path, size) and is_of_web(path))


def _is_large(path: str, size: int) -> bool:
    return size > _LARGEST_BY_HAND and not path.lower().endswith(".ipynb")


def is_development(path: str) -> bool:
    """Whether a file has values for tests, examples or development, by its path."""
    return is_aside(path) or _DEVELOPMENT.search(_OF_ANSIBLE.sub("", path)) is not None


def as_utf8(data: bytes) -> bytes:
    """Decode UTF-16, and remove the byte order mark that PowerShell and Notepad write."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def _find_all(
    path: str, text: bytes, *, tokens_only: bool = False, size: int = 0, beside: bytes = b""
) -> Iterator[Found]:
    """Yield each secret: its kind, its place in `text`, whether it is sure, and its name."""
    sure = not is_development(path)
    # Whoever has a token that a service issued is let in, also if it is a developer's.
    issued = not is_development(names.without_developers(path))
    sample = names.is_example_of_variables(path) and not is_aside(path)
    prose = bool(_PROSE.search(path)) and not (_IS_JSON.match(text) or _LISTS.search(path))
    known: set[int] = set()
    for token in rules.find_tokens(text):
        value = text[token.start : token.end]
        public = (
            token.kind in PUBLIC_KINDS
            and is_for_all(
                path,
                text,
                token.start,
                in_page=is_of_web(path) or surroundings.is_in_script(text, token.start),
            )
        ) or (
            token.kind == rules.AWS_KEY
            and (
                surroundings.is_signed(text, token.start)
                or surroundings.is_described(path, text, token.start)
            )
        )
        shown = (
            values.is_marked(value)
            or surroundings.says_no_secret(text, token.start, token.end)
            or is_shipped(value)
            or (
                token.kind == rules.PRIVATE
                and is_for_example(text[token.start :][: 2 * rules.LONGEST_KEY], text + beside)
            )
            or (prose and surroundings.is_introduced(text, token.start))
        )
        known.add(token.start)
        trusted = sure if token.kind in _OWN_KINDS else issued
        # Somebody filled in the sample: no one makes up both halves of a key.
        pair = sample and token.kind == rules.AWS_KEY
        trusted = trusted or (pair and surroundings.has_both_halves(text, token.start))
        yield token.kind, token.start, trusted and not public and not shown, "", value
    for start, end in web_tokens.find_web_tokens(text):
        known.add(start)
        shown = values.is_marked(surroundings.line_at(text, start)) or prose
        yield "a JSON web token", start, sure and not shown, "", text[start:end]
    if is_aside(path):
        return  # passwords of tests, which let no one in
    for kind, start, value in written.find_written(text):
        if start not in known:
            known.add(start)
            shown = values.is_marked(surroundings.line_at(text, start)) or prose
            shown = shown or is_public_key(b"", value)
            public = kind == written.IN_ADDRESS and is_of_web(path)
            yield kind, start, sure and not shown and not public, "", value
    finders = (accounts.find_passwords, *[mail.find_passwords] * (sure and not tokens_only))
    yield from _find_of_accounts(path, text, known, finders, prose=prose)
    client = names.is_client_config(path)
    for found in addresses.find_passwords(text, everywhere=client):
        password = found["password"]
        account = addresses.is_account(found)
        if account or (sure and not tokens_only):
            real = (account or values.is_mixed(password)) and not values.is_disguised(password)
            # No one makes up a long password for an account that exists, to show how it is written.
            shown = prose and not (account and addresses.is_telling(found))
            is_sure = (client or real) and not shown
            value = password if real or len(password) >= LEAST_TOKEN else found[0]
            yield "a password in an address", found.start(), is_sure, "", value
    size = max(size, len(text))
    if tokens_only or is_without_names(path, size):
        return
    told = sure and not prose
    if _is_large(path, size):
        if not told or size > _LARGEST_NAMED:
            return
        yield from _find_few(_find_named(path, text, known, told=told, large=True))
        return
    if names.runs_commands(path):
        for argument in commands.find_arguments(text):
            yield argument.kind, argument.start, sure and argument.sure, "", b""
    yield from _find_named(path, text, known, told=told)


def _find_of_accounts(
    path: str, text: bytes, known: set[int], finders: Iterable[Finder], *, prose: bool
) -> Iterator[Found]:
    """Yield the passwords beside the host or address of an account, and add their places."""
    for name, start, value in chain.from_iterable(find(path, text) for find in finders):
        if start in known:
            continue
        shown = prose or surroundings.is_shown(path, text, start) or values.is_disguised(value)
        known.add(start)
        yield f"a value for {name.decode()}", start, not shown, name.decode(), value


def _find_few(found: Iterable[Found]) -> list[Found]:
    """Return the sure secrets among those found; none if they are a table of them."""
    certain: list[Found] = []
    for each in found:
        if each[2]:
            certain.append(each)
            if len({value for *_, value in certain}) > _FEW:
                return []
    return certain


def _find_named(
    path: str, text: bytes, known: Container[int], *, told: bool, large: bool = False
) -> Iterator[Found]:
    """Yield values that are secrets because of their names, but those at the places `known`.

    In a `large` text, only quotes and words for secrets count, not the names of services.
    """
    for_secrets = names.is_for_secrets(path)
    named = told and not surroundings.is_for_development(path, text)
    quoted = () if large else find_quoted(text)
    services = rules.services_in(around_long_values(path, text, quoted)) if quoted else {}
    parts = (*values.SECRET_PARTS, *services)
    chosen = find_named_quoted(text) if large else quoted
    for name, value, at in named_values(path, text, chosen, parts):
        if services and len(value) >= LEAST_TOKEN and values.is_generated(value):
            before = max(0, at - BEFORE)
            window = text[before : at + len(value) + AFTER]
            shown = values.is_marked(window) or is_public_key(name, value)
            for token in rules.find_service_tokens(window, before, services):
                yield token.kind, token.start, told and not shown, "", value
        is_real = values.is_generated(value) and value.lower() != name.lower()
        is_named = values.is_named_secret(name) or (for_secrets and values.is_plain_key(name))
        if at not in known and is_real and is_named:
            shown = (
                surroundings.is_shown(path, text, at)
                or surroundings.has_expired(text, name, at)
                or surroundings.is_for_own_server(text, name, at)
                or values.is_disguised(value)
                or is_public_key(name, value)
                or web_tokens.is_useless(value)
                or is_invented(path, text, name, at)
                or (values.is_django_key(value) and surroundings.is_debugging(text))
                or surroundings.is_in_section_for_development(path, text, name, at)
            )
            kind = f"a value for {name.decode()}"
            yield kind, at, named and not shown, name.decode(), value
