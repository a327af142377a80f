"""Secrets that an image has kept: in any layer, deleted or not, in its settings, in its history, in archives within.

What a later layer deletes is still in the earlier one, for everybody who has the image.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from labcoat.container.inspect import nested_archives
from labcoat.container.inspect.image_archive import ImageArchive
from labcoat.core import secret_patterns

_DEPTH = 3  # archives in archives in archives
_CHUNK = 8 << 20
_OVERLAP = 4096  # longer than any token, so that none falls between two chunks
_MADE = 8  # letters of a value, with a digit among them, that make it more than a word
# A name with a value that is no reference to something else. What follows the sign is looked at again, as a name may be in it.
_SETTING = re.compile(
    rb"""(?<![\w-])(?P<name>[\w-]+)["']?[ \t]*[=:][ \t]*["']?(?=(?P<value>[^\s"'$<>{}/][^\s"',]{5,}))""",
)
# Words that mean a secret in any name. Others that core.secrets knows, such as KEY and AUTH, do so in names of variables
# alone, in capitals: elsewhere they are words of much else, as in JupyterLab's settings "key": "ui-font-size1".
_PLAIN = re.compile(
    rb"(?i)passw(?:or)?d|(?:\b|_|pg|db)pass(?:phrase)?$|secret|token|api[_-]?key|access[_-]?key|credential|private[_-]?key"
)
# Variables of well-known images that tell of a key or a login and hold none: which, where, of what kind.
_ABOUT = re.compile(
    rb"KEY(?!S?\d*(?:_|$))|AUTH\d|_(?:ID|NAME|VERSION|FILE|PATH|DIR|URL|HOST|DOMAIN|USER|METHOD|TYPE|MODE|BACKEND|PROVIDER|SOCK)$"
)
# Fingerprints of public keys, as in python's GPG_KEY, nginx' NGINX_GPGKEY and swift's SWIFT_SIGNING_KEY.
_PUBLIC_KEY = re.compile(rb"GPG|PGP|SIGNING|^KEYS?(?:_|$)")
_FINGERPRINT = re.compile(rb"(?:0x)?[0-9A-F]{8,40}")
# Files in which a line NAME=VALUE is a setting rather than a program's text.
_CONFIGURATION = re.compile(
    r"(?i)(?:.*/)?(?:.+\.(?:env|ini|cfg|conf|toml|ya?ml|properties|json)|\.\w+rc|\.\w+_history|\.env\..+|\.profile)"
)
# Packages and the system have keys and passwords in their tests and documentation, which are no secrets.
_PACKAGES = re.compile(r"(?:.*/)?(?:site-packages|dist-packages|lib/python3[^/]*|usr/share)/.+")


@dataclass(frozen=True)
class SecretFound:
    """A secret, and where it is; `within` names the archives from the outside in."""

    place: str
    what: str
    within: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{' > '.join((self.place, *self.within))}: {self.what}"


def scan_image(image: ImageArchive) -> Iterator[SecretFound]:
    """Every secret that the image holds, wherever it is."""
    yield from _in_settings(image.config)
    for layer in range(len(image.layers)):
        for member, content in image.files(layer):
            if content is not None:
                path = member.name.removeprefix("./")
                for found in scan_file(path, content, member.size):
                    yield SecretFound(f"layer {layer}, {found.place}", found.what, found.within)


def scan_file(
    path: str, content: IO[bytes], size: int, depth: int = 0, *, package: bool = False
) -> Iterator[SecretFound]:
    """The secrets in one file: its name, its bytes, and what it holds if it is an archive."""
    package = package or bool(_PACKAGES.fullmatch(path))
    if size and not package and secret_patterns.is_secret_name(path):
        yield SecretFound(path, "a file of this name holds a secret")
        return
    start = content.read(_CHUNK)
    if depth < _DEPTH and size <= nested_archives.LARGEST and nested_archives.is_archive(start):
        start += content.read()
        archive = nested_archives.NestedArchive(start)
        for name, inner, length in archive.members():
            for found in scan_file(name, inner, length, depth + 1, package=package):
                yield SecretFound(path, found.what, (found.place, *found.within))
        if not archive.damaged:
            return
    if (
        not package
        and not start.startswith(b"\x7fELF")
        and (what := _in_bytes(path, start, content))
    ):
        yield SecretFound(path, what)


def _in_bytes(path: str, chunk: bytes, rest: IO[bytes]) -> str:
    """What kind of secret is in the bytes of a file, with an article."""
    configuration = bool(_CONFIGURATION.fullmatch(path))
    while chunk:
        if (
            what := secret_patterns.secrets_in_content(chunk)
            or _in_address(chunk)
            or (_in_setting(chunk) if configuration else "")
        ):
            return what
        following = rest.read(_CHUNK)
        chunk = chunk[-_OVERLAP:] + following if following else b""
    return ""


def _in_address(data: bytes) -> str:
    return "a password in an address" if secret_patterns.find_passwords(data) else ""


def _in_setting(data: bytes) -> str:
    return next((f"a value for {name}" for name, made in _named(data) if made), "")


def _named(data: bytes) -> Iterator[tuple[str, bool]]:
    """Names in `data` whose values may be secrets; and whether the value looks made up by a machine or a careful person."""
    for found in _SETTING.finditer(data):
        name, value = found["name"], found["value"]
        made = (
            len(value) >= _MADE
            and bool(re.search(rb"\d", value))
            and bool(re.search(rb"[A-Za-z]", value))
        )
        if _PLAIN.search(name) or (made and _is_variable_of_secret(name, value)):
            yield name.decode(), made


def _is_variable_of_secret(name: bytes, value: bytes) -> bool:
    public = _PUBLIC_KEY.search(name) and _FINGERPRINT.fullmatch(value)
    return (
        name.isupper()
        and secret_patterns.is_telling(name, value)
        and not _ABOUT.search(name)
        and not public
    )


def _in_settings(config: Mapping[str, Any]) -> Iterator[SecretFound]:
    """The secrets in the image's settings: environment, labels, command, and each step of its history."""
    for name, value in (config.get("config") or {}).items():
        yield from _in_text(
            f"settings, {name}",
            "\n".join(map(str, value)) if isinstance(value, list) else _lines(value),
        )
    for number, step in enumerate(config.get("history") or []):
        yield from _in_text(f"history, step {number}", str(step.get("created_by", "")))


def _lines(value: object) -> str:
    return (
        "\n".join(f"{name}={each}" for name, each in value.items())
        if isinstance(value, dict)
        else str(value)
    )


def _in_text(place: str, text: str) -> Iterator[SecretFound]:
    data = text.encode()
    if what := secret_patterns.secrets_in_content(data) or _in_address(data):
        yield SecretFound(place, what)
        return
    for name in dict.fromkeys(name for name, _ in _named(data)):
        yield SecretFound(place, f"a value for {name}")
