"""Secrets that an image has kept: in any layer, deleted or not, in its settings, in its history, in archives within.

What a later layer deletes is still in the earlier one, for everybody who has the image.
"""

import io
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from labcoat.container.saved import Saved
from labcoat.core import secrets

_LARGEST = 64 << 20  # bytes of an archive that is looked into
_DEPTH = 3  # archives in archives in archives
_CHUNK = 8 << 20
_TELLING = 8  # letters of a value, with a digit among them, that make it more than a word
_OVERLAP = 4096  # longer than any token, so that none falls between two chunks
# A name whose value is a secret, with a value that is no reference to something else.
_NAMED = (
    r"""(?P<name>[\w-]*(?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key|credential|private[_-]?key)[\w-]*)["']?"""
    r"""\s*[=:]\s*["']?(?P<value>[^\s"'$<>{}/][^\s"',]{5,})"""
)
_SENSITIVE = re.compile(f"(?i){_NAMED}")
_ADDRESS = re.compile(rb"\b[a-z][a-z0-9+.-]{1,10}://[^\s/:@\"'<>${}]+:(?P<password>[^\s/@\"'<>${}]{3,})@[\w.-]+")
_PLACEHOLDER = re.compile(rb"(?i)(?:my|your)?[_-]?(?:pass(?:word|wd)?|pwd|token|secret|pw|x+|\*+|\.+|auth)")
# Files in which a line NAME=VALUE is a setting rather than a program's text.
_CONFIGURATION = re.compile(
    r"(?i)(?:.*/)?(?:.+\.(?:env|ini|cfg|conf|toml|ya?ml|properties|json)|\.\w+rc|\.\w+_history|\.env\..+|\.profile)"
)
# Packages and the system have keys and passwords in their tests and documentation, which are no secrets.
_PACKAGES = re.compile(r"(?:.*/)?(?:site-packages|dist-packages|lib/python3[^/]*|usr/share)/.+")


@dataclass(frozen=True)
class Found:
    """A secret, and where it is; `within` names the archives from the outside in."""

    place: str
    what: str
    within: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{' > '.join((self.place, *self.within))}: {self.what}"


def audit(image: Saved) -> Iterator[Found]:
    """Every secret that the image holds, wherever it is."""
    yield from _in_settings(image.config)
    for layer in range(len(image.layers)):
        for member, content in image.files(layer):
            if content is not None:
                path = member.name.removeprefix("./")
                for found in in_file(path, content, member.size):
                    yield Found(f"layer {layer}, {found.place}", found.what, found.within)


def in_file(path: str, content: IO[bytes], size: int, depth: int = 0, *, package: bool = False) -> Iterator[Found]:
    """The secrets in one file: its name, its bytes, and what it holds if it is an archive."""
    package = package or bool(_PACKAGES.fullmatch(path)) or path.endswith(".whl")
    if size and not package and secrets.by_name(path):
        yield Found(path, "a file of this name holds a secret")
        return
    start = content.read(_CHUNK)
    if depth < _DEPTH and size <= _LARGEST and (members := _members(start)):
        for name, inner, length in members(start + content.read()):
            for found in in_file(name, inner, length, depth + 1, package=package):
                yield Found(path, found.what, (found.place, *found.within))
    elif not package and not start.startswith(b"\x7fELF") and (what := _in_bytes(path, start, content)):
        yield Found(path, what)


def _in_bytes(path: str, chunk: bytes, rest: IO[bytes]) -> str:
    """What kind of secret is in the bytes of a file, with an article."""
    configuration = bool(_CONFIGURATION.fullmatch(path))
    while chunk:
        if what := secrets.in_content(chunk) or _in_address(chunk) or (_in_setting(chunk) if configuration else ""):
            return what
        following = rest.read(_CHUNK)
        chunk = chunk[-_OVERLAP:] + following if following else b""
    return ""


def _in_address(data: bytes) -> str:
    real = (found for found in _ADDRESS.finditer(data) if not _PLACEHOLDER.fullmatch(found["password"]))
    return "a password in an address" if next(real, None) else ""


def _in_setting(data: bytes) -> str:
    """A setting with a secret's name and a value that looks made up by a machine or a careful person."""
    for found in _SENSITIVE.finditer(data.decode("utf-8", "replace")):
        if len(found["value"]) >= _TELLING and re.search(r"\d", found["value"]) and re.search(r"[A-Za-z]", found["value"]):
            return f"a value for {found['name']}"
    return ""


def _in_settings(config: Mapping[str, Any]) -> Iterator[Found]:
    """The secrets in the image's settings: environment, labels, command, and each step of its history."""
    for name, value in (config.get("config") or {}).items():
        yield from _in_text(f"settings, {name}", "\n".join(map(str, value)) if isinstance(value, list) else _lines(value))
    for number, step in enumerate(config.get("history") or []):
        yield from _in_text(f"history, step {number}", str(step.get("created_by", "")))


def _lines(value: object) -> str:
    return "\n".join(f"{name}={each}" for name, each in value.items()) if isinstance(value, dict) else str(value)


def _in_text(place: str, text: str) -> Iterator[Found]:
    data = text.encode()
    if what := secrets.in_content(data) or _in_address(data):
        yield Found(place, what)
    elif named := _SENSITIVE.search(text):
        yield Found(place, f"a value for {named['name']}")


def _members(start: bytes) -> Callable[[bytes], Iterator[tuple[str, IO[bytes], int]]] | None:
    """What reads an archive that begins with these bytes; None where it is none."""
    if start.startswith(b"PK\x03\x04"):
        return _zipped
    if start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")) or start[257:262] == b"ustar":
        return _tarred
    return None


def _zipped(data: bytes) -> Iterator[tuple[str, IO[bytes], int]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if not member.is_dir() and member.file_size <= _LARGEST and not member.flag_bits & 1:
                    yield member.filename, archive.open(member), member.file_size
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError):
        return


def _tarred(data: bytes) -> Iterator[tuple[str, IO[bytes], int]]:
    """The members of a tar archive; a compressed file that is no archive is one member."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            for member in archive:
                if (content := archive.extractfile(member) if member.isreg() else None) and member.size <= _LARGEST:
                    yield member.name, content, member.size
    except tarfile.TarError:
        yield from _compressed(data)
    except (OSError, EOFError):
        return


def _compressed(data: bytes) -> Iterator[tuple[str, IO[bytes], int]]:
    import bz2
    import gzip
    import lzma

    for opened in (gzip.open, bz2.open, lzma.open):
        try:
            with opened(io.BytesIO(data)) as file:
                text = file.read(_LARGEST)
        except (OSError, EOFError, lzma.LZMAError):
            continue
        yield "contents", io.BytesIO(text), len(text)
        return
