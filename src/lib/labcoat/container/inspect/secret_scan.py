"""Find secrets in an image: in its layers, settings and history, and in archives in its files.

What a later layer deletes is still in the earlier one, for everyone who has the image.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from typing import IO, Any

from labcoat.container.inspect import nested_archives
from labcoat.container.inspect.image_archive import ImageArchive
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, replace
from labcoat.secrets import content as contents
from labcoat.secrets import look, names, rules, values
from labcoat.secrets.secret import Secret

_MAX_DEPTH = 3  # archives in archives in archives
_CHUNK = 8 << 20  # bytes
_OVERLAP = 4096  # bytes, longer than any token, so that none is split between two chunks
_MIN_GENERATED = 8  # characters; shorter values are words rather than generated secrets
# A name with a value that is not a reference. A lookahead, as the value may contain a name.
_SETTING = re.compile(
    rb"""(?<![\w-])(?P<name>[\w-]+)["']?[ \t]*[=:][ \t]*["']?"""
    rb"""(?=(?P<value>[^\s"'$<>{}/][^\s"',]{5,}))"""
)
# Variables of well-known images that describe a key or a login: which, where, of what kind.
_DESCRIPTION = lazy_pattern(
    rb"KEY(?!S?\d*(?:_|$))|AUTH\d"
    rb"|_(?:ID|NAME|VERSION|FILE|PATH|DIR|URL|HOST|DOMAIN|USER|METHOD|TYPE|MODE|BACKEND|PROVIDER"
    rb"|SOCK)$"
)
# Fingerprints of public keys, for example python's GPG_KEY, nginx's NGINX_GPGKEY and swift's
# SWIFT_SIGNING_KEY.
_PUBLIC_KEY = lazy_pattern(rb"GPG|PGP|SIGNING|^KEYS?(?:_|$)")
_FINGERPRINT = lazy_pattern(rb"(?:0x)?[0-9A-F]{8,40}")
# Files in which a line NAME=VALUE is a setting, whereas in source code it is a statement.
_CONFIGURATION = lazy_pattern(
    r"(?i)(?:.*/)?(?:.+\.(?:env|ini|cfg|conf|toml|ya?ml|properties|json)|\.\w+rc|\.\w+_history"
    r"|\.env\..+|\.profile)"
)
# Packages and the system have sample keys and passwords in their tests and documentation.
_PACKAGES = lazy_pattern(r"(?:.*/)?(?:site-packages|dist-packages|lib/python3[^/]*|usr/share)/.+")

# Of the operating system: only tokens that have a form of their own are searched in it.
_SYSTEM = lazy_pattern(r"(?:usr|lib|lib64|bin|sbin|var/lib|var/cache|etc/ssl)/")


class ImageSecret(Record):
    """A secret and its location; `members` are its path in nested archives, from the outside in.

    `line` is set where a file has several.
    """

    location: str
    description: str
    members: tuple[str, ...] = ()
    line: int = 0

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        return f"{' > '.join((self.location, *self.members))}{line}: {self.description}"


def scan_image(image: ImageArchive) -> Iterator[ImageSecret]:
    """Yield every secret in the image."""
    yield from _scan_settings(image.config)
    for layer in range(len(image.layers)):
        for member, content in image.files(layer):
            if content is not None:
                path = member.name.removeprefix("./")
                for found in scan_file(path, content, member.size):
                    yield replace(found, location=f"layer {layer}, {found.location}")


def scan_file(
    path: str, content: IO[bytes], size: int, depth: int = 0, *, package: bool = False
) -> Iterator[ImageSecret]:
    """Yield the secrets in a file: in its name, its bytes, and its members if it is an archive."""
    package = package or bool(_PACKAGES.fullmatch(path))
    start = content.read(_CHUNK)
    if not package and (found := _look_at_file(path, start, size)):
        sure = [each for each in found.all if each.sure]
        for each in sure:
            yield ImageSecret(path, each.kind, line=each.line if sure[1:] else 0)
        return
    if depth < _MAX_DEPTH and size <= nested_archives.LARGEST and nested_archives.is_archive(start):
        start += content.read()
        archive = nested_archives.NestedArchive(start)
        for name, inner, length in archive.members():
            for inside in scan_file(name, inner, length, depth + 1, package=package):
                members = (inside.location, *inside.members)
                yield ImageSecret(path, inside.description, members, inside.line)
        if not archive.corrupt:
            return
    if (
        not package
        and not start.startswith(b"\x7fELF")
        and (secret := _find_in_content(path, start, content))
    ):
        yield ImageSecret(path, secret)


def _look_at_file(path: str, start: bytes, size: int) -> Secret | None:
    """Return what `labcoat check` finds in this file, if it is one that people write."""
    if not names.is_secret_name(path) and (
        size > look.LARGEST
        or _SYSTEM.match(path)
        or (b"\0" in start[:8000] and not start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)))
    ):
        return None
    return look.find_secret(path, start[: look.LARGEST])


def _find_in_content(path: str, chunk: bytes, rest: IO[bytes]) -> str:
    """Return the first secret in a file's bytes, as in "a GitHub token"; "" if none."""
    configuration = bool(_CONFIGURATION.fullmatch(path))
    while chunk:
        if (
            secret := _find_token(chunk)
            or _find_url_password(chunk)
            or (_find_generated_value(chunk) if configuration else "")
        ):
            return secret
        following = rest.read(_CHUNK)
        chunk = chunk[-_OVERLAP:] + following if following else b""
    return ""


def _find_token(data: bytes) -> str:
    return next((token.kind for token in rules.find_tokens(data)), "")


def _find_url_password(data: bytes) -> str:
    return "a password in an address" if contents.find_passwords(data) else ""


def _find_generated_value(data: bytes) -> str:
    found = (name for name, is_generated in _secret_settings(data) if is_generated)
    return next((f"a value for {name}" for name in found), "")


def _secret_settings(data: bytes) -> Iterator[tuple[str, bool]]:
    """Yield names in `data` whose values may be secrets, and whether the value looks generated."""
    for found in _SETTING.finditer(data):
        name, value = found["name"], found["value"]
        if values.is_version(value):
            continue
        is_generated = (
            len(value) >= _MIN_GENERATED
            and bool(re.search(rb"\d", value))
            and bool(re.search(rb"[A-Za-z]", value))
        )
        if (is_generated and _is_secret_variable(name, value)) or values.has_secret_word(name):
            yield name.decode(), is_generated


def _is_secret_variable(name: bytes, value: bytes) -> bool:
    public = _PUBLIC_KEY.search(name) and _FINGERPRINT.fullmatch(value)
    return (
        name.isupper()
        and values.is_telling(name, value)
        and not _DESCRIPTION.search(name)
        and not public
    )


def _scan_settings(config: Mapping[str, Any]) -> Iterator[ImageSecret]:
    """Yield the secrets in an image's environment, labels, command and history."""
    for name, value in (config.get("config") or {}).items():
        yield from _scan_text(f"settings, {name}", _format_setting(value))
    for number, step in enumerate(config.get("history") or []):
        yield from _scan_text(f"history, step {number}", str(step.get("created_by", "")))


def _format_setting(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, dict):
        return "\n".join(f"{name}={each}" for name, each in value.items())
    return str(value)


def _scan_text(location: str, text: str) -> Iterator[ImageSecret]:
    data = text.encode()
    if secret := _find_token(data) or _find_url_password(data):
        yield ImageSecret(location, secret)
        return
    for name in dict.fromkeys(name for name, _ in _secret_settings(data)):
        yield ImageSecret(location, f"a value for {name}")
